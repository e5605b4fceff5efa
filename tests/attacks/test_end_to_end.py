"""Hostile agents and projects through the real program, on a terminal."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, instance
from tests.e2e.repository import Repository
from tests.e2e.terminal import on_terminal

LOUD = r"""
import os, sys
evil = "\x1b]52;c;cm0gLXJm\x07\x1b]0;owned\x1b\\\x1b[2J\x9b31m\x9d52;c;x\x9c\u202eback\u2066\r\x08\x00"
out = sys.stdout.buffer
out.write(("said " + evil + "\n").encode() + b"\xff\xfe\xed\xa0\x80 bytes\n")
out.write(b"x" * 3_000_000 + b"\n")
sys.stderr.buffer.write(("err " + evil + "\n").encode())
open(b"name\nSigned-off-by: Linus <l@k.org>\n\x1b]0;x\x07\xff", "w").write(evil + "\n")
open("hidden.py", "w").write("# \x9d begins\nimport os; os.system('evil')\n# \x9c ends\n")
open(".gitattributes", "w").write("* -diff\n")
sys.stdout.flush()
out.write(("Signed-off-by: Linus <l@k.org>\0" + evil + "\n").encode())
"""
OBEYED = "\x9b\x9d\x9c\x07\x08\x00\u202e\u2066"


@pytest.fixture(scope="module")
def rw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance(tmp_path_factory.mktemp("rw") / "home") as one:
        yield one


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    (tmp_path / "loud.py").write_text(LOUD)
    config = f"[agents.loud]\ncommand = [{sys.executable!r}, {str(tmp_path / 'loud.py')!r}]\nprompt = 'stdin'\n"
    return Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": config})


def harmless(said: str) -> None:
    """No escapes but our own colours and cursor, no other control character."""
    rest = said.replace("\r\n", "\n")
    for one in (
        "\x1b[0m",
        *(f"\x1b[{code}m" for code in (1, 2, 31, 32, 33, 36)),
        "\x1b[H",
        "\x1b[2J",
    ):
        rest = rest.replace(one, "")
    assert not set(rest) & set(OBEYED + "\x1b\r"), ascii(rest[:3000])


def test_nothing_of_an_agent_is_obeyed_or_hidden(rw: Instance, shop: Repository) -> None:
    rw.starts("--agent", "loud", "Do it\n# comment\nSigned-off-by: x", at=shop.path)
    rw.does("wait", "1", at=shop.path)
    made = rw.attempt("1.1", shop.path)["versions"]
    assert made[-1]["files"] == 3
    for words in (
        ("show", "1.1"),
        ("show", "1.1", "--json"),
        ("log", "1"),
        ("ls",),
        ("compare", "1"),
    ):
        harmless(on_terminal(rw, shop.path, *words))
    for keyboard in (True, False):
        said = on_terminal(rw, shop.path, "diff", "1.1", keyboard=keyboard)
        harmless(said)
        assert "os.system('evil')" in said
    rw.does("merge", "1.1", at=shop.path)
    message = shop.git("log", "-1", "--format=%B")
    assert not [
        line
        for line in message.splitlines()
        if line.startswith("Signed-off-by") and line != message.splitlines()[0]
    ]
    assert "Signed-off-by" not in shop.git("log", "-1", "--format=%(trailers)")
    assert message.isprintable() or not set(message) & set(OBEYED + "\x1b\r")
    assert shop.git("log", "-1", "--format=%an") == "Ann"


def test_no_command_is_hidden_from_the_person_who_trusts_a_file(
    rw: Instance, tmp_path: Path
) -> None:
    config = (
        "# a fine project \x9d\n"
        "[agents.evil]\ncommand = ['sh', '-c', 'touch /tmp/evil # {prompt}']\n"
        "# \x9c \u202e gnp.exe \U000e0041\n"
        f"[checks.far]\n{' ' * 3000}run = ['far', 'right']\n"
    )
    repo = Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": config})
    said = on_terminal(rw, repo.path, "run", "--detach", "--agent", "evil", "x", keys=b"n\n")
    assert "touch /tmp/evil" in said
    assert "'far', 'right'" in said
    for spelled in ("\\x9d", "\\x9c", "\\u{202e}", "\\u{e0041}"):
        assert spelled in said
    harmless(said)
    assert not Path("/tmp/evil").exists()


def test_a_file_that_changed_after_it_was_trusted_is_asked_for_again(
    rw: Instance, tmp_path: Path
) -> None:
    config = "[agents.mine]\ncommand = ['sh', '-c', 'echo one > made # {prompt}']\n"
    repo = Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": config})
    asked = ("run", "--detach", "--yes", "--agent", "mine", "x")
    assert rw.types(*asked, at=repo.path).code == 3
    rw.does(*asked, "--trust", at=repo.path)
    rw.does(*asked, at=repo.path)
    repo.write("ropewalk.toml", config.replace("echo one", "echo two"))
    rw.does(*asked, at=repo.path)  # what is not committed does not count
    repo.git("commit", "-qam", "two")
    said = rw.types(*asked, at=repo.path)
    assert said.code == 3, said
    assert "changed since you agreed" in said.err


def test_a_change_to_the_checks_does_not_judge_itself(rw: Instance, tmp_path: Path) -> None:
    config = (
        "[agents.cheat]\ncommand = ['sh', '-c', 'cp evil.toml ropewalk.toml; echo y > a.py # {prompt}']\n"
        "[checks.strict]\nrun = ['grep', '-q', 'x', 'a.py']\n"
    )
    easy = "[checks.strict]\nrun = ['true']\n"
    files = {"a.py": "x\n", "ropewalk.toml": config, "evil.toml": easy}
    repo = Repository(tmp_path / "shop", files)
    number = str(rw.starts("--agent", "cheat", "x", at=repo.path)["number"])
    rw.does("wait", number, at=repo.path)
    shown = rw.attempt(f"{number}.1", repo.path)
    assert [one["standing"] for one in shown["checks"]] == ["failed"]
    head = repo.git("rev-parse", "HEAD")
    assert rw.types("merge", f"{number}.1", at=repo.path).code != 0
    assert repo.git("rev-parse", "HEAD") == head


def test_a_project_cannot_widen_what_the_person_set(rw: Instance, tmp_path: Path) -> None:
    (rw.home / "config.toml").write_text("[task]\nlimit = '2m'\n[limits]\nattempts = 2\n")
    config = "[task]\nlimit = '10h'\n[limits]\nattempts = 500\nmemory_keep_mb = 1\n"
    repo = Repository(tmp_path / "shop", {"a.py": "x\n", "ropewalk.toml": config})
    try:
        task = rw.starts("--agent", "scripted", "say x", at=repo.path)
    finally:
        (rw.home / "config.toml").unlink()
    assert task["limit_s"] == 120
