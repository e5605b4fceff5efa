"""Small sample repositories for tests: made by plain git, with nothing of the machine's configuration."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

PERSON = {"user.name": "Pat Person", "user.email": "pat@person.example", "commit.gpgSign": "false"}


def plain_git(root: Path, *arguments: str, check: bool = True) -> str:
    """Run git in `root` as a person without any configuration of their own; its output, stripped."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {
        **kept,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if check and done.returncode:
        raise RuntimeError(f"git {arguments[0]}: {done.stderr.decode('utf-8', 'replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def write_files(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below `root`, with the directories they need."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit_all(root: Path, message: str = "Change") -> str:
    """Commit everything that is not ignored; the new commit's id."""
    plain_git(root, "add", "--all")
    plain_git(root, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
    return plain_git(root, "rev-parse", "HEAD")


def make_repository(
    path: Path, files: Mapping[str, str | bytes] | None = None, *, branch: str = "main"
) -> str:
    """A repository at `path` with one commit of `files` by a person; the commit's id."""
    path.mkdir(parents=True, exist_ok=True)
    plain_git(path, "init", "--quiet", f"--initial-branch={branch}")
    for key, value in PERSON.items():
        plain_git(path, "config", key, value)
    write_files(path, files or {"README": "sample\n"})
    return commit_all(path, "Begin")
