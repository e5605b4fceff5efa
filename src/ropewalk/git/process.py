"""Git as a process: one hardened call for everything that is ours or an agent's, one for the person's own.

In the hardened environment no configuration of the system, the person or a workspace counts but that of
the git directory we name, which is ours. Nothing here ever runs with a workspace's own git directory.
"""

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ropewalk.core.errors import Outside

TIME_LIMIT_S = 300.0
WORDS_BYTES = 64 * 1024
"""As much of what git says about a failure is kept."""
_HARDENED = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.untrackedCache", "false"),
    ("core.autocrlf", "false"),
    ("core.quotePath", "false"),
    ("core.attributesFile", os.devnull),
    ("core.excludesFile", os.devnull),
    ("commit.gpgSign", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("protocol.file.allow", "always"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
)
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ropewalk",
    "GIT_AUTHOR_EMAIL": "ropewalk@ropewalk.invalid",
    "GIT_COMMITTER_NAME": "Ropewalk",
    "GIT_COMMITTER_EMAIL": "ropewalk@ropewalk.invalid",
}


class GitFailed(Outside):
    """Git ended with an error; `status` is its exit status, the message git's own words."""

    def __init__(self, words: str, status: int) -> None:
        """`words` is what git wrote to its standard error."""
        super().__init__(f"git: {words or f'exit status {status}'}")
        self.words = words
        self.status = status


class GitLocked(GitFailed):
    """Another git process is at work there, or one died and left its lock; a later try may find it gone."""

    def __init__(self, words: str, status: int, lock: str) -> None:
        """`lock` is the path of the lock."""
        super().__init__(words, status)
        self.message = f"git finds {lock}: another git is at work there, or one died."
        self.hint = f"Try again; if no git runs there: rm {lock}"


def _failure(words: str, status: int) -> GitFailed:
    found = re.search(r"Unable to create '(.+?\.lock)': File exists", words)
    return GitLocked(words, status, found[1]) if found else GitFailed(words, status)


def hardened(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of git for what is ours."""
    return {
        **_inherited(),
        **IDENTITY,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        **(extra or {}),
    }


def personal(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of git in the person's own repository: their identity, signing and helpers count."""
    return {**_inherited(), **(extra or {})}


def _inherited() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True, slots=True)
class Call:
    """A git process as it is going to be started."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path | None = None


def call(*arguments: str, git_dir: Path, extra: Mapping[str, str] | None = None) -> Call:
    """Git hardened on a git directory of ours."""
    options = [part for key, value in _HARDENED for part in ("-c", f"{key}={value}")]
    command = ["git", *options, f"--git-dir={git_dir}", *arguments]
    return Call(command, hardened(extra), git_dir if git_dir.is_dir() else None)


def call_of_person(*arguments: str, root: str, extra: Mapping[str, str] | None = None) -> Call:
    """Git in the person's repository, as they would run it themselves."""
    return Call(["git", "-C", root, *arguments], personal(extra))


def git(
    *arguments: str,
    git_dir: Path,
    extra: Mapping[str, str] | None = None,
    input: bytes | None = None,
    accept: Sequence[int] = (0,),
    holds: Sequence[int] = (),
) -> bytes:
    """Run git hardened on a git directory of ours. GitFailed: another exit status than accepted.

    It gets the open files `holds` of ours, such as a lock, which lasts then until it ends, even if we die.
    """
    return _run(call(*arguments, git_dir=git_dir, extra=extra), input, accept, holds)


