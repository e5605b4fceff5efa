"""Deadline and output quota: enforced by the runner, with nobody there."""

from pathlib import Path

import pytest

from ropewalk.core.records import Limits
from ropewalk.ports import Run
from ropewalk.wire.frames import decode_exit, decode_gap
from tests.hosts.scene import Scene, check_sequence, stream


async def sets_a_deadline(scene: Scene, run: Run) -> None:
    """A short one, once the agent has said that it has begun."""
    _, line = await scene.host.dial(run.id, 1)
    frames = list(await line.frames(0))
    while stream(frames, "stdout") != b"begun\n":
        frames += await line.frames(frames[-1].end)
    await line.limits(Limits(deadline_s=0.2))
    await line.close()


async def test_the_deadline_ends_the_tree_with_nobody_there(either):
    run = await either.sh("echo begun; sleep 100 & sleep 100")
    await sets_a_deadline(either, run)
    await either.host.stop()
    out, _, over = await either.finish(run)
    assert (out, over.cause) == (b"begun\n", "deadline")


async def test_an_agent_that_ignores_the_deadline_is_killed(scene):
    run = await scene.sh("trap '' TERM; echo begun; while :; do sleep 0.1; done")
    await sets_a_deadline(scene, run)
    _, _, over = await scene.finish(run)
    assert (over.cause, over.signal) == ("deadline", 9)


async def test_beyond_the_quota_head_and_tail_are_kept(either):
    written = b"".join(b"%07d\n" % n for n in range(500_000))
    script = "import sys\nsys.stdout.write(''.join('%07d\\n' % n for n in range(500_000)))"
    frames = await either.frames(await either.python(script, limits=Limits(output_bytes=1_000_000)))
    gaps = [frame for frame in frames if frame.kind == "gap"]
    assert len(gaps) == 1
    lost = decode_gap(gaps[0].payload)
    at = frames.index(gaps[0])
    head, tail = stream(frames[:at], "stdout"), stream(frames[at:], "stdout")
    assert len(head) + len(tail) == 1_000_000
    assert lost == {"stdout": len(written) - 1_000_000, "stderr": 0}
    assert written.startswith(head)
    assert written.endswith(tail)
    assert min(len(head), len(tail)) == 500_000
    assert frames[at + 1].position == len(head) + lost["stdout"]
    assert decode_exit(frames[-1].payload)[0].cause == "exit"


@pytest.mark.parametrize("size", [999_999, 1_000_000])
async def test_up_to_the_quota_nothing_is_missing(scene, size):
    script = f"import sys; sys.stdout.write('x' * {size})"
    frames = await scene.frames(await scene.python(script, limits=Limits(output_bytes=1_000_000)))
    check_sequence(frames)
    assert len(stream(frames, "stdout")) == size
    assert not [frame for frame in frames if frame.kind == "gap"]


async def test_a_flood_may_end_the_run_instead(scene):
    run = await scene.sh("yes", limits=Limits(output_bytes=300_000, keep="stop"))
    frames = await scene.frames(run)
    assert decode_exit(frames[-1].payload)[0].cause == "output"
    assert len(stream(frames, "stdout")) == 300_000
    assert [frame.kind for frame in frames[-2:]] == ["gap", "exit"]


async def test_a_flood_costs_neither_memory_nor_the_line(scene):
    run = await scene.sh("yes 2>/dev/null", limits=Limits(output_bytes=4 << 20))
    _, line = await scene.host.dial(run.id, 1)
    for number in range(20):
        assert await line.write(id=f"w{number}", at=number, data=b"x") == "ok"
    pid = await scene.runner_pid(run)
    status = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    assert int(status["VmHWM"].split()[0]) < 40_000
    await line.signal(9)
    await line.close()
    assert (await scene.finish(run))[2].cause == "stopped"
