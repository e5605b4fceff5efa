"""The hub's process: one for each home directory."""

import asyncio
import logging
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from ropewalk import __version__
from ropewalk.api.app import app
from ropewalk.api.server import listen, serve
from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.hosts.place import fitting
from ropewalk.hub.hub import Hub
from ropewalk.hub.parts import Identity
from ropewalk.wiring.parts import parts
from ropewalk.wiring.process import begin, taken


def run_hub(home: Path) -> int:
    """Be the hub of a home directory until nothing needs it. 3: there is one already."""
    folder = home / "hub"
    for one in (home, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    begin()
    lock = os.open(folder / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not taken(lock):
        return 3
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    identity = Identity(version=__version__, pid=os.getpid(), home=str(home), started=time.time())
    try:
        asyncio.run(_hub(home, identity))
    except RopewalkError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        return 1
    finally:
        with suppress(Refused):
            fitting(folder / "hub.sock").unlink(missing_ok=True)
        (folder / "address").unlink(missing_ok=True)
    return 0


async def _hub(home: Path, identity: Identity) -> None:
    hub = Hub(parts(home, dict(os.environ)), identity)
    listener = listen(address(home))
    await hub.run(lambda: serve(app(hub), listener))


def address(home: Path) -> Path:
    """Where the hub listens: HOME/hub/hub.sock, or a short private path named in HOME/hub/address."""
    plain = home / "hub" / "hub.sock"
    path = fitting(plain)
    if path != plain:
        (home / "hub" / "address").write_text(str(path), encoding="utf-8")
    return path
