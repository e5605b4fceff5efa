"""Several programs, homes and versions at once: one hub a home, and no store harmed."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ropewalk import __version__
from tests.e2e.instance import SOURCE, Instance, gone, instance, until
from tests.e2e.repository import Repository

SCRIPT = "say hello\nsleep 2\nwrite made.txt by the agent"


def release(place: Path, version: str, *, tables: bool = False) -> Path:
    """The program as another release of it: its version, and a migration more if asked."""
    shutil.copytree(
        SOURCE / "ropewalk", place / "ropewalk", ignore=shutil.ignore_patterns("__pycache__")
    )
    init = place / "ropewalk" / "__init__.py"
    init.write_text(init.read_text().replace(__version__, version))
    if tables:
        folder = place / "ropewalk" / "store" / "migrations" / "versions"
        known = max(one.stem for one in folder.glob("v*.py")).partition("_")[0]
        (folder / "v9000_later.py").write_text(
            "from alembic import op\nimport sqlalchemy as sa\n"
            f'revision = "9000"\ndown_revision = {newest(folder / known)!r}\n'
            "branch_labels = None\ndepends_on = None\n"
            'def upgrade() -> None:\n    op.create_table("later", sa.Column("x", sa.Integer))\n'
        )
    return place


def newest(stem: Path) -> str:
    """The revision that a migration's file names."""
    text = next(stem.parent.glob(f"{stem.name}_*.py")).read_text()
    line = next(one for one in text.splitlines() if one.startswith("revision"))
    return line.split('"')[1]


