"""What dies, and what must not: daemons, runners, trees."""

import asyncio
import json
import os
import random
import signal
from contextlib import suppress

import pytest

from ropewalk.core.errors import Outside
from ropewalk.hosts.place import HostFolder
from ropewalk.wire.frames import Frame, decode_exit
from tests.hosts.scene import check_sequence, processes_with, stream, until

COUNTING = """
import sys, time
for n in range(3000):
    print(n, flush=True)
    if n % 100 == 0: time.sleep(0.01)
for line in sys.stdin: print("read", line, end="", flush=True)
"""


async def kill_daemon(scene) -> None:
    os.kill(await scene.daemon_pid(), signal.SIGKILL)


async def rest(scene, run: str, after: int) -> list[Frame]:
    """All frames to the end; dialled again where the run ended before it was listened to, as the port asks."""
    while True:
        _, line = await scene.host.dial(run, 1)
        frames: list[Frame] = []
        try:
            while got := await line.frames(frames[-1].end if frames else after):
                frames += got
        except Outside:
            continue
        finally:
            await line.close()
        return frames


async def test_a_killed_daemon_loses_and_doubles_nothing(either):
    run = await either.python(COUNTING)
    frames = []
    for number in range(3):
        _, line = await either.host.dial(run.id, 1)
        data = f"{number}\n".encode()
        assert await line.write(id=f"w{number}", at=2 * number, data=data) == "ok"
        frames += await line.frames(frames[-1].end if frames else 0)
        await kill_daemon(either)
        with pytest.raises(Outside):
            while True:
                frames += await line.frames(frames[-1].end)
        await line.close()
    _, line = await either.host.dial(run.id, 1)
    assert await line.close_input(id="b", at=6) == "ok"
    await line.close()
    frames += await rest(either, run.id, frames[-1].end)
    check_sequence(frames)
    assert stream(frames, "stdout").decode().split() == [
        *map(str, range(3000)),
        *(["read", "0", "read", "1", "read", "2"]),
    ]


async def test_random_deaths_of_daemon_and_hub(scene):
    """Seeded: connections and daemons die at random, while lines go in and out."""
    chance = random.Random(20)
    run = await scene.sh("while read line; do echo got $line; done")
    wanted = [f"line {number}" for number in range(120)]
    frames, at, done = [], 0, 0
    while done < len(wanted):
        try:
            _, line = await scene.host.dial(run.id, 1)
        except Outside:
            continue
        try:
            async with asyncio.timeout(0.02 + chance.random() / 4):
                while done < len(wanted):
                    data = wanted[done].encode() + b"\n"
                    assert await line.write(id=f"w{done}", at=at, data=data) == "ok"
                    at, done = at + len(data), done + 1
                    if chance.random() < 0.1:
                        frames += await line.frames(frames[-1].end if frames else 0)
        except (Outside, TimeoutError):
            if chance.random() < 0.4:
                await kill_daemon(scene)
        finally:
            await line.close()
    _, line = await scene.host.dial(run.id, 1)
    assert await line.close_input(id="end", at=at) == "ok"
    await line.close()
    frames += await rest(scene, run.id, frames[-1].end if frames else 0)
    check_sequence(frames)
    assert stream(frames, "stdout").decode().splitlines() == [f"got {one}" for one in wanted]
    assert frames == await scene.frames(run)


async def test_a_killed_runner_leaves_no_process_and_reads_as_lost(either):
    mark = f"9{os.getpid()}{random.randrange(10**6)}"
    tree = f"sleep {mark} & setsid sh -c 'sleep {mark} & sleep {mark}' & echo up; sleep {mark}"
    run = await either.sh(tree)
    count = 3 if either.posix else 4
    await until(lambda: len(processes_with(f"sleep\0{mark}")) >= count)
    _, line = await either.host.dial(run.id, 1)
    frames = list(await line.frames(0))
    os.kill(await either.runner_pid(run), signal.SIGKILL)
    with pytest.raises(Outside):
        while True:
            frames += await line.frames(frames[-1].end)
    await line.close()
    if either.posix:  # a plain process group: what left it survives, and `doctor` says so
        await until(lambda: len(processes_with(f"sleep\0{mark}")) <= 2)
        for pid in processes_with(mark):
            os.kill(pid, signal.SIGKILL)
    await until(lambda: not processes_with(mark), "for the tree to end")
    again, line = await either.host.dial(run.id, 1)
    assert again.state == "lost"
    assert again.exit.cause == "lost"
    read = []
    while got := await line.frames(read[-1].end if read else 0):
        read += got
    await line.close()
    assert read[: len(frames)] == frames
    assert [one.state for one in await either.host.list()] == ["lost"]


