"""Something done in a workspace, as a person would in a shell there."""

import asyncio
import os
import subprocess

from ropewalk.core.state import Attempt
from ropewalk.hosts.local import LocalHost


async def do_inside(host: LocalHost, attempt: Attempt, script: str) -> None:
    """Run a shell script where an attempt's files are."""
    way = await host.visit(attempt.id)
    pipe = os.open(way.pipe, os.O_WRONLY) if way.pipe else -1
    try:
        if pipe >= 0:
            os.write(pipe, b"x")
        command = [*way.argv, "sh", "-c", script]
        at = None if way.argv else attempt.path
        await asyncio.to_thread(subprocess.run, command, cwd=at, check=True, timeout=20)
    finally:
        if pipe >= 0:
            os.close(pipe)