def git_beginning(*arguments: str, git_dir: Path, most: int) -> tuple[bytes, bool]:
    """What git writes, as far as its first `most` bytes, and whether that is all of it. GitFailed."""
    asked = call(*arguments, git_dir=git_dir)
    with subprocess.Popen(
        asked.argv,
        env=asked.environment,
        cwd=asked.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        limit = threading.Timer(TIME_LIMIT_S, process.kill)
        limit.start()
        try:
            output = process.stdout.read(most + 1) if process.stdout else b""
            if len(output) > most:
                process.kill()
                return output[:most], False
            status = process.wait()
        finally:
            limit.cancel()
    if status:
        raise GitFailed("", status)
    return output, True


@contextmanager
def conversing(
    *arguments: str,
    git_dir: Path,
    extra: Mapping[str, str] | None = None,
    accept: Sequence[int] = (0,),
) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A hardened git that answers while it reads: where it reads, where it writes. It ends with the block.

    GitFailed at the end of the block, if it failed; it then stands for whatever went wrong inside.
    """
    asked = call(*arguments, git_dir=git_dir, extra=extra)
    with (
        tempfile.TemporaryFile() as words,
        subprocess.Popen(
            asked.argv,
            env=asked.environment,
            cwd=asked.cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
        ) as process,
    ):
        assert process.stdin is not None  # noqa: S101 - for the types
        assert process.stdout is not None  # noqa: S101
        limit = threading.Timer(TIME_LIMIT_S, process.kill)
        limit.start()
        try:
            yield process.stdin, process.stdout
        finally:
            limit.cancel()
            with suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            if process.wait() not in (*accept, -signal.SIGPIPE):
                words.seek(0)
                raise _failure(words.read().decode("utf-8", "replace").strip(), process.returncode)


def git_of_person(
    *arguments: str,
    root: str,
    extra: Mapping[str, str] | None = None,
    input: bytes | None = None,
    accept: Sequence[int] = (0,),
    holds: Sequence[int] = (),
) -> bytes:
    """Run git in the person's repository, as they would themselves. `holds` as in `git`."""
    return _run(call_of_person(*arguments, root=root, extra=extra), input, accept, holds)


def _run(
    asked: Call, input: bytes | None, accept: Sequence[int], holds: Sequence[int] = ()
) -> bytes:
    try:
        done = subprocess.run(
            asked.argv,
            env=asked.environment,
            cwd=asked.cwd,
            input=b"" if input is None else input,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
            pass_fds=holds,
        )
    except FileNotFoundError:
        raise Outside("git is not installed.", hint="Install git 2.38 or newer.") from None
    except subprocess.TimeoutExpired:
        raise Outside(f"git took longer than {TIME_LIMIT_S:g} s.", hint="Try again.") from None
    if done.returncode not in accept:
        raise _failure(done.stderr.decode("utf-8", "replace").strip(), done.returncode)
    return done.stdout


def git_piped(first: Call, second: Call, *, input: bytes) -> None:
    """Run two gits, the second on what the first writes. GitFailed: the words of the one that failed."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as answered:
        with (
            _started(first, subprocess.PIPE, subprocess.PIPE, said) as one,
            _started(second, one.stdout, subprocess.DEVNULL, answered) as other,
        ):
            if one.stdout:
                one.stdout.close()
            one.communicate(input)
            other.wait()
        ends = [(one.returncode, said), (other.returncode, answered)]
        if one.returncode == -signal.SIGPIPE:  # the second would not listen any more
            ends.reverse()
        for status, words in ends:
            if status:
                words.seek(0)
                text = words.read(WORDS_BYTES).decode("utf-8", "replace").strip()
                raise _failure(text, status)


@contextmanager
def _started(
    asked: Call, stdin: int | IO[bytes] | None, stdout: int, stderr: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, killed when it takes too long and, whatever happens, waited for."""
    with subprocess.Popen(
        asked.argv,
        env=asked.environment,
        cwd=asked.cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    ) as process:
        limit = threading.Timer(TIME_LIMIT_S, process.kill)
        limit.start()
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            limit.cancel()


def message_bytes(message: str) -> bytes:
    """A commit message as git takes it: UTF-8 without NUL."""
    return message.replace("\0", "").encode("utf-8", "replace")


def line(output: bytes) -> str:
    """The one line of an output."""
    return output.decode("utf-8", "surrogateescape").strip()