async def test_background_children_end_with_the_agent_and_what_they_said_is_kept(either):
    mark = f"8{os.getpid()}{random.randrange(10**6)}"
    run = await either.sh(f"(echo late; sleep {mark}) & sleep 0.2; echo main; exit 4")
    out, _, over = await either.finish(run)
    assert sorted(out.split()) == [b"late", b"main"]
    assert over.code == 4
    await until(lambda: not processes_with(mark))


async def test_grandchildren_that_left_the_session_end_too(scene):
    if scene.posix:
        pytest.skip("a plain process group: what left it survives, and `doctor` says so")
    mark = f"7{os.getpid()}{random.randrange(10**6)}"
    run = await scene.sh(f"setsid sh -c '(sleep {mark} &)'; echo done")
    assert (await scene.finish(run))[0] == b"done\n"
    assert not processes_with(mark)


async def test_an_agent_that_kills_its_parent(either):
    mark = f"4{os.getpid()}{random.randrange(10**6)}"
    run = await either.sh(f"sleep {mark} & kill -9 $PPID; sleep 0.2; echo still here")
    frames = await either.frames(run)
    over, _ = decode_exit(frames[-1].payload)
    if either.posix:
        assert over.signal == 9
    else:
        assert (over.code, stream(frames, "stdout")) == (0, b"still here\n")
    await until(lambda: not processes_with(mark), "for the tree to end")


async def test_signals_reach_the_tree_or_only_the_agent(scene):
    script = "trap 'echo child' TERM; while :; do sleep 0.05; done"
    run = await scene.sh(
        f"(echo up; {script}) & trap 'echo main' TERM; echo up; while :; do sleep 0.05; done"
    )
    _, line = await scene.host.dial(run.id, 1)
    said = bytearray()
    position = 0

    async def hear(words: list[str]) -> None:
        nonlocal position
        while sorted(said.decode().split()) != sorted(words):
            frames = await line.frames(position)
            position = frames[-1].end
            said.extend(stream(list(frames), "stdout"))

    async with asyncio.timeout(20):
        await hear(["up", "up"])
        await line.signal(signal.SIGTERM, tree=False)
        await hear(["up", "up", "main"])
        await line.signal(signal.SIGTERM)
        await hear(["up", "up", "main", "main", "child"])
    await line.signal(signal.SIGKILL)
    await line.close()
    assert (await scene.finish(run))[2].cause == "stopped"


async def test_a_torn_end_and_a_damaged_middle(scene):
    run = await scene.sh("seq 1 400000")
    frames = await scene.frames(run)
    spool = scene.home / "host/runs" / run.id / "spool"
    await until(lambda: not (spool.parent / "sock").exists())
    first, *_, last = sorted(one for one in spool.iterdir() if one.name.isdigit())
    with last.open("r+b") as file:
        file.truncate(last.stat().st_size - 5)
    again, line = await scene.host.dial(run.id, 1)
    assert again.state == "lost"
    read = []
    while got := await line.frames(read[-1].end if read else 0):
        read += got
    await line.close()
    assert read == frames[:-1]
    with first.open("r+b") as file:
        file.seek(5000)
        file.write(b"\0\0\0\0")
    _, line = await scene.host.dial(run.id, 1)
    with pytest.raises(Outside, match="damaged"):
        await line.frames(0)
    await line.close()


async def test_run_json_says_who_it_is_and_no_secret(scene):
    run = await scene.sh("cat", environment={"TOKEN": "s3cr3t-word"})
    folder = scene.home / "host/runs" / run.id
    about = json.loads((folder / "run.json").read_text())
    assert (about["id"], about["epoch"], about["command"]) == (run.id, 1, "sh")
    everything = [path for path in scene.home.rglob("*") if path.is_file()]
    assert len(everything) >= 5
    assert not [path for path in everything if b"s3cr3t-word" in path.read_bytes()]
    assert not processes_with("s3cr3t-word")
    assert (scene.home / "host").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("pause_s", [0.0, 0.002, 0.005, 0.01, 0.02, 0.04])
async def test_a_run_is_forgotten_whole_or_not_at_all(scene, pause_s: float) -> None:
    run = await scene.sh("seq 1000")
    out, _, _ = await scene.finish(run)
    folder = HostFolder(scene.home).runs / run.id
    for n in range(4000):
        (folder / f"{n}").touch()
    forgetting = asyncio.create_task(scene.host.forget(run.id))
    await asyncio.wait({forgetting}, timeout=pause_s)
    await kill_daemon(scene)
    with suppress(Outside):
        await forgetting
    known = [one.id for one in await scene.host.list()]
    assert known == ([run.id] if folder.exists() else [])
    if known:
        assert (await scene.finish(run))[0] == out
        await scene.host.forget(run.id)
    assert list(folder.parent.iterdir()) == []
