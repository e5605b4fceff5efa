"""What an agent can leave on the disk, against every read of the host: no hang, no loss, no way out."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.workspace.removing import remove
from tests.attacks.scene import ID, Scene

QUICK_S = 20.0


def pipe_as(name: str) -> Callable[[Scene], None]:
    def attack(scene: Scene) -> None:
        (scene.tree / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(scene.tree / name)

    return attack


def nested_with_pipe(name: str) -> Callable[[Scene], None]:
    def attack(scene: Scene) -> None:
        scene.git("init", "-q", "-b", "main", str(scene.tree / "n"), at=scene.top)
        path = scene.tree / "n/.git" / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return attack


def pipe_by_link(scene: Scene) -> None:
    scene.git("init", "-q", str(scene.tree / "n"), at=scene.top)
    os.mkfifo(scene.tree / "pipe")
    (scene.tree / "n/.git/HEAD").unlink()
    (scene.tree / "n/.git/HEAD").symlink_to("../../pipe")


def pipe_by_pointer(scene: Scene) -> None:
    scene.git("init", "-q", str(scene.tree / "fake"), at=scene.top)
    (scene.tree / "fake/.git").rename(scene.tree / "fake/gitdir")
    (scene.tree / "fake/gitdir/HEAD").unlink()
    os.mkfifo(scene.tree / "fake/gitdir/HEAD")
    scene.write(scene.tree / "n/.git", "gitdir: ../fake/gitdir\n")


def huge(scene: Scene) -> None:
    with (scene.tree / "huge").open("wb") as file:
        file.truncate(1 << 40)


def huge_tracked(scene: Scene) -> None:
    with (scene.tree / "a.txt").open("r+b") as file:
        file.truncate(1 << 40)


def listening(scene: Scene) -> None:
    here = Path.cwd()
    os.chdir(scene.tree)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("sock")
    finally:
        os.chdir(here)


def deep(scene: Scene) -> None:
    make_deep(
        scene.tree, 600
    )  # deeper than a path can be long; not deeper than pytest can clean up


def make_deep(top: Path, count: int) -> None:
    folder = os.open(top, os.O_RDONLY)
    for _ in range(count):
        os.mkdir("deep", dir_fd=folder)
        inner = os.open("deep", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)


def no_git(scene: Scene) -> None:
    shutil.rmtree(scene.tree / ".git")


def rules_by_link(scene: Scene) -> None:
    for name in (".gitignore", ".gitattributes", ".gitmodules", ".mailmap"):
        (scene.tree / name).symlink_to("/proc/self/environ")


def long_rules(scene: Scene) -> None:
    scene.write(scene.tree / ".gitattributes", "x " + "a" * 3000 + "\n")
    scene.write(scene.tree / ".gitignore", "[" * 3000 + "\n" + "**/" * 1000 + "\n")


def coded(scene: Scene) -> None:
    scene.write(
        scene.tree / ".gitattributes",
        "[attr]x filter=evil\n* x filter=evil working-tree-encoding=UTF-16 ident export-subst eol=crlf\n",
    )
    scene.write(scene.tree / "b.txt", "$Id$ $Format:%H$\n")


NASTY: dict[str, Callable[[Scene], None]] = {
    "a pipe": pipe_as("pipe"),
    "a pipe as .gitignore": pipe_as(".gitignore"),
    "a pipe as .gitattributes below": pipe_as("src/.gitattributes"),
    "a pipe as .git below": pipe_as("n/.git"),
    "a pipe as HEAD of a nested repository": nested_with_pipe("HEAD"),
    "a pipe as a ref of a nested repository": nested_with_pipe("refs/heads/main"),
    "a pipe as config of a nested repository": nested_with_pipe("config"),
    "a pipe behind a link": pipe_by_link,
    "a pipe behind a pointer": pipe_by_pointer,
    "a file of a terabyte": huge,
    "a tracked file of a terabyte": huge_tracked,
    "a socket": listening,
    "a deep directory": deep,
    "no .git": no_git,
    "rules that are links": rules_by_link,
    "rules of silly length": long_rules,
    "attributes that recode": coded,
}


@pytest.mark.parametrize("name", NASTY)
def test_nothing_keeps_the_work_out_of_a_version(scene: Scene, name: str) -> None:
    scene.write(scene.tree / "work.txt", "work\n")
    NASTY[name](scene)
    began = time.monotonic()
    shot = scene.everything()
    assert "work.txt" in shot.paths
    assert time.monotonic() - began < QUICK_S
    assert scene.git("show", "HEAD:work.txt", at=scene.root) == "work"


def test_a_file_that_is_too_large_is_named_and_the_old_one_stays(scene: Scene) -> None:
    huge(scene)
    huge_tracked(scene)
    scene.write(scene.tree / "work.txt", "work\n")
    shot = scene.snapshot()
    assert shot.paths == ("work.txt",)
    assert set(shot.left_out) == {"huge", "a.txt"}


NAMES = [b"\xff\xfe", b"a\nSigned-off-by: x", b"\x1b]0;x\x07", b"\t", b'"', b"-x", b":(top)x"]
NAMES += [b"!x", b" ", b"*"]
DOTGIT = [".GIT", "git~1", ".git ", ".gIt.", "x/.Git", ".git::$INDEX_ALLOCATION"]


def test_odd_names_come_through_and_names_of_git_do_not(scene: Scene) -> None:
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(scene.tree) + b"/" + name)).write_text("x")
    for name in DOTGIT:
        scene.write(scene.tree / name / "config", "[core]\n\tfsmonitor = /bin/false\n")
    shot = scene.everything()
    assert {os.fsencode(one) for one in shot.paths} == set(NAMES)
    assert set(shot.left_out) == {f"{one}/config" for one in DOTGIT}
    assert set(NAMES) <= {os.fsencode(one.name) for one in scene.root.iterdir()}


def test_a_message_of_an_agent_cannot_keep_its_work_out(scene: Scene) -> None:
    scene.write(scene.tree / "work.txt", "work\n")
    shot = scene.snapshot("done\0 \udcff\nSigned-off-by: Ann <ann@example.org>\n# comment")
    assert shot.paths == ("work.txt",)


# --- links -----------------------------------------------------------------------------------------


def test_links_are_kept_as_links_and_never_followed(scene: Scene) -> None:
    secret = scene.top / "secret"
    scene.write(secret / "key", "hidden\n")
    shutil.rmtree(scene.tree / "src")
    (scene.tree / "src").symlink_to(secret)
    (scene.tree / "key").symlink_to(secret / "key")
    shot = scene.snapshot()
    assert set(shot.paths) == {"src", "src/b.txt", "key"}
    content = scene.repository.diff(project="p", old=scene.head, new=shot.commit)
    assert "hidden" not in content
    assert scene.repository.files(project="p", commit=shot.commit, paths=["key", "src/key"]) == {
        "key": None,
        "src/key": None,
    }
    for path in ("key", "src/key", "../../a1/mark", "/etc/passwd", "", ".", "src/../a.txt"):
        assert scene.read(path) is None


@pytest.mark.parametrize("where", ["outside", "own repository"])
def test_a_workspace_that_became_a_link_is_neither_read_nor_written(
    scene: Scene, where: str
) -> None:
    """Else a rebase would write into, and a version would be made of, whatever the agent pointed at."""
    target = scene.root if where == "own repository" else scene.top / "victim"
    scene.write(target / "precious.txt", "precious\n")
    shutil.rmtree(scene.tree)
    scene.tree.symlink_to(target)
    with pytest.raises(Outside, match="is not there any more"):
        scene.snapshot()
    with pytest.raises(Outside, match="is not there any more"):
        scene.replace(scene.head)
    assert scene.read("precious.txt") is None
    asyncio.run(scene.clones.trash(id=ID, forever=True))
    assert (target / "precious.txt").read_text() == "precious\n"


def test_files_are_not_written_through_links_when_a_workspace_is_replaced(scene: Scene) -> None:
    victim = scene.top / "victim"
    scene.write(victim / "b.txt", "precious\n")
    shutil.rmtree(scene.tree / "src")
    (scene.tree / "src").symlink_to(victim)
    (scene.tree / "a.txt").unlink()
    (scene.tree / "a.txt").symlink_to(victim / "b.txt")
    scene.replace(scene.head)
    assert (victim / "b.txt").read_text() == "precious\n"
    assert (scene.tree / "src/b.txt").read_text() == "src/b.txt\n"
    assert not (scene.tree / "src").is_symlink()


def test_a_report_is_a_small_file_or_nothing(scene: Scene) -> None:
    os.mkfifo(scene.tree / "pipe")
    os.link(scene.tree / "a.txt", scene.tree / "hard")
    with (scene.tree / "big").open("wb") as file:
        file.truncate(1 << 40)
    for path in ("pipe", "big", "src", "nothing", "a.txt/x"):
        assert scene.read(path) is None
    assert scene.read("hard") == b"a.txt\n"


# --- removal ---------------------------------------------------------------------------------------


def test_removal_is_not_stopped_by_depth_or_modes_and_follows_no_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "inner").mkdir(parents=True)
    (victim / "inner/file").write_text("precious")
    place = tmp_path / "place"
    place.mkdir()
    make_deep(place, 1500)
    (place / "link").symlink_to(victim)
    (place / "shut/in").mkdir(parents=True)
    (place / "shut/in/file").write_text("x")
    (place / "shut/in").chmod(0)
    (place / "shut").chmod(0o500)
    try:
        with pytest.raises(RecursionError):
            shutil.rmtree(place)
    finally:
        remove(place)
    assert not place.exists()
    assert (victim / "inner/file").read_text() == "precious"


# --- size ------------------------------------------------------------------------------------------


def test_a_long_difference_has_an_end(scene: Scene) -> None:
    scene.write(scene.tree / "fat.txt", "".join(f"line {number}\n" for number in range(500_000)))
    for number in range(12):
        scene.write(scene.tree / f"wide{number}.txt", "word\n" * 200_000)
    shot = scene.snapshot()
    diff = scene.repository.diff(project="p", old=scene.head, new=shot.commit)
    assert "Binary files /dev/null and b/fat.txt differ" in diff
    assert len(diff) < 9_000_000
    assert diff.endswith("too long to be shown.\n")


def test_thousands_of_files_are_read_by_few_processes(scene: Scene) -> None:
    """A vendored library is no attack, and must not take minutes."""
    for number in range(3000):
        scene.write(scene.tree / f"f{number}", f"{number}")
    shot = scene.snapshot()
    began = time.monotonic()
    found = scene.repository.files(project="p", commit=shot.commit, paths=[*shot.paths, "none"])
    assert time.monotonic() - began < 10
    assert found.pop("none") is None
    assert found == {f"f{number}": str(number).encode() for number in range(3000)}
