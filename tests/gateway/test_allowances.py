"""Allowances: never more than was granted, whatever happens at once or in between."""

import asyncio
import contextlib
import json
import time

from ropewalk.core.allowance import Allowance
from ropewalk.core.budget import Amount
from ropewalk.ports.gateway import Door, NetworkRules
from tests.gateway.gateways import Gateways
from tests.gateway.provider import DELTA, START, STOP, STREAM, Server, anthropic, message
from tests.gateway.scene import DIGEST, TOKEN, Scene, body, noted, say, status

RULES = NetworkRules(preset="none", providers=("anthropic",))
SPENT = 12 + 34
"""Tokens that the answer of these tests uses."""


def word(
    tokens: int, number: int = 1, *, micros: int = 10**9, epoch: int = 1, lives_s: float = 600
) -> Allowance:
    return Allowance(
        attempt="7.1", epoch=epoch, number=number, amount=Amount(tokens=tokens, micros=micros),
        until=time.time() + lives_s,
    )  # fmt: skip


async def metered(scene: Scene, server: Server, *, epoch: int = 1) -> int:
    await scene.client.provide(anthropic(await scene.server(server)))
    return await again(scene, epoch=epoch)


async def again(scene: Scene, *, epoch: int = 1) -> int:
    door = Door(
        person="ann", task="7", attempt="7.1", epoch=epoch, rules=RULES, token_digest=DIGEST, metered=True
    )  # fmt: skip
    return await scene.client.open(door, listener=scene.listener().fileno())


def request(**more) -> bytes:
    return message(TOKEN, **more).replace(b"Host:", b"Connection: close\r\nHost:", 1)


async def test_what_was_used_is_settled(scene):
    port = await metered(scene, Server(pieces=[START, DELTA, STOP], headers=STREAM))
    await scene.client.grant(word(100_000))
    assert status(await say(port, request())) == 200
    await scene.entries("model.answered")
    report = await scene.client.spent("7.1", 1)
    assert report.spent == Amount(tokens=SPENT, micros=12 + 340)


async def test_fifty_at_once_never_use_more_than_ten_may(scene):
    scene.wait_s = 4.0
    await scene.again()
    server = Server(pieces=[START, DELTA, STOP], headers=STREAM)
    port = await metered(scene, server)
    granted = 0
    asked = request(max_tokens=34)
    for number in range(1, 3):
        granted += 10 * SPENT + 1500  # the bound of one is more than what ten use
        await scene.client.grant(word(granted, number))
        answers = await asyncio.gather(*(say(port, asked) for _ in range(50)))
        report = await scene.client.spent("7.1", 1)
        assert report.spent.tokens <= granted
        assert {status(one) for one in answers} == {200, 429}
        assert report.spent.tokens > granted - 2 * 1500
    assert len(server.asked) * SPENT == report.spent.tokens


async def test_the_output_is_lowered_to_what_is_left(scene):
    server = Server(pieces=[START, DELTA, STOP], headers=STREAM)
    port = await metered(scene, server)
    await scene.client.grant(word(4000))
    assert status(await say(port, request(max_tokens=100_000))) == 200
    sent = json.loads(server.asked[0].body)["max_tokens"]
    assert 1024 <= sent < 3000


async def test_without_an_allowance_a_request_waits_for_one(scene):
    port = await metered(scene, Server(pieces=[START, DELTA, STOP], headers=STREAM))
    asking = asyncio.create_task(say(port, request()))
    (waiting,) = await scene.entries("model.waiting")
    assert waiting.body["why"] == "allowance"
    assert not asking.done()
    await scene.client.grant(word(100_000))
    assert status(await asking) == 200


async def test_a_request_waits_until_another_one_has_settled(scene):
    server = Server(pieces=[START, None, DELTA, STOP], headers=STREAM)
    port = await metered(scene, server)
    await scene.client.grant(word(2000))
    first = asyncio.create_task(say(port, request()))
    await scene.entries("model.asked")
    second = asyncio.create_task(say(port, request()))
    (waiting,) = await scene.entries("model.waiting")
    assert waiting.body["why"] == "settling"
    server.go.set()
    assert status(await first) == 200
    assert status(await second) == 200


async def test_who_waits_too_long_is_told_why(scene):
    scene.wait_s = 0.2
    await scene.again()
    port = await metered(scene, Server())
    answer = await say(port, request())
    assert status(answer) == 429
    assert "what this attempt may use is used up" in json.loads(body(answer))["error"]["message"]
    await scene.entries("model.refused")


async def test_an_allowance_ends(scene):
    scene.wait_s = 0.2
    await scene.again()
    port = await metered(scene, Server(pieces=[START, DELTA, STOP], headers=STREAM))
    await scene.client.grant(word(100_000, lives_s=-1))
    assert status(await say(port, request())) == 429


