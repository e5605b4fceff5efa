"""The contract of `Runs` and `Line`, on the real host: bytes, ends, starts."""

import hashlib
import os
import sys

import pytest

from ropewalk.core.errors import Conflict, NotFound, Refused
from ropewalk.core.records import Exit, Limits
from ropewalk.wire.frames import decode_exit
from tests.hosts.scene import check_sequence, stream, until


async def test_output_error_output_and_exit_code(either):
    run = await either.sh("echo out; echo err >&2; exit 3")
    assert await either.finish(run) == (b"out\n", b"err\n", Exit(code=3))


async def test_bytes_are_neither_decoded_nor_changed(either):
    every = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 300 + b'\\xff\\x00\\x1b[2J')"
    out, _, _ = await either.finish(await either.python(every))
    assert out == bytes(range(256)) * 300 + b"\xff\x00\x1b[2J"


async def test_a_line_of_50_megabytes(scene):
    script = (
        "import sys\nfor i in range(50): sys.stdout.write(chr(97 + i % 26) * 1_000_000)\nprint()"
    )
    frames = await scene.frames(await scene.python(script))
    check_sequence(frames)
    digest = hashlib.sha256(stream(frames, "stdout")).hexdigest()
    expected = hashlib.sha256(b"".join(bytes([97 + i % 26]) * 1_000_000 for i in range(50)) + b"\n")
    assert digest == expected.hexdigest()


async def test_a_run_that_is_over_reads_the_same_from_disk(scene):
    run = await scene.sh("seq 1 30000; read x", stdin=True)
    _, line = await scene.host.dial(run.id, 1)
    frames = list(await line.frames(0))
    assert await line.close_input(id="end", at=0) == "ok"
    while got := await line.frames(frames[-1].end):
        frames += got
    await line.close()
    await until(lambda: not (scene.home / "host/runs" / run.id / "sock").exists())
    again, line = await scene.host.dial(run.id, 1)
    assert again.state == "ended"
    assert again.exit == decode_exit(frames[-1].payload)[0]
    assert list(await line.frames(frames[-1].end)) == []
    assert await line.write(id="late", at=0, data=b"x") == "gone"
    await line.close()
    assert await scene.frames(run) == frames
    check_sequence(frames)


async def test_reading_on_from_a_position(scene):
    run = await scene.sh("echo one; echo two >&2; echo three; cat", stdin=False)
    frames = await scene.frames(run)
    await until(lambda: not (scene.home / "host/runs" / run.id / "sock").exists())
    for at in range(len(frames)):
        _, line = await scene.host.dial(run.id, 1)
        assert (await line.frames(frames[at].offset))[0] == frames[at]
        await line.close()


async def test_without_standard_input(scene):
    frames = await scene.frames(await scene.sh("cat; echo done", stdin=False))
    assert [frame.kind for frame in frames] == ["start", "closed", "stdout", "exit"]


async def test_the_agent_has_exactly_its_environment(either):
    script = "import os; print(sorted(os.environ.items()), os.getcwd(), oct(os.umask(0)))"
    run = await either.start(
        sys.executable, "-I", "-S", "-c", script, environment={"WORD": "a b\nc"}, cwd="/usr"
    )
    out, _, _ = await either.finish(run)
    known = sorted({"PATH": os.environ["PATH"], "WORD": "a b\nc"}.items())
    extra = [("LC_CTYPE", "C.UTF-8")]  # Python adds this one itself
    assert out.decode().strip() in (
        f"{known} /usr 0o22",
        f"{sorted(known + extra)} /usr 0o22",
    )


async def test_no_descriptor_is_inherited(either):
    script = (
        "import os\nfor n in range(3, 200):\n try: os.fstat(n); print(n)\n except OSError: pass"
    )
    assert (await either.finish(await either.python(script)))[0] == b""


async def test_signals_are_as_at_a_fresh_start(either):
    script = (
        "import signal; print([n for n in range(1, 32) if n not in (2,)"
        " and signal.getsignal(n) == signal.SIG_IGN and n not in (13, 25)], signal.pthread_sigmask(0, []))"
    )
    assert (await either.finish(await either.python(script)))[0] == b"[] set()\n"


