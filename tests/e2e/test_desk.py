"""A person's own editor on an attempt's files: the desk, and the way of what they change."""

import stat
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, instance
from tests.e2e.repository import CONFIG, Repository

HEARS = """
[agents.hears]
command = ["sh", "-c", "cat >> heard.txt"]
prompt = "stdin"
"""
LINES = "".join(f"line {one}\n" for one in range(1, 21))


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return Repository(
        tmp_path / "shop", {"a.py": "x = 1\n", "text": LINES, "ropewalk.toml": CONFIG}
    )


def began(rw: Instance, at: Path, script: str) -> str:
    name = f"{rw.starts('--agent', 'scripted', script, at=at)['number']}.1"
    rw.does("wait", "--for", "ended", name, at=at)
    return name


def laid(rw: Instance, name: str, at: Path) -> Path:
    return Path(rw.asks("edit", name, "--desk", at=at)["path"])


def test_an_editor_with_windows(tmp_path: Path, shop: Repository) -> None:
    """It gets the desk; on its return the edits are a version by the person, judged anew, and told."""
    code = tmp_path / "bin" / "code"
    code.parent.mkdir()
    code.write_text(
        '#!/bin/sh\n[ "$1" = --wait ] && cd "$2" && git status && echo "x = 2" > a.py\n'
    )
    code.chmod(code.stat().st_mode | stat.S_IXUSR)
    shop.commits({"ropewalk.toml": CONFIG + HEARS})
    with instance(tmp_path / "home", VISUAL=str(code)) as rw:
        one = f"{rw.starts('--agent', 'hears', 'first', at=shop.path)['number']}.1"
        rw.types("wait", one, at=shop.path)
        assert rw.attempt(one, shop.path)["checks"][0]["standing"] == "failed"
        said = rw.does("edit", one, at=shop.path).out
        assert "is on the desk" in said
        assert f"Your edits are {one}@2" in said
        assert rw.reads("a.py", one, shop.path) == "x = 2\n"
        rw.does("wait", one, at=shop.path)
        found = rw.attempt(one, shop.path)
        assert found["versions"][-1]["made"] == "person"
        assert found["checks"][0]["standing"] == "passed"
        assert "edited by" in rw.does("turns", one, at=shop.path).out
        commit = found["versions"][-1]["commit"]
        (store,) = [x for x in (rw.home / "projects").iterdir() if not x.name.endswith(".base.git")]
        assert shop.git(f"--git-dir={store}", "log", "-1", "--format=%an", commit) == "Ann"
        rw.does("say", one, "second", at=shop.path)
        rw.until(one, lambda found: len(found["versions"]) == 3, shop.path)
        heard = rw.reads("heard.txt", one, shop.path)
        assert (
            "the person edited the files here since your last turn" in heard.partition("second")[2]
        )
        assert "+x = 2" in heard
        rw.does("say", one, "third", at=shop.path)
        rw.until(one, lambda found: len(found["versions"]) == 4, shop.path)
        assert "edited" not in rw.reads("heard.txt", one, shop.path).partition("third")[2]
        assert shop.read("a.py") == "x = 1\n"


def test_both_changed(rw: Instance, shop: Repository) -> None:
    """Other lines are merged; the same line is a conflict, shown with both sides, and nothing overwritten."""
    one = began(rw, shop.path, "write b.txt b")
    desk = laid(rw, one, shop.path)
    (desk / "text").write_text(LINES.replace("line 20\n", "line 20, mine\n"))
    (desk / "new").mkdir()
    (desk / "new" / "mine.txt").write_text("new\n")
    (desk / ".idea").mkdir()
    (desk / ".idea" / "workspace.xml").write_text("x\n")
    rw.does("say", one, "run sed -i 's/^line 1$/line one/' text", at=shop.path)
    rw.until(one, lambda found: len(found["versions"]) == 2, shop.path)
    assert f"Your edits are {one}@3" in rw.does("edit", one, "--done", at=shop.path).out
    both = LINES.replace("line 20\n", "line 20, mine\n").replace("line 1\n", "line one\n")
    assert rw.reads("text", one, shop.path) == both
    assert rw.reads("new/mine.txt", one, shop.path) == "new\n"
    assert rw.types("shell", one, "--", "ls", ".idea", at=shop.path).code
    assert (desk / "text").read_text() == both
    assert "Nothing was edited" in rw.does("edit", one, "--done", at=shop.path).out
    (desk / "text").write_text(both.replace("line 5\n", "line five by me\n"))
    rw.does("say", one, "run sed -i 's/^line 5$/line five by it/' text", at=shop.path)
    rw.until(one, lambda found: len(found["versions"]) == 4, shop.path)
    said = rw.types("edit", one, "--done", at=shop.path)
    assert said.code == 1
    assert "conflict" in said.out
    assert "line five by it" in rw.reads("text", one, shop.path)
    assert "line five by me" not in rw.reads("text", one, shop.path)
    marked = (desk / "text").read_text()
    assert "line five by me" in marked
    assert "line five by it" in marked
    (desk / "text").write_text(marked + "more\n")
    said = rw.types("edit", one, "--done", at=shop.path)
    assert "conflict markers in text" in said.err
    (desk / "text").write_text(both.replace("line 5\n", "line five by both\n"))
    rw.does("edit", one, "--done", at=shop.path)
    assert "line five by both" in rw.reads("text", one, shop.path)