def test_two_hubs_at_once(tmp_path: Path) -> None:
    """Many commands start at once on an empty home: one hub; a second one on it gives way."""
    with instance(tmp_path / "home") as rw, ThreadPoolExecutor(6) as threads:
        said = list(threads.map(lambda _: rw.types("ls", "--all", at=rw.person), range(6)))
        assert [one.code for one in said] == [0] * 6, said
        pid = rw.hub_pid()
        words = {
            one: Path(f"/proc/{one}/cmdline").read_text().split("\0") for one in rw.processes()
        }
        hubs = [one for one, said in words.items() if "hub" in said]
        assert hubs == [pid]
        second = subprocess.run(
            [sys.executable, "-m", "ropewalk.wiring", "hub", str(rw.home)],
            env=rw.environment(), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 3
        assert rw.hub_pid() == pid
        rw.does("ls", "--all", at=rw.person)


def test_two_instances_on_one_repository(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    """Same aliases in both; each keeps and merges its own, and neither takes the other's refs."""
    with instance(tmp_path / "other") as other:
        kept: list[str] = []
        first = rw.starts("--agent", "scripted", "write one.txt 1", at=plain.path)["number"]
        while (
            other.starts("--agent", "scripted", "write two.txt 2", at=plain.path)["number"] < first
        ):
            pass
        for one in (rw, other):
            one.does("wait", f"{first}.1", at=plain.path)
            one.does("keep", f"{first}.1", at=plain.path)
            kept.append(one.attempt(f"{first}.1", plain.path)["versions"][0]["commit"])
        refs = until(
            lambda: (
                (found := plain.git("for-each-ref", "refs/ropewalk").splitlines())[1:] and found
            ),
            "both refs",
        )
        assert sorted(one.split(" ")[0] for one in refs) == sorted(kept)
        for one in (rw, other):
            one.does("merge", f"{first}.1", at=plain.path)
        assert (plain.read("one.txt"), plain.read("two.txt")) == ("1\n", "2\n")
        assert plain.git("rev-list", "--count", "main") == "3"


def test_a_newer_program_replaces_the_hub_while_agents_run(
    tmp_path: Path, plain: Repository
) -> None:
    """And the older one is told to update; nothing that the agent says is lost."""
    newer = release(tmp_path / "newer", "9.9.9")
    with instance(tmp_path / "home") as old:
        number = old.starts("--agent", "scripted", SCRIPT, at=plain.path)["number"]
        old.until(f"{number}.1", lambda one: one["process"] == "alive", plain.path)
        before = old.hub_pid()
        new = Instance(old.home, source=newer)
        assert new.attempt(f"{number}.1", plain.path)["alias"] == f"{number}.1"
        assert new.hub_pid() != before
        gone(before)
        said = old.types("ls", at=plain.path)
        assert said.code == 4, said
        assert f"The hub is newer (9.9.9) than this ropewalk ({__version__})." in said.err
        assert "pip install --upgrade ropewalk" in said.err
        found = new.until(f"{number}.1", lambda one: one["versions"], plain.path)
        assert (found["outcome"], found["epoch"]) == ("done", 1)
        assert new.does("log", f"{number}.1", at=plain.path).out.count("hello") == 1


def test_older_and_newer_program_on_one_store(tmp_path: Path, plain: Repository) -> None:
    """The newer one copies the store before it migrates; the older one leaves it as it is."""
    newer = release(tmp_path / "newer", "9.9.9", tables=True)
    with instance(tmp_path / "home") as old:
        number = old.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
        old.does("wait", str(number), at=plain.path)
        new = Instance(old.home, source=newer)
        assert new.attempt(f"{number}.1", plain.path)["versions"]
        copies = list((old.home / "hub").glob("hub.db.before-*"))
        assert len(copies) == 1
        assert rows(copies[0], "SELECT count(*) FROM tasks") == [(1,)]
        pid = new.hub_pid()
        new.does("hub", "stop", at=plain.path)
        gone(pid)
        said = old.types("ls", at=plain.path)
        assert said.code == 4, said
        assert "was made by a newer Ropewalk (tables 9000)" in said.err
        assert "Update Ropewalk" in said.err
        assert "Traceback" not in said.err
        assert rows(old.home / "hub" / "hub.db", "SELECT * FROM alembic_version") == [("9000",)]
        assert new.attempt(f"{number}.1", plain.path)["versions"]


def test_store_that_is_none(tmp_path: Path) -> None:
    with instance(tmp_path / "home") as rw:
        store = rw.home / "hub" / "hub.db"
        store.parent.mkdir(parents=True)
        store.write_bytes(b"this is no database at all, but somebody's text\n" * 100)
        before = store.read_bytes()
        said = rw.types("ls", "--all", at=rw.person)
        assert said.code == 4, said
        assert "Traceback" not in said.err, said.err
        assert str(store) in said.err
        assert store.read_bytes() == before


def test_socket_path_too_long(tmp_path: Path, plain: Repository) -> None:
    home = tmp_path / ("long" * 25) / ("path" * 25)
    with instance(home) as rw:
        number = rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
        rw.does("wait", str(number), at=plain.path)
        pid, before = rw.hub_pid(), (home / "hub" / "address").read_text()
        assert len(before) < 100
        rw.does("hub", "stop", at=plain.path)
        gone(pid)
        assert not Path(before).exists()
        assert rw.attempt(f"{number}.1", plain.path)["versions"]


def test_home_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine\n")
    rw = Instance(tmp_path / "home")
    said = rw.types("ls", "--all", "--home", str(file / "home"), at=rw.person)
    assert said.code == 4, said
    assert f"{file}/home/hub cannot be written (Not a directory)." in said.err
    assert "export ROPEWALK_HOME=" in said.err
    assert file.read_text() == "mine\n"
    assert not rw.processes()


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs", "cifs"])
def test_network_file_system(tmp_path: Path, kind: str) -> None:
    """With a mount table of our own making: there is no such file system here."""
    from ropewalk.client.home import refuse_network
    from ropewalk.core.errors import Refused

    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nfiles:/x {tmp_path}/my\\040net {kind} rw 0 0\n")
    with pytest.raises(Refused) as refused:
        refuse_network(f"{tmp_path}/my net/home", str(mounts))
    assert f"network file system ({kind})" in refused.value.message
    assert "export ROPEWALK_HOME=" in refused.value.hint
    refuse_network(f"{tmp_path}/home", str(mounts))
