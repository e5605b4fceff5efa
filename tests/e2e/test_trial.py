"""An attempt in the person's own checkout, and back without a trace."""

from pathlib import Path

import pytest

from tests.e2e.instance import Instance
from tests.e2e.repository import Repository

FILES = {
    "a.py": "x = 1\n",
    "gone/old.txt": "old\n",
    "gone/both.txt": "both\n",
    "run.sh": "#!/bin/sh\n",
    ".gitignore": "*.log\n",
    ".gitattributes": "*.txt eol=crlf\n",
}
SCRIPT = (
    "write a.py x = 2\nrun rm -r gone && echo f > gone\nrun chmod +x run.sh\nwrite empty/new.txt new\n"
    "run ln -s a.py link\nwrite other/deep/n.txt n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    repo = Repository(tmp_path / "shop", FILES)
    (repo.path / "empty").mkdir()
    (repo.path / "note").write_text("untracked\n")
    (repo.path / "x.log").write_text("ignored\n")
    (repo.path / "a.py").chmod(0o600)
    return repo


def all_of(repo: Repository) -> dict[str, object]:
    """What git knows, and of every file and directory mode and time, but for git's own."""
    found: dict[str, object] = dict(repo.state())
    found["status"] = repo.git("status", "--porcelain", "--ignored")
    found["objects"] = repo.git("count-objects", "-v")
    for one in [repo.path, *sorted(repo.path.rglob("*"))]:
        if ".git" not in one.relative_to(repo.path).parts:
            about = one.lstat()
            found[f"{one} is"] = (about.st_mode, about.st_mtime_ns)
    return found


def made(rw: Instance, at: Path, script: str) -> str:
    name = f"{rw.starts('--agent', 'scripted', script, at=at)['number']}.1"
    rw.does("wait", "--for", "ended", name, at=at)
    return name


def test_there_and_back(rw: Instance, shop: Repository) -> None:
    one = made(rw, shop.path, SCRIPT)
    two = made(rw, shop.path, "write a.py x = 3")
    before = all_of(shop)
    index, head = (shop.path / ".git" / "index").read_bytes(), shop.git("log", "--oneline", "--all")
    said = rw.does("try", one, at=shop.path).out
    assert f"shows {one}@1" in said
    assert shop.read("a.py") == "x = 2\n"
    assert shop.read("gone") == "f\n"
    assert (shop.path / "link").readlink() == Path("a.py")
    assert (shop.path / "run.sh").stat().st_mode & 0o100
    assert (shop.path / "empty" / "new.txt").read_bytes() == b"new\r\n"
    assert (shop.path / "other" / "deep" / "n.txt").exists()
    assert (shop.path / ".git" / "index").read_bytes() == index
    assert shop.git("log", "--oneline", "--all") == head
    rw.does("try", two, at=shop.path)
    assert shop.read("a.py") == "x = 3\n"
    assert shop.read("run.sh") == "#!/bin/sh\n"
    said = rw.does("try", "--back", at=shop.path).out
    assert f"{two}@1 is taken back" in said
    assert all_of(shop) == before
    assert rw.types("try", "--back", at=shop.path).code == 1
    assert rw.types("try", at=shop.path).code == 2


def test_work_of_the_persons_is_safe(rw: Instance, shop: Repository) -> None:
    one = made(rw, shop.path, "write a.py x = 2\nwrite note mine\nwrite run.sh x")
    said = rw.types("try", one, at=shop.path)
    assert said.code == 1
    assert "note" in said.err
    (shop.path / "note").unlink()
    shop.write("a.py", "x = 9\n")
    assert "a.py" in rw.types("try", one, at=shop.path).err
    shop.git("add", "a.py")
    assert "a.py" in rw.types("try", one, at=shop.path).err
    assert shop.read("a.py") == "x = 9\n"
    shop.git("checkout", "HEAD", "a.py")
    shop.write("gone/old.txt", "my own, elsewhere\n")
    rw.does("try", one, at=shop.path)
    shop.write("run.sh", "edited while it was tried\n")
    said = rw.types("try", "--back", at=shop.path)
    assert said.code == 1
    assert "run.sh" in said.err
    assert "a.py" not in said.err
    assert shop.read("run.sh") == "edited while it was tried\n"
    assert shop.read("a.py") == "x = 2\n"
    shop.write("run.sh", "x\n")
    shop.git("commit", "-q", "--allow-empty", "-m", "on")
    assert "HEAD moved" in rw.types("try", "--back", at=shop.path).err
    shop.git("reset", "-q", "--soft", "HEAD~1")
    rw.does("try", "--back", at=shop.path)
    assert shop.read("a.py") == "x = 1\n"
    assert shop.read("gone/old.txt") == "my own, elsewhere\n"
    assert not (shop.path / "note").exists()


def test_on_a_head_that_moved(rw: Instance, shop: Repository) -> None:
    one = made(rw, shop.path, "write a.py x = 2")
    shop.commits({"later.py": "y = 1\n"}, "later")
    rw.does("try", one, at=shop.path)
    assert (shop.read("a.py"), shop.read("later.py")) == ("x = 2\n", "y = 1\n")
    rw.does("try", "--back", at=shop.path)
    shop.commits({"a.py": "x = 7\n"}, "against it")
    said = rw.types("try", one, at=shop.path)
    assert said.code == 1
    assert "conflicts with your checkout in a.py" in said.err
    assert shop.read("a.py") == "x = 7\n"
