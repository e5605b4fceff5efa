"""The person's own programs: editor, pager, shell."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path


def editor() -> list[str]:
    """$VISUAL, $EDITOR, else vi; an argv list."""
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")


def call(
    argv: list[str],
    directory: str | None = None,
    extra: dict[str, str] | None = None,
    handed: tuple[int, ...] = (),
) -> int:
    """Run a program of the person's on this terminal until they leave it; its exit code.

    It and what it starts keep the descriptors `handed`.
    """
    from ropewalk.core.errors import Refused

    environment = {**os.environ, **(extra or {})}
    try:
        return subprocess.run(
            argv, cwd=directory, env=environment, pass_fds=handed, check=False
        ).returncode
    except OSError as error:
        raise Refused(
            f"{error.filename or argv[0]} cannot be started ({error.strerror}).",
            hint="Choose your programs with $VISUAL, $EDITOR, $SHELL",
        ) from error


def edit_text(text: str) -> str:
    """The text as it came back from the editor, without comments at its end."""
    with tempfile.TemporaryDirectory(prefix="ropewalk-") as folder:
        file = Path(folder) / "COMMIT_EDITMSG"
        file.write_text(text + "\n", encoding="utf-8")
        if call([*editor(), str(file)]):
            return ""
        return file.read_text(encoding="utf-8").strip()


def page(text: str) -> None:
    """Through the person's pager, as git does; straight out if there is none."""
    pager = shlex.split(os.environ.get("PAGER") or "less")
    environment = {**os.environ, "LESS": os.environ.get("LESS") or "FRX"}
    try:
        child = subprocess.Popen(pager, stdin=subprocess.PIPE, env=environment)
    except OSError:
        sys.stdout.write(text)
        return
    try:
        child.communicate(text.encode("utf-8", "replace"))
    except KeyboardInterrupt:
        child.wait()
