"""Leads a connection through to a runner, or answers for one that is gone."""

import asyncio
import contextlib

from ropewalk.core.errors import Outside
from ropewalk.hosts.ended import Ended
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.messages import close_writer

PIECE = 256 * 1024
PATIENCE_S = 5.0


async def connect(folder: RunFolder) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """A connection to the runner; None: it is gone. Outside: it lives but does not answer."""
    path = folder.about()["socket"]
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await asyncio.open_unix_connection(path, limit=PIECE)
                except OSError:
                    if not folder.alive():
                        return None
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise Outside(f"the runner of {folder.run} does not answer") from None


async def relay(
    folder: RunFolder,
    there: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until one end hangs up."""
    if there is None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await Ended(folder, reader, writer).serve()
        return
    runner_reader, runner_writer = there
    copies = [
        asyncio.create_task(_copy(reader, runner_writer)),
        asyncio.create_task(_copy(runner_reader, writer)),
    ]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in copies:
            one.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        await close_writer(runner_writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
