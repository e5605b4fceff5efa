"""Models: the real key goes in outside, streams pass at once, and what was used is known."""

import asyncio
import gzip
import json
import resource
import sys

import pytest

from ropewalk.core.errors import Refused
from ropewalk.ports.gateway import Door, KeySource, NetworkRules, Provider
from tests.gateway.provider import (
    DELTA,
    KEY,
    START,
    STOP,
    STREAM,
    WORDS,
    Server,
    anthropic,
    event,
    message,
)
from tests.gateway.scene import TOKEN, Scene, body, say, status

ALLOWED = NetworkRules(preset="none", providers=("anthropic", "openai"))


async def opened(scene: Scene, server: Server, **more) -> int:
    """A door that leads to a provider."""
    await scene.client.provide(anthropic(await scene.server(server), **more))
    return await scene.door(rules=ALLOWED)


async def asks(port: int, request: bytes) -> bytes:
    return await say(port, closing(request))


async def test_the_real_key_is_put_in_outside(scene):
    server = Server(pieces=[START, WORDS, DELTA, STOP], headers=STREAM)
    port = await opened(scene, server, headers={"X-Company": "yes"})
    answer = await asks(port, message(TOKEN))
    assert status(answer) == 200
    assert b"hello" in answer
    (asked,) = server.asked
    assert asked.target == "/v1/messages"
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["x-company"] == "yes"
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["host"].startswith("127.0.0.1:")
    assert TOKEN not in str(asked)
    (noted,) = await scene.entries("model.answered")
    assert noted.body["served"] == "claude-real-1"
    assert noted.body["model"] == "claude-asked"
    assert noted.body["usage"]["input"] == 12
    assert noted.body["usage"]["output"] == 34
    assert (noted.body["status"], noted.body["ended"], noted.body["how"]) == (
        200,
        "finished",
        "whole",
    )
    assert (noted.attempt, noted.epoch, noted.person) == ("7.1", 1, "ann")


@pytest.mark.parametrize(
    "header",
    [
        "x-api-key: wrong",
        "authorization: Bearer wrong",
        f"x-api-key: {KEY}",
        "x-other: 1",
        "authorization: Basic eDp5",
    ],
)
async def test_only_the_token_of_the_door_is_taken(scene, header):
    server = Server()
    port = await opened(scene, server)
    answer = await say(
        port, message(TOKEN).replace(f"x-api-key: {TOKEN}".encode(), header.encode())
    )
    assert status(answer) == 401
    assert "not the token of this sandbox" in json.loads(body(answer))["error"]["message"]
    assert server.asked == []


async def test_a_door_without_a_token_leads_to_no_model(scene):
    port = await opened(scene, Server())
    await scene.client.close("7.1", 1)
    door = Door(person="ann", task="7", attempt="7.1", epoch=2, rules=ALLOWED)
    port = await scene.client.open(door, listener=scene.listener().fileno())
    assert status(await say(port, message(""))) == 401


@pytest.mark.parametrize(
    "header", [f"authorization: Bearer {TOKEN}", f"x-goog-api-key: {TOKEN}", f"api-key: {TOKEN}"]
)
async def test_the_token_may_come_as_any_client_sends_it(scene, header):
    server = Server(pieces=[START, STOP])
    port = await opened(scene, server)
    answer = await asks(
        port, message(TOKEN).replace(f"x-api-key: {TOKEN}".encode(), header.encode())
    )
    assert status(answer) == 200
    assert TOKEN not in str(server.asked)


async def test_a_key_in_the_query_is_taken_out(scene):
    server = Server(pieces=[b"{}"])
    await scene.client.provide(
        Provider(name="openai", kind="gemini", base_url=f"http://127.0.0.1:{await scene.server(server)}/base",
                 key=KeySource(value=KEY))
    )  # fmt: skip
    port = await scene.door(rules=ALLOWED)
    path = f"/model/openai/v1beta/models/gemini-x:streamGenerateContent?alt=sse&key={TOKEN}"
    answer = await asks(port, message("", path=path).replace(b"x-api-key: \r\n", b""))
    assert status(answer) == 200
    (asked,) = server.asked
    assert asked.target == "/base/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
    assert asked.headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize(
    "path",
    [
        "/model/anthropic/v1/messages/batches", "/model/anthropic/v1/../admin", "/model/anthropic//v1/messages",
        "/model/anthropic/v1/%6dessages", "/model/anthropic/v1/files", "/model/anthropic/v1/organizations",
    ],
)  # fmt: skip
async def test_what_nobody_can_count_is_not_let_through(scene, path):
    server = Server()
    port = await opened(scene, server)
    assert status(await say(port, message(TOKEN, path=path))) == 403
    assert server.asked == []


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/model/other/v1/messages", 403),
        ("/model/openai/v1/messages", 503),
        ("/model/anthropic", 404),
        ("/model/", 404),
    ],
)
async def test_providers_are_those_that_the_rules_name(scene, path, number):
    port = await opened(scene, Server())
    assert status(await say(port, message(TOKEN, path=path))) == number


