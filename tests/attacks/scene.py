"""A person's repository, an attempt's workspace made by the product, and a witness that nothing was run."""

import asyncio
import os
import subprocess
from pathlib import Path

from ropewalk.git.checkout import GitCheckout
from ropewalk.git.repository import GitRepository
from ropewalk.ports import Order, Snapshot
from ropewalk.workspace.ladder import workspaces

ID = "a1"


class Scene:
    """Made by the real adapters; `tree` is where the attacker works."""

    def __init__(self, top: Path) -> None:
        self.top, self.root, self.home = top, top / "repo", top / "home"
        self.pwned = top / "pwned"
        self.root.mkdir()
        self.git("init", "-q", "-b", "main", at=self.root)
        self.git("config", "user.name", "Ann", at=self.root)
        self.git("config", "user.email", "ann@example.org", at=self.root)
        for name in ("a.txt", "src/b.txt"):
            self.write(self.root / name, f"{name}\n")
        self.git("add", "-A", at=self.root)
        self.git("commit", "-qm", "one", at=self.root)
        self.head = self.git("rev-parse", "HEAD", at=self.root)
        self.repository, self.checkout = GitRepository(self.home), GitCheckout(self.home)
        self.clones = workspaces(self.home, wanted="clone")
        self.repository.take(
            project="p", source=str(self.root), commit=self.head, ref="refs/bases/t"
        )
        place = asyncio.run(
            self.clones.prepare(Order(id=ID, project="p", base=self.head, branch="ropewalk/1.1"))
        )
        self.tree = Path(place.path)

    def git(self, *words: str, at: Path, fails: bool = False) -> str:
        """Plain git, as an unaware person would run it."""
        done = subprocess.run(
            ["git", *words],
            cwd=at,
            env={"PATH": os.environ["PATH"], "HOME": str(self.top), "GIT_CONFIG_NOSYSTEM": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )
        assert fails or done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, path: Path, text: str, mode: int = 0o644) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    @property
    def payload(self) -> Path:
        """A program that leaves a trace; what it reads it passes on."""
        path = self.top / "payload"
        if not path.exists():
            self.write(path, f"#!/bin/sh\ntouch '{self.pwned}'\nexec cat\n", 0o755)
        return path

    @property
    def last(self) -> Path:
        """The same, but it ends at once."""
        path = self.top / "last"
        self.write(path, f"#!/bin/sh\ntouch '{self.pwned}'\n", 0o755)
        return path

    def ran(self) -> bool:
        """Whether the payload ran since the last look."""
        there = self.pwned.exists()
        self.pwned.unlink(missing_ok=True)
        return there

    def snapshot(self, message: str = "m") -> Snapshot:
        return asyncio.run(
            self.clones.snapshot(
                id=ID,
                project="p",
                base=self.head,
                parent=self.head,
                ref="refs/versions/a1",
                message=message,
            )
        )

    def replace(self, commit: str) -> None:
        asyncio.run(
            self.clones.replace(id=ID, project="p", commit=commit, ref="refs/versions/before")
        )

    def read(self, path: str, limit: int = 1000) -> bytes | None:
        return asyncio.run(self.clones.read(id=ID, path=path, limit=limit))

    def everything(self) -> Snapshot:
        """Every operation of the host that touches what the agent left."""
        shot = self.snapshot()
        self.repository.diff(project="p", old=self.head, new=shot.commit)
        self.repository.files(project="p", commit=shot.commit, paths=shot.paths)
        built = self.repository.build(
            project="p", base=self.head, commit=shot.commit, onto=self.head,
            mode="squash", message="m", ref="refs/merges/t",
        )  # fmt: skip
        self.repository.overlay(
            project="p", commit=shot.commit, source=self.head, paths=shot.paths, ref="refs/edits/t"
        )
        again = asyncio.run(
            self.clones.prepare(Order(id="b1", project="p", base=built.commit, branch=""))
        )
        assert Path(again.path).is_dir()
        self.replace(shot.commit)
        self.checkout.hold(
            root=str(self.root), project="p", commit=shot.commit, ref="refs/ropewalk/kept/t"
        )
        if built.tree != self.git("rev-parse", "HEAD^{tree}", at=self.root):
            made = self.checkout.commit(
                root=str(self.root),
                project="p",
                commit=built.commit,
                parents=[self.head],
                message="m",
            )
            self.checkout.move(root=str(self.root), branch="main", old=self.head, new=made)
        asyncio.run(self.clones.trash(id="b1", forever=True))
        asyncio.run(self.clones.trash(id=ID))
        return shot