async def test_an_error_uses_nothing_and_a_cut_answer_all_that_it_might(scene):
    server = Server(status=529, pieces=[b"{}"])
    port = await metered(scene, server)
    await scene.client.grant(word(100_000))
    await say(port, request())
    await scene.entries("model.answered")
    assert (await scene.client.spent("7.1", 1)).spent.tokens == 0
    server.status, server.pieces, server.cut, server.headers = 200, [START], True, STREAM
    await say(port, request())
    await scene.entries("model.answered", 2)
    assert (await scene.client.spent("7.1", 1)).spent.tokens > 1024


async def test_an_unknown_price_is_refused_or_counts_as_the_ceiling(scene):
    scene.wait_s = 0.2
    await scene.again()
    port = await metered(
        scene, Server(pieces=[START.replace(b"claude-real-1", b"new"), DELTA, STOP], headers=STREAM)
    )
    await scene.client.grant(word(100_000))
    assert status(await say(port, request(model="new"))) == 429
    await scene.client.grant(word(100_000, 2), ceiling=77)
    assert status(await say(port, request(model="new"))) == 200
    await scene.entries("model.answered")
    assert (await scene.client.spent("7.1", 1)).spent.micros == 77


async def test_the_persons_own_prices_go_first(scene):
    port = await metered(scene, Server(pieces=[START, DELTA, STOP], headers=STREAM))
    await scene.client.prices('[[price]]\nmodel = "claude-asked"\ninput = 100\noutput = 0\n')
    await scene.client.grant(word(100_000))
    await say(port, request())
    await scene.entries("model.answered")
    assert (await scene.client.spent("7.1", 1)).spent.micros == 1200


async def test_what_has_no_bound_is_refused(scene):
    port = await metered(scene, Server())
    await scene.client.grant(word(100_000))
    link = [
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "url", "url": "http://x"}}],
        }
    ]
    answer = await say(port, request(messages=link))
    assert status(answer) == 400
    assert b"how much this request may use" in answer


async def test_a_new_gateway_knows_what_was_spent_and_what_was_under_way(scene):
    server = Server(pieces=[START, DELTA, STOP], headers=STREAM)
    port = await metered(scene, server)
    await scene.client.grant(word(100_000))
    await say(port, request())
    await scene.entries("model.answered")
    await scene.again()
    assert (await scene.client.spent("7.1", 1)).spent.tokens == SPENT
    await scene.client.provide(anthropic(await scene.server(server)))
    port = await again(scene)
    assert status(await say(port, request())) == 200
    await scene.entries("model.answered", 2)
    assert (await scene.client.spent("7.1", 1)).spent.tokens == 2 * SPENT


async def test_closing_the_door_ends_what_may_be_spent(scene):
    port = await metered(scene, Server(pieces=[START, DELTA, STOP], headers=STREAM))
    await scene.client.grant(word(100_000))
    await say(port, request())
    await scene.entries("model.answered")
    await scene.client.close("7.1", 1)
    report = await scene.client.spent("7.1", 1)
    assert report.final
    assert report.spent.tokens == SPENT


async def test_lists_of_models_need_no_allowance(scene):
    port = await metered(scene, Server(pieces=[b"{}"]))
    asked = f"GET /model/anthropic/v1/models HTTP/1.1\r\nHost: x\r\nx-api-key: {TOKEN}\r\nConnection: close\r\n\r\n"
    assert status(await say(port, asked.encode())) == 200


async def test_after_a_kill_what_was_under_way_counts_as_all_that_it_might_have_used(
    scene, tmp_path
):
    at = await scene.server(Server(pieces=[START, None], headers=STREAM))
    gateways = Gateways(tmp_path / "run")
    try:
        client = await gateways.start({})
        await client.provide(anthropic(at))
        listener = scene.listener()
        door = Door(
            person="ann", task="7", attempt="7.1", epoch=1, rules=RULES, token_digest=DIGEST, metered=True
        )  # fmt: skip
        port = await client.open(door, listener=listener.fileno())
        await client.grant(word(100_000), ceiling=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request())
        await reader.readuntil(START[-20:])
        gateways.kill()
        with contextlib.suppress(ConnectionResetError):
            assert not (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()
        await client.leave()
        client = await gateways.start({})
        report = await client.spent("7.1", 1)
        assert report.spent.tokens > 1024
        (forfeited,) = await noted(client, "forfeited")
        assert forfeited.body["report"]["spent"]["tokens"] == report.spent.tokens
        await client.leave()
    finally:
        gateways.kill()
