"""Input: spooled once, written once, never in the way of anything."""

import random

import pytest

from ropewalk.core.errors import Outside
from ropewalk.wire.frames import decode_exit, decode_input
from tests.hosts.scene import check_sequence, stream


async def test_a_repeated_id_is_written_once(either):
    run = await either.sh("cat; exec sleep 1000")  # lives on, to answer
    _, line = await either.host.dial(run.id, 1)
    for _ in range(3):
        assert await line.write(id="a", at=0, data=b"one ") == "ok"
    assert await line.write(id="b", at=0, data=b"stale") == "stale"
    assert await line.write(id="b", at=4, data=b"two") == "ok"
    assert await line.close_input(id="c", at=4) == "stale"
    assert await line.close_input(id="c", at=7) == "ok"
    assert await line.close_input(id="c", at=7) == "ok"
    assert await line.write(id="d", at=7, data=b"late") == "gone"
    assert await line.write(id="a", at=0, data=b"one ") == "ok"
    heard = list(await line.frames(0))
    while stream(heard, "stdout") != b"one two":
        heard += await line.frames(heard[-1].end)
    await line.signal(9)
    await line.close()
    frames = await either.frames(run)
    assert stream(frames, "stdout") == b"one two"
    inputs = [decode_input(frame.payload) for frame in frames if frame.kind in ("stdin", "closed")]
    assert inputs == [("a", b"one "), ("b", b"two"), ("c", b"")]
    assert decode_exit(frames[-1].payload)[1] == 7


async def test_exactly_once_under_reconnects(scene):
    run = await scene.sh("cat")
    chance = random.Random(7)
    sent = b""
    for number in range(60):
        data = f"{number} {'x' * chance.randrange(3000)}\n".encode()
        while True:
            _, line = await scene.host.dial(run.id, 1)
            answer = line.write(id=f"w{number}", at=len(sent), data=data)
            if chance.random() < 0.3:  # hang up before the answer: was it taken?
                await lose(answer, line)
                continue
            assert await answer == "ok"
            await line.close()
            break
        sent += data
    _, line = await scene.host.dial(run.id, 1)
    assert await line.close_input(id="end", at=len(sent)) == "ok"
    await line.close()
    frames = await scene.frames(run)
    check_sequence(frames)
    assert stream(frames, "stdout") == sent


async def lose(answer, line) -> None:
    import asyncio

    task = asyncio.create_task(answer)
    await asyncio.sleep(0)
    await line.close()
    with pytest.raises(Outside):
        await task


async def test_an_agent_that_never_reads_blocks_nobody(scene):
    run = await scene.sh("echo ready; while :; do sleep 0.05; done")
    _, line = await scene.host.dial(run.id, 1)
    for number in range(4):
        assert await line.write(id=f"w{number}", at=number << 20, data=b"x" * (1 << 20)) == "ok"
    await line.signal(9)
    await line.close()
    frames = await scene.frames(run)
    assert stream(frames, "stdout") == b"ready\n"
    over, read = decode_exit(frames[-1].payload)
    assert (over.signal, over.cause, read) == (9, "stopped", 0)


async def test_how_much_was_read_is_counted(scene):
    run = await scene.python("import os; os.read(0, 3)")
    _, line = await scene.host.dial(run.id, 1)
    await line.write(id="a", at=0, data=b"0123456789")
    await line.close()
    assert decode_exit((await scene.frames(run))[-1].payload)[1] == 3


async def test_an_agent_that_closes_its_input(scene, tmp_path):
    gate = tmp_path / "gate"
    run = await scene.sh(
        f"exec 0<&-; echo closed; while [ ! -e {gate} ]; do sleep 0.02; done; echo end"
    )
    _, line = await scene.host.dial(run.id, 1)
    assert await line.write(id="a", at=0, data=b"x" * 300_000) == "ok"
    await line.close()
    gate.touch()
    assert (await scene.finish(run))[0] == b"closed\nend\n"
