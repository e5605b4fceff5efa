"""One connection to a host daemon for requests; it is made again when it broke."""

import asyncio
from pathlib import Path
from typing import Any

from ropewalk.core.errors import Outside
from ropewalk.hosts.messages import (
    LONGEST_LINE,
    VERSION,
    close_writer,
    load_error,
    read_message,
    write_message,
)

Answer = dict[str, Any]


class Link:
    """Requests and answers, many at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes over a fresh connection."""
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self.broken = False
        self._listener = asyncio.create_task(self._listen())

    async def ask(self, **request: Any) -> Answer:
        """The answer to a request, or the error that the host answered with. Outside: the link broke."""
        if self.broken:
            raise Outside("the host daemon is gone")
        self._number += 1
        number = self._number
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await write_message(self._writer, {"n": number, **request})
            said = await answer
        except OSError as error:
            answer.cancel()
            self._break()  # it may be noticed here before the listener hears of it
            raise Outside("the host daemon is gone") from error
        finally:
            self._answers.pop(number, None)
        if "error" in said:
            raise load_error(said["error"])
        return said

    async def close(self) -> None:
        """Hang up, at once even if nobody waits for the end of it."""
        self._writer.close()
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        self._break()
        await close_writer(self._writer)

    async def _listen(self) -> None:
        try:
            while message := await read_message(self._reader):
                answer = self._answers.get(message.get("n", 0))
                if answer and not answer.done():
                    answer.set_result(message)
        except Outside:
            pass
        self._break()

    def _break(self) -> None:
        self.broken = True
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Outside("the host daemon is gone"))


async def open_link(path: Path) -> tuple[Link, Answer]:
    """Connect and greet. OSError: nobody listens there. Refused: it speaks another protocol."""
    reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_LINE)
    link = Link(reader, writer)
    try:
        return link, await link.ask(op="hello", version=VERSION)
    except BaseException:
        await link.close()
        raise
