"""Whatever repository a person stands in: a clear word and a hint, or the right outcome; nothing changes."""

import os
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, until
from tests.e2e.repository import Repository, read_only

WRITE = "write made.txt by the agent"
SCRIPTED = ("--agent", "scripted")


def refused(rw: Instance, at: Path, *words: str) -> str:
    """What a refused `run` says; it exits with 1."""
    said = rw.types("run", *SCRIPTED, "--detach", *words, WRITE, at=at)
    assert said.code == 1, said
    assert not said.out
    assert len(said.err.splitlines()) == 2, said.err
    return said.err


def result(rw: Instance, at: Path, *words: str) -> str:
    """The alias of a scripted attempt that ended well."""
    number = rw.starts(*SCRIPTED, *words, WRITE, at=at)["number"]
    rw.does("wait", str(number), at=at)
    return f"{number}.1"


def test_not_a_repository(rw: Instance, tmp_path: Path) -> None:
    said = refused(rw, tmp_path)
    assert f"{tmp_path} is not in a git repository." in said
    assert "git init" in said
    assert list(tmp_path.iterdir()) == []


def test_no_commit_yet(rw: Instance, tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty")
    empty.write("a.py", "x = 1\n")
    before = empty.state()
    said = refused(rw, empty.path)
    assert "has no commit yet" in said
    assert "git commit" in said
    assert empty.state() == before


def test_bare_repository(rw: Instance, tmp_path: Path) -> None:
    bare = Repository(tmp_path / "bare.git", bare=True)
    before = bare.state()
    said = refused(rw, bare.path)
    assert "is a bare repository" in said
    assert "git clone" in said
    assert bare.state() == before


def test_inside_the_git_directory(rw: Instance, plain: Repository) -> None:
    assert "inside a .git directory" in refused(rw, plain.path / ".git")


def test_a_directory_that_is_gone(rw: Instance, tmp_path: Path) -> None:
    program = f'd={tmp_path}/gone; mkdir $d; cd $d; rmdir $d; exec python -m ropewalk run "x"'
    import subprocess

    done = subprocess.run(
        ["sh", "-c", program], env=rw.environment(), capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert (done.returncode, "This directory is gone." in done.stderr) == (1, True), done


def test_detached_head_needs_a_target(rw: Instance, plain: Repository) -> None:
    plain.git("checkout", "-q", "--detach")
    before = plain.state()
    one = result(rw, plain.path)
    assert plain.state() == before
    said = rw.types("merge", one, at=plain.path)
    assert said.code == 1
    assert "detached HEAD" in said.out
    assert "--target main" in said.out
    assert plain.state() == before
    rw.does("merge", one, "--target", "main", at=plain.path)
    assert plain.git("show", "main:made.txt") == "by the agent"
    assert plain.git("rev-parse", "HEAD") != plain.git("rev-parse", "main")


def test_dirty_checkout_is_named_and_left_out(rw: Instance, plain: Repository) -> None:
    plain.commits({"same.txt": "same\n"})
    os.utime(plain.path / "same.txt", (1, 1))  # git would note that in the index, if it were let
    plain.write("a.py", "x = 'mine'\n")
    plain.write("new.txt", "mine\n")
    plain.git("add", "a.py")
    plain.write("a.py", "x = 'mine, unstaged'\n")
    before = plain.state()
    said = rw.does("run", *SCRIPTED, "--detach", WRITE, at=plain.path)
    assert (
        "2 files have uncommitted changes, left out (--with-changes takes them along)" in said.out
    )
    number = said.out.partition("task ")[2].split(" ")[0]
    rw.does("wait", number, at=plain.path)
    assert "mine" not in rw.does("diff", f"{number}.1", at=plain.path).out
    assert rw.reads("a.py", f"{number}.1", plain.path) == "x = 1\n"
    assert plain.state() == before


def test_with_changes_freezes_without_touching(rw: Instance, plain: Repository) -> None:
    plain.write("a.py", "x = 'staged'\n")
    plain.git("add", "a.py")
    plain.write("a.py", "x = 'worked on'\n")
    plain.write("new.txt", "untracked\n")
    before = plain.state()
    one = result(rw, plain.path, "--with-changes")
    assert rw.reads("a.py", one, plain.path) == "x = 'worked on'\n"
    assert rw.reads("new.txt", one, plain.path) == "untracked\n"
    diff = rw.does("diff", one, at=plain.path).out
    assert "made.txt" in diff
    assert "worked on" not in diff
    assert plain.state() == before


def test_shallow_clone(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    for number in range(3):
        plain.commits({"a.py": f"x = {number}0\n"}, f"number {number}")
    plain.git("clone", "-q", "--depth", "1", f"file://{plain.path}", str(tmp_path / "shallow"))
    shallow = Repository.adopt(tmp_path / "shallow")
    before = shallow.state()
    one = result(rw, shallow.path)
    assert shallow.state() == before
    rw.does("merge", one, at=shallow.path)
    assert shallow.read("made.txt") == "by the agent\n"
    assert shallow.git("rev-list", "--count", "HEAD") == "2"


def test_partial_clone(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    plain.commits({"a.py": "x = 9\n"})
    plain.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "partial"
    plain.git("clone", "-q", "--filter=blob:none", f"file://{plain.path}", str(place))
    partial = Repository.adopt(place)
    before = partial.state()
    said = rw.types("run", *SCRIPTED, "--detach", WRITE, at=place)
    if said.code == 0:  # whatever git could not leave out came along
        rw.does("wait", said.out.partition("task ")[2].split(" ")[0], at=place)
    else:
        assert "partial clone" in said.err, said
        assert "git fetch --refetch --no-filter" in said.err
    assert partial.state() == before


def test_submodules_and_lfs_are_named(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner", {"b.py": "y = 1\n"})
    plain.git("submodule", "add", "-q", str(inner.path), "inner")
    plain.commits({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    before = plain.state()
    said = rw.does("run", *SCRIPTED, "--detach", WRITE, at=plain.path)
    assert "submodules are not supported yet" in said.out
    assert "Git LFS is not supported yet" in said.out
    number = said.out.partition("task ")[2].split(" ")[0]
    rw.does("wait", number, at=plain.path)
    assert plain.state() == before
    rw.does("merge", f"{number}.1", at=plain.path)
    assert plain.git("ls-tree", "HEAD", "inner").startswith("160000 ")
    assert (plain.path / "inner" / "b.py").read_text() == "y = 1\n"


@pytest.mark.parametrize(
    "name", ["a b 'c' \"d\" $e;&", "ünï-日本-🧵", "-dash", "new\nline", "per%cent \\ back"]
)
def test_any_path(rw: Instance, tmp_path: Path, name: str) -> None:
    repo = Repository(tmp_path / name, {"ö 'x'.py": "x = 1\n"})
    before = repo.state()
    one = result(rw, repo.path)
    assert repo.state() == before
    rw.does("merge", one, at=repo.path)
    assert repo.read("made.txt") == "by the agent\n"
    listed = rw.does("ls", at=repo.path).out
    assert one in listed or "done" in listed


def test_path_that_is_not_utf_8(rw: Instance, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    repo = Repository(path, {"a.py": "x = 1\n"})
    before = repo.state()
    assert "not UTF-8" in refused(rw, path)
    assert repo.state() == before


def test_file_names_that_are_not_utf_8(rw: Instance, plain: Repository) -> None:
    script = "run printf mine > \"$(printf 'caf\\351')\""
    number = rw.starts(*SCRIPTED, script, at=plain.path)["number"]
    rw.does("wait", str(number), at=plain.path)
    assert rw.attempt(f"{number}.1", plain.path)["versions"][0]["files"] == 1
    for verb in ("show", "log", "diff", "compare"):
        rw.does(verb, f"{number}.1" if verb != "compare" else str(number), at=plain.path)
    rw.does("merge", f"{number}.1", at=plain.path)
    assert (Path(os.fsdecode(os.fsencode(plain.path) + b"/caf\xe9"))).read_text() == "mine"


def test_read_only_repository(rw: Instance, plain: Repository, tmp_path: Path) -> None:
    """A read-only bind mount holds for root too."""
    one = result(rw, plain.path)
    before = plain.state()
    with read_only(plain.path):
        two = result(rw, plain.path)
        said = rw.types("merge", two, at=plain.path)
        assert said.code == 1, said
        assert "cannot be written" in said.out + said.err, said
        assert "Allow writing" in said.out + said.err
        rw.does("keep", one, at=plain.path)
        until(
            lambda: "holds no ref for it" in rw.does("log", one, at=plain.path).out, "it is noted"
        )
        assert plain.state() == before
    for alias in (one, two):
        assert rw.attempt(alias, plain.path)["versions"]
    rw.does("merge", two, at=plain.path)
    assert plain.read("made.txt") == "by the agent\n"


def test_a_branch_behind_its_upstream_a_fresh_base_and_another_branch(
    rw: Instance, plain: Repository, tmp_path: Path
) -> None:
    plain.git("clone", "--quiet", str(plain.path), str(tmp_path / "clone"))
    clone = Repository.adopt(tmp_path / "clone")
    branch = plain.git("symbolic-ref", "--short", "HEAD")
    plain.commits({"later.txt": "1"})
    clone.git("fetch", "--quiet")
    behind = rw.starts(*SCRIPTED, WRITE, at=clone.path)
    assert behind["notices"] == [
        f"{branch} is 1 commit behind origin/{branch} (--base fresh starts from there)"
    ]
    newest = plain.commits({"later.txt": "2"})
    fresh = rw.starts(*SCRIPTED, "--base", "fresh", WRITE, at=clone.path)
    assert (fresh["base"], fresh["base_name"]) == (newest, f"origin/{branch}")

    clone.git("branch", "feature")
    before = clone.git("rev-parse", "HEAD")
    made = result(rw, clone.path, "--on", "feature")
    said = rw.does("merge", made, at=clone.path)
    assert "feature is at" in said.out
    assert "It is not checked out, so no file of yours changed." in said.out
    assert clone.git("show", "feature:made.txt") == "by the agent"
    assert (clone.git("rev-parse", "HEAD"), (clone.path / "made.txt").exists()) == (before, False)
