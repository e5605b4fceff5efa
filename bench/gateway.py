"""The gateway: what it adds to the first byte of a stream, how many streams it carries, and whether budgets hold.

A real gateway process, on one core. Servers and clients are in this process, on another one where there is one.
`first_byte_delay_ms` is the difference of two medians, over and beside the gateway, asked in turn; `lost` counts the
bytes of the streams that did not arrive; `overspend_percent` is what was used above what was granted.
"""

import argparse
import asyncio
import hashlib
import json
import os
import secrets
import socket
import statistics
import tempfile
import time
from pathlib import Path

from bench.table import report
from ropewalk.core.allowance import Allowance
from ropewalk.core.budget import Amount
from ropewalk.gateway.client import GatewayClient
from ropewalk.gateway.place import GatewayFolder
from ropewalk.gateway.starting import reach_gateway
from ropewalk.ports.gateway import Door, KeySource, NetworkRules, Provider

TOKEN = secrets.token_hex(16)
RULES = NetworkRules(preset="none", providers=("anthropic",))
STREAMS, PIECES, PAUSE_S = 200, 50, 0.02
AT_ONCE, CAP = 50, 10
OUTPUT = 34
WAIT_S = 8.0
EVENT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}\n\n'
START = b'data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1000,"output_tokens":1}}}\n\n'
END = (
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":%d}}\n\n'
    b'data: {"type":"message_stop"}\n\n' % OUTPUT
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A provider; the query of a request says how many pieces it wants."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = dict(
                one.split(b": ", 1) for one in head.lower().split(b"\r\n")[1:] if b": " in one
            )
            asked = json.loads(await reader.readexactly(int(lines[b"content-length"])))
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(START))
            for _ in range(asked["metadata"]["pieces"]):
                await writer.drain()
                await asyncio.sleep(PAUSE_S)
                writer.write(chunk(EVENT))
            writer.write(chunk(END) + b"0\r\n\r\n")
            await writer.drain()
    except (OSError, EOFError, asyncio.CancelledError):
        return
    finally:
        writer.close()


def request(pieces: int, output: int) -> bytes:
    asked = {
        "model": "m",
        "max_tokens": output,
        "stream": True,
        "messages": [],
        "metadata": {"pieces": pieces},
    }
    body = json.dumps(asked).encode()
    head = (
        f"POST /model/anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {TOKEN}\r\nconnection: close\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask(port: int, pieces: int, output: int = OUTPUT) -> tuple[float, bytes]:
    """Milliseconds to the first byte of the body, and all of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.perf_counter()
    writer.write(request(pieces, output))
    data = await reader.readuntil(b"message_start")
    first = (time.perf_counter() - began) * 1000
    while not data.endswith(b"\r\n0\r\n\r\n") and (more := await reader.read(65536)):
        data += more
    writer.close()
    return first, data


async def refused(port: int) -> bool:
    """Whether a request is refused; else it is answered as usual."""
    try:
        await ask(port, 1)
    except asyncio.IncompleteReadError:
        return True
    return False


async def first_byte(direct: int, through: int, count: int) -> tuple[float, float]:
    """Medians in milliseconds."""
    beside: list[float] = []
    over: list[float] = []
    for _ in range(count):
        beside.append((await ask(direct, 0))[0])
        over.append((await ask(through, 0))[0])
    return statistics.median(beside), statistics.median(over)


async def streams(port: int) -> tuple[int, int]:
    """How many streams arrived whole, and how many bytes did not arrive."""
    answers = await asyncio.gather(
        *(ask(port, PIECES) for _ in range(STREAMS)), return_exceptions=True
    )
    whole = lost = 0
    for one in answers:
        got = 0 if isinstance(one, BaseException) else one[1].count(EVENT)
        lost += (PIECES - got) * len(EVENT)
        whole += (
            not isinstance(one, BaseException) and got == PIECES and one[1].endswith(b"0\r\n\r\n")
        )
    return whole, lost


async def overspent(client: GatewayClient, port: int) -> float:
    """Percent above what was granted, after many requests at once."""
    bound = 1024 + len(request(1, OUTPUT)) + OUTPUT
    granted = Amount(tokens=CAP * bound, micros=10**9)
    word = Allowance(attempt="2.1", epoch=1, number=1, amount=granted, until=time.time() + 600)
    await client.grant(word, ceiling=0)
    asking = [asyncio.create_task(refused(port)) for _ in range(AT_ONCE)]
    await asyncio.wait(asking, timeout=WAIT_S)
    assert any(not one.done() for one in asking), "the cap was never reached"
    told = await client.spent("2.1", 1)
    assert told
    for one in asking:
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return max(0.0, (told.spent.tokens - granted.tokens) * 100 / granted.tokens)


async def door(client: GatewayClient, attempt: str, *, metered: bool = False) -> int:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    one = Door(
        person="ann", task="1", attempt=attempt, epoch=1, rules=RULES, token_digest=digest, metered=metered
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        return await client.open(one, listener=listener.fileno())


async def measure(home: Path, count: int) -> dict[str, float | int]:
    client = await reach_gateway(home)
    pid = int(GatewayFolder(home).lock.read_text())
    _apart(pid)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    direct = server.sockets[0].getsockname()[1]
    try:
        base = f"http://127.0.0.1:{direct}"
        await client.provide(
            Provider(
                name="anthropic", kind="anthropic", base_url=base, key=KeySource(value="k" * 20)
            )
        )
        through = await door(client, "1.1")
        await first_byte(direct, through, 5)
        beside, over = await first_byte(direct, through, count)
        whole, lost = await streams(through)
        above = await overspent(client, await door(client, "2.1", metered=True))
    finally:
        await client.stop()
        await client.leave()
        server.close()
    return {
        "first_byte_delay_ms": over - beside, "direct_ms": beside, "through_ms": over,
        "streams": whole, "lost": lost, "overspend_percent": above,
    }  # fmt: skip


def _apart(pid: int) -> None:
    """The gateway on one core, we on the others."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(pid, cores[:1])
        os.sched_setaffinity(0, cores[1:])


def main() -> None:
    """Measure and report."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    count = 30 if words.parse_args().quick else 200
    with tempfile.TemporaryDirectory(prefix="rw-gateway-") as folder:
        found = asyncio.run(measure(Path(folder), count))
    rows = [
        (
            "first byte later by",
            f"{found['first_byte_delay_ms']:.2f} ms",
            f"median of {count}, new connections",
        ),
        ("… direct / through", f"{found['direct_ms']:.2f} / {found['through_ms']:.2f} ms", ""),
        ("streams at once", str(found["streams"]), f"of {STREAMS}, {PIECES} events each, one core"),
        ("bytes lost", str(found["lost"]), ""),
        (
            "above the cap",
            f"{found['overspend_percent']:.1f} %",
            f"{AT_ONCE} requests at once, room for {CAP}",
        ),
    ]
    report("Gateway", rows, found)


if __name__ == "__main__":
    main()
