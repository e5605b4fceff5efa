"""Killed at any moment, a repeated call finishes: whole workspaces or none, moves done or not begun."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ropewalk.git.checkout import GitCheckout
from ropewalk.git.repository import GitRepository
from ropewalk.ports import Order
from ropewalk.testing.repositories import make_repository, plain_git, write_files
from ropewalk.workspace.ladder import workspaces

FILES: dict[str, str | bytes] = {f"d{n % 9}/f{n}": f"{n}\n" * 40 for n in range(400)}

CALLS = """
import asyncio, sys
from pathlib import Path
from ropewalk.workspace.ladder import workspaces
from ropewalk.git.checkout import GitCheckout
from ropewalk.ports import Order
what, home, *rest = sys.argv[1:]
print("ready", flush=True)
if what == "move":
    root, old, new = rest
    GitCheckout(Path(home)).move(root=root, branch="main", old=old, new=new)
elif what == "prepare":
    asyncio.run(workspaces(Path(home), wanted="clone").prepare(Order(id="w", project="p", base=rest[0], branch="b")))
else:
    asyncio.run(workspaces(Path(home), wanted="clone").trash(id="w"))
"""


def killed_after(delay_s: float, *arguments: str) -> None:
    """Run a call in a process group of its own and kill it whole `delay_s` after it began."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    source = str(Path(__file__).parents[2] / "src")
    call = subprocess.Popen(
        [sys.executable, "-c", CALLS, *arguments],
        env={**kept, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with call:
        assert call.stdout is not None
        call.stdout.readline()
        try:
            call.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            os.killpg(call.pid, signal.SIGKILL)


@pytest.fixture(name="base")
def _base(tmp_path: Path) -> str:
    base = make_repository(tmp_path / "repo", FILES)
    GitRepository(tmp_path / "rw").take(
        project="p", source=str(tmp_path / "repo"), commit=base, ref="refs/ropewalk/base"
    )
    return base


@pytest.mark.parametrize("delay_s", [0.005, 0.02, 0.04, 0.06, 0.1])
def test_prepare_and_trash(delay_s: float, tmp_path: Path, base: str) -> None:
    home = tmp_path / "rw"
    killed_after(delay_s, "prepare", str(home), base)
    whole = home / "host/workspaces/w"
    if whole.exists():
        assert plain_git(whole / "tree", "status", "--porcelain") == ""
    clones = workspaces(home, wanted="clone")
    place = asyncio.run(clones.prepare(Order(id="w", project="p", base=base, branch="b")))
    assert plain_git(Path(place.path), "status", "--porcelain") == ""
    write_files(Path(place.path), {"mine": "x"})
    killed_after(delay_s, "trash", str(home))
    asyncio.run(clones.trash(id="w"))
    assert asyncio.run(clones.restore(id="w"))
    assert (Path(place.path) / "mine").read_text() == "x"


@pytest.mark.parametrize("delay_s", [0.005, 0.02, 0.03, 0.04, 0.06])
def test_a_killed_move_loses_nothing_and_can_be_repeated(
    delay_s: float, tmp_path: Path, base: str
) -> None:
    root = tmp_path / "repo"
    write_files(root, dict.fromkeys(FILES, "new\n"))
    plain_git(root, "add", "--all")
    tree = plain_git(root, "write-tree")
    new = plain_git(root, "commit-tree", tree, "-p", base, "-m", "new")
    plain_git(root, "reset", "--quiet", "--hard")
    killed_after(delay_s, "move", str(tmp_path / "rw"), str(root), base, new)
    for lock in (root / ".git").rglob("*.lock"):  # what the killed git left; a person is told to
        lock.unlink()
    GitCheckout(tmp_path / "rw").move(root=str(root), branch="main", old=base, new=new)
    assert plain_git(root, "rev-parse", "main") == new
    assert plain_git(root, "status", "--porcelain") == ""


def test_two_instances_on_one_repository(tmp_path: Path, base: str) -> None:
    root = tmp_path / "repo"
    other = GitRepository(tmp_path / "rw2")
    other.take(project="p", source=str(root), commit=base, ref="refs/ropewalk/base")
    for home, name in (("rw", "one"), ("rw2", "two")):
        checkout = GitCheckout(tmp_path / home)
        checkout.hold(root=str(root), project="p", commit=base, ref=f"refs/ropewalk/kept/{name}")
    held = plain_git(root, "for-each-ref", "--format=%(refname)", "refs/ropewalk").split()
    assert held == ["refs/ropewalk/kept/one", "refs/ropewalk/kept/two"]


def test_a_process_that_goes_on_writing_does_not_fail_a_snapshot(tmp_path: Path, base: str) -> None:
    clones = workspaces(tmp_path / "rw", wanted="clone")
    place = asyncio.run(clones.prepare(Order(id="w", project="p", base=base, branch="b")))
    script = (
        "import itertools, pathlib, time\n"
        "for n in itertools.count():\n"
        "    p = pathlib.Path(f'w{n % 50}'); p.write_text(str(n) * 5000)\n"
        "    pathlib.Path(f'w{(n + 25) % 50}').unlink(missing_ok=True)\n"
        "    time.sleep(0.002)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=place.path) as writer:
        try:
            limit = time.monotonic() + 10
            while not (Path(place.path) / "w1").exists() and time.monotonic() < limit:
                time.sleep(0.005)
            for _ in range(4):
                seen = asyncio.run(
                    clones.snapshot(
                        id="w",
                        project="p",
                        base=base,
                        parent=base,
                        ref="refs/ropewalk/w",
                        message="m",
                    )
                )
                assert seen.commit
        finally:
            writer.kill()
