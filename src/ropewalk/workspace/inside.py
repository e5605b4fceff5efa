"""A command of ours inside a workspace: where its files are mounted, if they have to be."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ropewalk import runner
from ropewalk.core.errors import Outside
from ropewalk.runner.launcher import interpreter
from ropewalk.workspace.engine import Plan

SCRIPT = str(Path(runner.__file__).with_name("__main__.py"))
LIMIT_S = 600.0
NOT_ENTERED = 125


def run_inside(
    plan: Plan,
    held: Mapping[str, int] | None,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    input: bytes = b"",
) -> bytes:
    """Run a command with the workspace mounted; what it writes. Outside: it failed, with its words.

    `held` are the descriptors of the mount that is there already; None: it is made for the command.
    """
    order = {
        "mount": plan,
        "join": dict(held) if held else None,
        "argv": list(argv),
        "cwd": plan["at"],
        "environment": dict(environment),
    }
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        try:
            process = subprocess.Popen(
                [interpreter(), "-I", "-S", SCRIPT, "enter", str(reader)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[reader, *(held or {}).values()],
                cwd="/",
            )
        finally:
            os.close(reader)
        pipe.write(json.dumps(order).encode())
    with process:
        try:
            out, said = process.communicate(input, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Outside(f"{argv[0]} took longer than {LIMIT_S:g} s.", hint="Try again.") from None
    if process.returncode:
        words = said.decode("utf-8", "replace").strip()
        what = "the workspace cannot be entered" if process.returncode == NOT_ENTERED else argv[0]
        raise Outside(f"{what}: {words or f'exit status {process.returncode}'}")
    return out