async def test_the_first_byte_passes_before_the_last_is_there(scene):
    server = Server(pieces=[START, None, DELTA, STOP], headers=STREAM)
    port = await opened(scene, server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message(TOKEN))
    await reader.readuntil(START[-20:])
    server.go.set()
    await reader.readuntil(STOP[-20:])
    writer.close()


async def test_connections_to_a_provider_are_used_again(scene):
    server = Server(pieces=[START, STOP], headers=STREAM)
    port = await opened(scene, server)
    for _ in range(3):
        assert status(await asks(port, message(TOKEN))) == 200
    assert len(server.asked) == 3
    assert server.connections == 1


async def test_a_connection_that_died_meanwhile_is_replaced(scene):
    server = Server(pieces=[START, STOP], headers=[*STREAM, ("x", "y")])
    port = await opened(scene, server)
    assert status(await asks(port, message(TOKEN))) == 200
    for task in list(scene.answering):
        task.cancel()
    assert status(await asks(port, message(TOKEN))) == 200
    assert server.connections == 2


@pytest.mark.parametrize(
    ("number", "why"),
    [(400, "refused"), (401, "credentials"), (429, "rate"), (500, "server"), (529, "overloaded")],
)
async def test_errors_are_noted_when_they_come(scene, number, why):
    server = Server(status=number, pieces=[None])
    port = await opened(scene, server)
    asking = asyncio.create_task(asks(port, message(TOKEN)))
    (trouble,) = await scene.entries("model.trouble")
    assert (trouble.body["status"], trouble.body["why"]) == (number, why)
    server.go.set()
    assert status(await asking) == number


async def test_an_error_within_a_stream_is_noted(scene):
    bad = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    port = await opened(scene, Server(pieces=[START, bad], headers=STREAM))
    await asks(port, message(TOKEN))
    (trouble,) = await scene.entries("model.trouble")
    assert trouble.body["why"] == "overloaded"


async def test_silence_is_noted_and_its_end(scene):
    server = Server(pieces=[START, None, STOP], headers=STREAM)
    port = await opened(scene, server, stall_s=0.2)
    asking = asyncio.create_task(asks(port, message(TOKEN)))
    await scene.entries("model.stalled")
    server.go.set()
    await scene.entries("model.resumed")
    await asking


async def test_a_cut_answer_is_noted_and_does_not_look_whole(scene):
    port = await opened(scene, Server(pieces=[START, WORDS], headers=STREAM, cut=True))
    answer = await asks(port, message(TOKEN))
    assert not answer.endswith(b"0\r\n\r\n")
    (noted,) = await scene.entries("model.answered")
    assert noted.body["ended"] == "cut"
    (trouble,) = await scene.entries("model.trouble")
    assert trouble.body["why"] == "cut"