def test_one_desk_for_many(rw: Instance, shop: Repository) -> None:
    """Another attempt's files take the place; what was edited goes home first, only what differs is written."""
    one, two = (began(rw, shop.path, f"write b.txt {x}\nwrite {x}.txt x") for x in ("one", "two"))
    desk = laid(rw, one, shop.path)
    same = (desk / "text").stat()
    (desk / "b.txt").write_text("edited\n")
    assert laid(rw, two, shop.path) == desk
    assert (desk / "b.txt").read_text() == "two\n"
    assert not (desk / "one.txt").exists()
    assert (desk / "text").stat().st_mtime_ns == same.st_mtime_ns
    assert (desk / "text").stat().st_ino == same.st_ino
    assert rw.reads("b.txt", one, shop.path) == "edited\n"
    assert rw.types("edit", one, "--done", at=shop.path).code == 1
    (desk / "b.txt").write_text("not wanted\n")
    rw.does("drop", two, at=shop.path)
    said = rw.types("edit", one, "--desk", at=shop.path)
    assert said.code == 1
    assert f"ropewalk edit {two} --discard" in said.err
    assert "holds them" in rw.does("edit", two, "--discard", at=shop.path).out
    laid(rw, one, shop.path)
    assert (desk / "b.txt").read_text() == "edited\n"


def test_edits_wait_for_the_turn(rw: Instance, shop: Repository) -> None:
    script = "write b.txt b\nrun while [ ! -e go ]; do sleep 0.05; done\nwrite c.txt c"
    one = f"{rw.starts('--agent', 'scripted', script, at=shop.path)['number']}.1"
    rw.until(one, lambda found: found["turn_state"] == "working", shop.path)
    desk = laid(rw, one, shop.path)
    (desk / "a.py").write_text("x = 3\n")
    assert "when its turn ends" in rw.does("edit", one, "--done", at=shop.path).out
    assert rw.reads("a.py", one, shop.path) == "x = 1\n"
    rw.does("shell", one, "--", "touch", "go", at=shop.path)
    found = rw.until(one, lambda found: len(found["versions"]) == 2, shop.path)
    assert [x["made"] for x in found["versions"]] == ["turn", "person"]
    assert rw.reads("a.py", one, shop.path) == "x = 3\n"
    assert rw.reads("c.txt", one, shop.path) == "c\n"


def test_nothing_of_the_agents_runs(rw: Instance, shop: Repository, tmp_path: Path) -> None:
    """A filter that the attempt names, a link that leads out: neither is followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    script = (
        f"write .gitattributes * filter=evil\nrun git config filter.evil.clean 'touch {outside}/ran'\n"
        f"run ln -s {outside} out\nwrite b.txt b"
    )
    one = began(rw, shop.path, script)
    desk = laid(rw, one, shop.path)
    assert (desk / "out").is_symlink()
    two = began(rw, shop.path, "write out/b.txt b")
    (desk / "b.txt").write_text("mine\n")
    laid(rw, two, shop.path)
    assert (desk / "out" / "b.txt").read_text() == "b\n"
    assert not (desk / "out").is_symlink()
    assert not list(outside.iterdir())
