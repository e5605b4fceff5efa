"""A person's repository, and all of it that must not be lost."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIG = """
[agents.setter]
command = ["sh", "-c", "echo 'x = 2' > a.py"]
prompt = "stdin"

[checks.two]
run = ["grep", "-q", "x = 2", "a.py"]
"""

ELSEWHERE = (".git/objects/", ".git/worktrees/", ".git/refs/", ".git/packed-refs")
"""What `state` has no need to read: refs are asked for."""


class Repository:
    """A checkout with one commit on main."""

    def __init__(
        self, path: Path, files: dict[str, str] | None = None, *, bare: bool = False
    ) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")
        if files:
            self.commits(files)

    @classmethod
    def adopt(cls, path: Path) -> "Repository":
        """One that git made, e.g. a clone."""
        one = cls.__new__(cls)
        one.path = path
        one.git("config", "user.name", "Ann")
        one.git("config", "user.email", "ann@example.org")
        return one

    def git(self, *words: str, fails: bool = False) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_OPTIONAL_LOCKS": "0",
        }  # fmt: skip
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *words],
            cwd=self.path, env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert fails or done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)

    def commits(self, files: dict[str, str], message: str = "one") -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def state(self) -> dict[str, str]:
        """Refs, HEAD, stash, reflogs, index and every file, to compare with later."""
        found = {
            "refs": self.git("for-each-ref", "--format=%(refname) %(objectname)", fails=True),
            "stash": self.git("stash", "list", fails=True),
        }
        for one in sorted(self.path.rglob("*")):
            name = one.relative_to(self.path).as_posix()
            if one.is_file() and not name.startswith(ELSEWHERE):
                found[name] = hashlib.sha256(one.read_bytes()).hexdigest()
        return found


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody, not even root, can write below `path`: a bind mount, else permissions."""
    if os.getuid() == 0:
        mount("--bind", str(path), str(path))
        mount("-o", "remount,bind,ro", str(path))
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(path)], check=True, timeout=20)
        return
    places = [path, *(one for one in path.rglob("*") if one.is_dir())]
    for one in places:
        one.chmod(0o500)
    try:
        yield
    finally:
        for one in places:
            one.chmod(0o700)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, timeout=20)
