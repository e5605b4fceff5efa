"""A person in an attempt's workspace, on a terminal, while its agent works and when it does not."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.instance import Instance, until
from tests.e2e.repository import Repository

CONFIG = """
[environment]
GREETING = "from {attempt}"
"""


class Shell:
    """`ropewalk shell` on a terminal of its own."""

    def __init__(self, rw: Instance, at: Path, name: str) -> None:
        self._ours, theirs = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ropewalk", "shell", name],
            cwd=at,
            env=rw.environment(SHELL="/bin/sh", PS1="here> "),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(theirs)

    def until(self, words: str) -> str:
        """All that it says, once it has said this."""
        end = time.monotonic() + 30
        while words not in self.said:
            assert time.monotonic() < end, self.said
            if select.select([self._ours], [], [], 0.1)[0]:
                self.said += os.read(self._ours, 65536).decode()
        return self.said

    def types(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def hang_up(self) -> None:
        """As when the window is closed."""
        if self._ours >= 0:
            os.close(self._ours)
        self._ours = -1
        self.process.wait(20)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def shell(rw: Instance, at: Path, name: str) -> Iterator[Shell]:
    one = Shell(rw, at, name)
    try:
        one.until("here> ")
        yield one
    finally:
        one.hang_up()


def holders(rw: Instance) -> list[Path]:
    """Runs that keep a workspace mounted for a visitor."""
    return [
        one
        for one in (rw.home / "host" / "runs").glob("visit-*")
        if not list(one.glob("exit*")) and any(str(one.name) in line for line in _lines())
    ]


def _lines() -> list[str]:
    found: list[str] = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(one.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def test_a_shell_beside_the_agent(rw: Instance, tmp_path: Path) -> None:
    repo = Repository(tmp_path / "shop", {"a.py": "x = 1\n", "ropewalk.toml": CONFIG})
    script = (
        "write made.txt by-the-agent\nrun while [ ! -e go ]; do sleep 0.05; done\nwrite end.txt x"
    )
    one = f"{rw.starts('--agent', 'scripted', script, at=repo.path)['number']}.1"
    rw.until(one, lambda found: found["turn_state"] == "working", repo.path)
    until(lambda: rw.types("shell", one, "--", "cat", "made.txt", at=repo.path).code == 0, "file")
    with shell(rw, repo.path, one) as mine:
        assert f"branch ropewalk/{one}" in mine.said
        assert "its agent is at work here" in mine.said
        mine.types('cat made.txt; echo "$GREETING"; git status --short')
        assert "by-the-agent" in mine.until(f"from {one}")
        mine.until("?? made.txt")
        mine.types("touch go; echo mine > mine.txt; echo written")
        mine.until("written\r\n")
        rw.does("wait", "--for", "ended", one, at=repo.path)
        assert rw.reads("end.txt", one, repo.path) == "x\n"
        rw.does("say", one, "run cat mine.txt > seen.txt", at=repo.path)
        rw.until(one, lambda found: len(found["versions"]) == 2, repo.path)
        mine.types("echo seen: $(cat seen.txt)")
        mine.until("seen: mine")


def leave(rw: Instance, name: str, at: Path) -> None:
    """Its agent goes."""
    rw.does("stop", name, at=at)
    rw.until(name, lambda found: found["process"] == "none", at)


def test_a_shell_where_no_agent_is(rw: Instance, plain: Repository) -> None:
    """Kept open, it does not stand in the agent's way; closed with its window, nothing of it is left."""
    one = f"{rw.starts('--agent', 'scripted', 'write a.txt one', at=plain.path)['number']}.1"
    rw.does("wait", "--for", "ended", one, at=plain.path)
    leave(rw, one, plain.path)
    with shell(rw, plain.path, one) as mine:
        assert "its agent is at work" not in mine.said
        mine.types("echo more > more.txt; echo behind")
        mine.until("behind\r\n")
        rw.does("say", one, "run cat more.txt > copy.txt", at=plain.path)
        rw.until(one, lambda found: len(found["versions"]) == 2, plain.path)
        assert rw.reads("copy.txt", one, plain.path) == "more\n"
        leave(rw, one, plain.path)
        mine.hang_up()
    until(lambda: not holders(rw), "the workspace is still held")
    assert rw.reads("more.txt", one, plain.path) == "more\n"


def test_git_moves_directories_wherever_it_runs(rw: Instance, tmp_path: Path) -> None:
    """For the agent, a check, and a person: also where the kernel does not rename them."""
    check = "[checks.moves]\nrun = ['git', 'mv', 'moved', 'again']\n"
    repo = Repository(tmp_path / "shop", {"sub/a.txt": "a\n", "ropewalk.toml": check})
    script = "run git mv sub moved\nrun command -v git > which.txt"
    one = f"{rw.starts('--agent', 'scripted', '--trust', script, at=repo.path)['number']}.1"
    rw.does("wait", "--for", "ended", one, at=repo.path)
    assert rw.reads("moved/a.txt", one, repo.path) == "a\n"
    judged = rw.until(
        one, lambda found: found["checks"][0]["standing"] in ("passed", "failed"), repo.path
    )
    assert judged["checks"][0]["standing"] == "passed"
    rw.does("shell", one, "--", "git", "mv", "moved", "again", at=repo.path)
    assert rw.reads("again/a.txt", one, repo.path) == "a\n"
    ours = rw.reads("which.txt", one, repo.path).endswith("/runner/shell/bin/git\n")
    assert ours == (judged["engine"] == "overlay")