@pytest.mark.parametrize("raw", [b"garbage\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"\0" * 100])
async def test_garbage_is_a_bad_gateway(scene, raw):
    port = await opened(scene, Server(raw=raw))
    answer = await asks(port, message(TOKEN))
    assert status(answer) == 502
    assert json.loads(body(answer))["type"] == "error"
    await scene.entries("model.trouble")


async def test_nobody_there_is_a_bad_gateway(scene):
    listener = scene.listener()
    await scene.client.provide(anthropic(listener.getsockname()[1]))
    listener.close()
    port = await scene.door(rules=ALLOWED)
    assert status(await asks(port, message(TOKEN))) == 502


@pytest.mark.parametrize("number", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_key(scene, number):
    elsewhere = Server()
    at = await scene.server(elsewhere)
    server = Server(status=number, headers=[("location", f"http://127.0.0.1:{at}/v1/messages")])
    port = await opened(scene, server)
    answer = await asks(port, message(TOKEN))
    assert status(answer) == 502
    assert elsewhere.asked == []


async def test_an_echoed_key_does_not_come_back(scene):
    echoed = f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode()
    at = echoed.index(KEY.encode()) + 7
    server = Server(status=401, pieces=[echoed[:at], echoed[at:]], headers=[("x-echo", KEY)])
    port = await opened(scene, server)
    answer = await asks(port, message(TOKEN))
    assert b"bad key" in answer
    assert KEY.encode() not in answer.replace(b"\r\n", b"")
    assert KEY[8:].encode() not in answer
    journal = b"".join(one.read_bytes() for one in (scene.home / "gateway" / "journal").iterdir())
    assert b"bad key" in journal
    assert KEY.encode() not in journal


async def test_a_packed_answer_is_counted(scene):
    whole = gzip.compress(START + DELTA + STOP)
    server = Server(
        pieces=[whole[:30], whole[30:]], headers=[*STREAM, ("content-encoding", "gzip")]
    )
    port = await opened(scene, server)
    await asks(port, message(TOKEN))
    (noted,) = await scene.entries("model.answered")
    assert noted.body["usage"]["output"] == 34


async def test_what_is_said_twice_in_a_request_is_sent_once(scene):
    server = Server(pieces=[START, STOP])
    port = await opened(scene, server)
    data = b'{"model": "cheap", "max_tokens": 5, "model": "dear", "messages": []}'
    head = message(TOKEN).partition(b"content-length")[0]
    await asks(port, head + b"content-length: %d\r\n\r\n" % len(data) + data)
    assert json.loads(server.asked[0].body)["model"] == "dear"
    assert server.asked[0].body.count(b"model") == 1


async def test_a_client_that_hangs_up_ends_the_request(scene):
    server = Server(pieces=[START, None, STOP], headers=STREAM)
    port = await opened(scene, server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message(TOKEN))
    await reader.readuntil(START[-20:])
    writer.close()
    (noted,) = await scene.entries("model.answered")
    assert noted.body["how"] == "hung-up"


async def test_closing_the_door_revokes_the_token_at_once(scene):
    server = Server(pieces=[START, None, STOP], headers=STREAM)
    port = await opened(scene, server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message(TOKEN))
    await reader.readuntil(START[-20:])
    await scene.client.close("7.1", 1)
    assert not (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


async def test_a_key_by_command_is_fetched_when_needed_and_again_after_a_refusal(scene, tmp_path):
    count = tmp_path / "count"
    script = f"import pathlib; p = pathlib.Path({str(count)!r}); n = len(p.read_text()) if p.exists() else 0;"
    script += "p.write_text('x' * (n + 1)); print('token-from-command-%d' % n)"
    server = Server(status=401)
    port = await opened(scene, server, key=KeySource(command=(sys.executable, "-c", script)))
    await asks(port, message(TOKEN))
    server.status, server.pieces = 200, [START, STOP]
    await asks(port, message(TOKEN))
    await asks(port, message(TOKEN))
    sent = [one.headers["x-api-key"] for one in server.asked]
    assert sent == ["token-from-command-0", "token-from-command-1", "token-from-command-1"]


@pytest.mark.parametrize("command", [("/nonexistent",), ("false",), ("printf", "")])
async def test_a_key_that_cannot_be_had_is_said_so(scene, command):
    server = Server()
    port = await opened(scene, server, key=KeySource(command=command))
    answer = await asks(port, message(TOKEN))
    assert status(answer) == 503
    assert "cannot ask anthropic" in json.loads(body(answer))["error"]["message"]
    assert server.asked == []


@pytest.mark.parametrize(
    "more",
    [
        {"base_url": "ftp://x"}, {"base_url": "https://user@x"}, {"base_url": "nonsense"}, {"headers": {"a b": "c"}},
        {"headers": {"a": "b\r\nc: d"}}, {"key": KeySource()}, {"key": KeySource(value="x", command=("y",))},
    ],
)  # fmt: skip
async def test_malformed_providers_are_refused(scene, more):
    with pytest.raises(Refused):
        await scene.client.provide(anthropic(1, **more))


async def test_a_withdrawn_key_is_gone(scene):
    server = Server(pieces=[START, STOP])
    port = await opened(scene, server)
    await scene.client.withdraw("anthropic")
    assert status(await asks(port, message(TOKEN))) == 503


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000])
async def test_what_is_no_request_is_refused(scene, data):
    server = Server()
    port = await opened(scene, server)
    head = message(TOKEN).partition(b"content-length")[0]
    answer = await asks(port, head + b"content-length: %d\r\n\r\n" % len(data) + data)
    assert status(answer) == 400
    assert server.asked == []


async def test_keys_are_nowhere_on_the_disk(scene):
    server = Server(pieces=[START, STOP])
    port = await opened(scene, server)
    await asks(port, message(TOKEN))
    await scene.entries("model.answered")
    for path in scene.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert KEY.encode() not in data
            assert TOKEN.encode() not in data


async def test_a_huge_answer_takes_no_memory(scene):
    """As large as is quick; what matters is that nobody keeps it."""
    piece = b"x" * 1_000_000
    server = Server(pieces=[piece] * 200)
    port = await opened(scene, server)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(closing(message(TOKEN)))
    before = peak_mb()
    got = 0
    while data := await reader.read(1_000_000):
        got += len(data)
    writer.close()
    assert got > 200_000_000
    assert peak_mb() - before < 50


def closing(request: bytes) -> bytes:
    return request.replace(b"Host:", b"Connection: close\r\nHost:", 1)


def peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
