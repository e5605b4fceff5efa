"""git in a workspace of ours, in a box: nothing is read anew, commits are made, and the host sees the change."""

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import base_store
from ropewalk.ports import Order
from ropewalk.workspace.ladder import workspaces
from tests.boxed import Boxed
from tests.machine import box_refused


@pytest.fixture
def boxed() -> Iterator[Boxed]:
    if reason := box_refused():
        pytest.skip(f"no box here: {reason}")
    made = Boxed(root=os.geteuid() == 0)
    yield made
    made.end()


def test_status_reads_no_file_and_a_commit_is_made(boxed: Boxed):
    source, home = boxed.top / "repo", boxed.top / "instance"
    source.mkdir()
    boxed.write(source / "a", "a\n")
    boxed.write(source / "d/b", "b\n")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=source, check=True, timeout=20)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=source, check=True, timeout=20, capture_output=True
    )
    head = done.stdout.decode().strip()
    GitRepository(home).take(project="p", source=str(source), commit=head, ref="refs/bases/t")
    made = workspaces(home, wanted="overlay")
    place = asyncio.run(made.prepare(Order(id="w", project="p", base=head, branch="ropewalk/1.1")))
    boxed.mount = dict(made.plan("w") or {})
    boxed.change(seen=(str(base_store(home, "p") / "objects"),))
    said = boxed.sh(
        "git diff-files; git status --porcelain; echo c >d/b; git add -A; git commit -qm two; git status -s; "
        "git log --format=%s; git diff-files",
        cwd=place.path,
    )
    assert said == "two\none\n"
    shot = asyncio.run(
        made.snapshot(
            id="w", project="p", base=head, parent=head, ref="refs/versions/w", message="m"
        )
    )
    assert shot.paths == ("d/b",)
    assert asyncio.run(made.read(id="w", path="d/b", limit=10)) == b"c\n"
    asyncio.run(made.replace(id="w", project="p", commit=head, ref="refs/versions/before"))
    assert boxed.sh("cat d/b; echo x >d/b; cat d/b", cwd=place.path) == "b\nx\n"
    asyncio.run(made.trash(id="w", forever=True))
