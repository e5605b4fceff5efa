"""Sees that a host has its gateway, in a session of its own, which outlives whoever started it."""

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.gateway.client import GatewayClient
from ropewalk.gateway.place import GatewayFolder

START_S = 20.0
PAUSE_S = 0.02


def gateway_command() -> list[str]:
    """How the gateway of this very installation is started; the home is appended."""
    return [sys.executable, "-m", "ropewalk.wiring", "gateway"]


async def reach_gateway(home: Path, command: Sequence[str] = ()) -> GatewayClient:
    """A connection to the gateway of a home, which is started if need be. Outside: it does not come.

    Of several that start one at once, one does; the others wait for its lock and find the gateway running.
    """
    try:
        return await GatewayClient.connect(home)
    except Outside:
        place = GatewayFolder(home)
        place.make()
        lock = os.open(place.path / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        return await _started(home, command or gateway_command())
    finally:
        os.close(lock)


async def _started(home: Path, command: Sequence[str]) -> GatewayClient:
    """With the lock held: somebody may have started it meanwhile."""
    try:
        return await GatewayClient.connect(home)
    except Outside:
        child = _launch(home, command)
    try:
        async with asyncio.timeout(START_S):
            while True:
                try:
                    return await GatewayClient.connect(home)
                except Outside:
                    await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        log = GatewayFolder(home).log
        raise Outside(
            "the gateway does not come up", hint=f"See what it says: less {log}"
        ) from None
    finally:
        child.returncode = child.returncode or 0  # it lives on without us


def _launch(home: Path, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    place = GatewayFolder(home)
    with place.log.open("ab") as output:
        return subprocess.Popen(
            [*command, str(home)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            cwd="/",
        )
