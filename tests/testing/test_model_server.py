"""The scripted model server says what the readers read, in every protocol, and goes wrong when told to."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ropewalk.core.usage import Usage
from ropewalk.testing.model import ModelServer, Reply, Tool, replies
from ropewalk.wire.models import CODECS, Answer, Name, Reading
from tests.machine import HANDED_ON

LIMIT_S = 20.0
USAGE = Usage(input=25, output=90, read=1000, written=30, kept=10, reasoning=40)
REPLY = Reply(text="a few words", tools=(Tool(name="x", arguments={"a": 'q"'}),), usage=USAGE)

WAYS: list[tuple[Name, str, dict[str, Any]]] = [
    ("anthropic", "/v1/messages", {"model": "m-1", "max_tokens": 500}),
    ("anthropic", "/v1/messages", {"model": "m-1", "max_tokens": 500, "stream": True}),
    ("openai-chat", "/v1/chat/completions", {"model": "m-1"}),
    ("openai-chat", "/v1/chat/completions", {"model": "m-1", "stream": True}),
    ("openai-responses", "/v1/responses", {"model": "m-1"}),
    ("openai-responses", "/v1/responses", {"model": "m-1", "stream": True}),
    ("gemini", "/v1beta/models/m-1:generateContent", {}),
    ("gemini", "/v1beta/models/m-1:streamGenerateContent?alt=sse", {}),
]


@dataclass(frozen=True)
class Got:
    status: int
    reading: Reading
    size: int
    head: str


async def ask(url: str, name: Name, path: str, body: Any, key: str = "") -> Got:
    """One request on a connection of its own, read as the gateway reads it."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.0\r\nHost: x\r\nX-Api-Key: {key}\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    try:
        said = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(said.split()[1])
        answer, size, cut = Answer(CODECS[name], status), 0, False
        while True:
            try:
                piece = await reader.read(65536)
            except ConnectionResetError:
                cut = True
                break
            if not piece:
                break
            size += len(piece)
            answer.feed(piece)
        return Got(status, answer.end(cut=cut), size, said)
    finally:
        writer.close()


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), LIMIT_S))


@pytest.mark.parametrize(("name", "path", "body"), WAYS)
def test_what_it_serves_is_what_is_read(name: Name, path: str, body: dict[str, Any]) -> None:
    async def work() -> None:
        async with ModelServer([REPLY]) as server:
            got = await ask(server.url, name, path, body, key="one")
            (seen,) = server.seen
        assert seen.served is not None
        assert (seen.protocol, seen.key, server.keys) == (name, "one", {"one": 1})
        assert (got.status, got.reading.ended, got.reading.trouble) == (200, "finished", "")
        assert (got.reading.model, got.reading.usage) == ("m-1", seen.served.usage)
        assert seen.served.usage.total == USAGE.total
        assert got.reading.stop

    run(work)


@pytest.mark.parametrize(("name", "path", "body"), WAYS)
def test_what_goes_wrong_is_read_as_that(name: Name, path: str, body: dict[str, Any]) -> None:
    async def work() -> None:
        script = [
            *(replace(REPLY, fault="status", status=one) for one in (401, 429, 500, 529)),
            replace(REPLY, fault="cut"),
            replace(REPLY, fault="garbage"),
            replace(REPLY, fault="endless", size=2_000_000),
            replace(REPLY, fault="redirect", location="http://127.0.0.1:1/"),
        ]
        async with ModelServer(script) as server:
            got = [await ask(server.url, name, path, body) for _ in script]
        assert [one.status for one in got[:4]] == [401, 429, 500, 529]
        troubles = [one.reading.trouble for one in got[:4]]
        assert troubles[:3] == ["credentials", "rate", "server"]
        assert troubles[3] in ("overloaded", "server")
        cut, garbage, endless, redirect = got[4:]
        assert cut.reading.ended in ("cut", "unknown")
        assert (garbage.reading.ended, garbage.reading.usage) == ("unknown", None)
        assert endless.size >= 2_000_000
        assert endless.reading.usage is not None
        assert endless.reading.usage.total == USAGE.total
        assert (redirect.status, "location: http://127.0.0.1:1/" in redirect.head.lower()) == (
            307,
            True,
        )

    run(work)


def test_it_keeps_to_the_limit_that_was_asked_for() -> None:
    async def work() -> None:
        async with ModelServer([REPLY]) as server:
            got = await ask(server.url, *WAYS[0][:2], {"model": "m-1", "max_tokens": 7})
        assert got.reading.usage is not None
        assert got.reading.usage.output == 7

    run(work)


def test_a_hanging_answer_ends_with_the_server() -> None:
    async def work() -> None:
        async with ModelServer([replace(REPLY, fault="hang")]) as server:
            hanging = asyncio.create_task(ask(server.url, *WAYS[1]))
            while not server.seen:
                await asyncio.wait([hanging], timeout=0.01)
            assert not hanging.done()
        assert (await hanging).reading.ended == "cut"

    run(work)


def test_the_script_goes_on_and_its_last_reply_stays() -> None:
    async def work() -> None:
        async with ModelServer([Reply(model="a"), Reply(model="b")]) as server:
            got = [await ask(server.url, *WAYS[0], key=one) for one in ("k", "k", "j")]
            models = [one.reading.model for one in got]
            assert (models, server.keys) == (["a", "b", "b"], {"k": 2, "j": 1})
            assert (await ask(server.url, "anthropic", "/v1/elsewhere", {})).status == 404

    run(work)


def test_a_script_is_json() -> None:
    assert replies('[{"text": "hi", "fault": "cut", "usage": {"input": 3}}]') == (
        Reply(text="hi", fault="cut", usage=Usage(input=3)),
    )
    with pytest.raises(ValueError, match="explode"):
        replies('[{"fault": "explode"}]')


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"text": "hi", "model": "from a file"}]')
    with subprocess.Popen(
        [sys.executable, "-m", "ropewalk.testing.model", str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**HANDED_ON, "PYTHONPATH": ":".join(one for one in sys.path if one)},
    ) as program:
        try:
            assert program.stdout is not None
            url = program.stdout.readline().strip()
            got = asyncio.run(ask(url, *WAYS[3]))
            assert got.reading.model == "from a file"
        finally:
            program.terminate()