@pytest.mark.parametrize(
    ("argv", "cwd", "code", "words"),
    [
        (("no-such-program",), "/tmp", 127, "no-such-program cannot be started: No such file"),
        (("/etc/passwd",), "/tmp", 126, "/etc/passwd cannot be started: Permission denied"),
        (("true",), "/no/such/place", 127, "the working directory /no/such/place does not exist"),
    ],
)
async def test_what_cannot_be_started_says_why(either, argv, cwd, code, words):
    _, _, over = await either.finish(await either.start(*argv, cwd=cwd))
    assert over.code == code
    assert words in over.error


async def test_a_repeated_start_is_the_same_run(scene, tmp_path):
    script = f"echo x >> {tmp_path}/count; cat"
    first = await scene.sh(script, id="same")
    assert await scene.sh(script, id="same") == first
    _, line = await scene.host.dial("same", 1)
    await line.close_input(id="e", at=0)
    await line.close()
    await scene.finish(first)
    assert (await scene.sh(script, id="same")).state == "ended"
    assert (tmp_path / "count").read_text() == "x\n"


async def test_a_lower_epoch_is_refused_and_a_higher_drops_the_present_one(scene):
    run = await scene.sh("cat", epoch=2)
    _, old = await scene.host.dial(run.id, 2)
    position = (await old.frames(0))[-1].end
    with pytest.raises(Conflict):
        await scene.host.dial(run.id, 1)
    _, new = await scene.host.dial(run.id, 3)
    from ropewalk.core.errors import Outside

    with pytest.raises(Outside):
        await old.frames(position)
    with pytest.raises(Outside):
        await old.write(id="a", at=0, data=b"from the past")
    with pytest.raises(Conflict):
        await scene.host.dial(run.id, 2)
    assert await new.write(id="b", at=0, data=b"now") == "ok"
    assert await new.close_input(id="c", at=3) == "ok"
    await old.close()
    await new.close()
    frames = await scene.frames(run.__class__(id=run.id, epoch=3, state="alive"))
    assert stream(frames, "stdout") == b"now"


async def test_list_and_forget(scene):
    over, alive = await scene.sh("true"), await scene.sh("cat")
    await scene.finish(over)
    await scene.host.forget(over.id)
    await scene.host.forget("never-was")
    with pytest.raises(Refused):
        await scene.host.forget(alive.id)
    assert [run.id for run in await scene.host.list()] == [alive.id]
    with pytest.raises(NotFound):
        await scene.host.dial(over.id, 1)


@pytest.mark.parametrize("id", ["../up", "", "a/b", ".hidden", "x" * 200])
async def test_an_id_that_is_no_file_name(scene, id):
    with pytest.raises(Refused):
        await scene.host.dial(id, 1)


async def test_a_terminal(scene):
    script = "import os; word = input(); print(os.isatty(0), os.get_terminal_size(), word)"
    run = await scene.python(script, pty=True)
    _, line = await scene.host.dial(run.id, 1)
    await line.resize(33, 77)
    assert await line.write(id="a", at=0, data=b"word\n") == "ok"
    await line.close()
    out, _, over = await scene.finish(run)
    assert b"True os.terminal_size(columns=77, lines=33) word" in out
    assert over == Exit(code=0)


async def test_memory(scene):
    assert 0 < await scene.host.free_memory_mb() < 10_000_000


async def test_many_runs_at_once(scene):
    import asyncio

    runs = await asyncio.gather(*(scene.sh(f"echo {n}", id=f"m{n}") for n in range(12)))
    ends = await asyncio.gather(*(scene.finish(run) for run in runs))
    assert [out for out, _, _ in ends] == [f"{n}\n".encode() for n in range(12)]


async def test_limits_may_be_replaced(scene):
    run = await scene.sh("cat", limits=Limits(deadline_s=600))
    _, line = await scene.host.dial(run.id, 1)
    await line.limits(Limits(deadline_s=0.05))
    await line.close()
    assert (await scene.finish(run))[2].cause == "deadline"
