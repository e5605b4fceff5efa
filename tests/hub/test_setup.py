"""Set-up in real workspaces: once for a base, before any agent, failing in words, with ports and variables."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ropewalk.core.errors import Consent, Outside, Refused
from ropewalk.core.events import SetupEnded
from tests.hub.away import Away
from tests.hub.harness import Rig, end_daemon, workspaces_share_bases

UNCHECKED = """
[setup]
run = [["sh", "-c", "{waits}echo x >> {place}/count; cp deps.lock installed"]]
inputs = ["deps.lock"]
"""
COUNTED = f"""{UNCHECKED}
[checks.installed]
run = ["cmp", "deps.lock", "installed"]
"""
FILES = {".gitignore": "installed\nport.txt\n.env*\nconfig/*.local\n", "deps.lock": "1\n"}
SEEN = "run cat installed > seen.txt"


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Rig]]:
    """As `rig`, with a daemon of its own that makes clones."""
    monkeypatch.setenv("ROPEWALK_ENGINE", "clone")
    home = tmp_path / "clones"
    home.mkdir(mode=0o700)
    yield lambda config="", **files: Rig(home, tmp_path, config, **files)
    end_daemon(home)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """As `rig`, with a daemon of its own, which may be killed."""
    home = tmp_path / "own"
    home.mkdir(mode=0o700)
    yield lambda config="", **files: Rig(home, tmp_path, config, **files)
    end_daemon(home)


@pytest.fixture
def shared_bases(tmp_path: Path) -> None:
    """Only where workspaces stand on bases; elsewhere each is set up by itself, as `clones` tests."""
    if not workspaces_share_bases(tmp_path / "probe"):
        pytest.skip("this machine offers no overlay, so every workspace is set up by itself")


def count(place: Path) -> int:
    found = place / "count"
    return len(found.read_text().splitlines()) if found.exists() else 0


async def nothing_left(hub: Rig) -> bool:
    """No run of a set-up is kept, of a base or of an attempt of this hub."""
    own = [
        f"{kind}-{one}" for one in hub.hub.ledger.world.attempts for kind in ("setup", "teardown")
    ]
    kept = ("setup-base-", *own)
    return not [x for x in await hub.host.list() if x.id.startswith(kept)]


def standings(hub: Rig) -> list[str]:
    return [one.standing for one in hub.hub.ledger.world.evidence.values()]


async def let_go(hub: Rig, gate: Path) -> None:
    """Wait until the set-up reads from the gate, and open it."""

    def reader() -> bool:
        try:
            fd = os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        os.close(fd)
        return True

    await hub.until(reader, "for the set-up at the gate")


@pytest.mark.usefixtures("shared_bases")
async def test_it_runs_once_for_all_who_need_the_base_and_before_any_agent(rig, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    config = COUNTED.format(waits=f"cat {gate} > /dev/null; ", place=tmp_path)
    async with rig(config, **FILES) as hub:
        await hub.run(SEEN, count=2)
        await hub.run(SEEN)
        names = ("1.1", "1.2", "2.1")

        def doing(name: str) -> str:
            return hub.hub.reading.attempt(hub.one(name))["detail"]

        await hub.until(lambda: all(doing(one).startswith("setting up: sh -c") for one in names))
        assert "process.started" not in hub.tags()
        await let_go(hub, gate)
        for one in names:
            await hub.checked(one)
            assert hub.one(one).version.paths == ("seen.txt",)
            assert await hub.reads("seen.txt", one) == "1\n"
        await hub.until(lambda: all(one.finished for one in hub.hub.ledger.world.evidence.values()))
        assert set(standings(hub)) == {"passed"}
        assert count(tmp_path) == 1
        await hub.until(lambda: nothing_left(hub))


async def test_it_runs_in_each_workspace_where_there_are_no_bases(clones, tmp_path):
    config = COUNTED.format(waits="", place=tmp_path)
    async with clones(config, **FILES) as hub:
        await hub.run(SEEN, count=2)
        for one in ("1.1", "1.2"):
            await hub.checked(one)
        await hub.until(lambda: all(one.finished for one in hub.hub.ledger.world.evidence.values()))
        assert set(standings(hub)) == {"passed"}
        assert count(tmp_path) == 2 + len(standings(hub))
        await hub.until(lambda: nothing_left(hub))


async def test_a_failure_starts_no_agent_and_resume_tries_again(rig, tmp_path):
    config = f"""
[setup]
run = [["sh", "-c", "echo x >> {tmp_path}/count; echo trying; test -e {tmp_path}/mended || (echo no net; exit 7)"]]
"""
    async with rig(config, **FILES) as hub:
        await hub.run("write a.txt new")
        await hub.until(lambda: hub.one().state == "ended")
        assert hub.group() == "needs you"
        assert "ended with 7: no net" in hub.one().reason
        assert "ropewalk log" in hub.one().hint
        ended = [x.event for x in hub.events("1.1") if isinstance(x.event, SetupEnded)]
        assert [(x.code, x.output.text) for x in ended] == [(7, "trying\nno net\n")]
        assert "process.started" not in hub.tags()
        (tmp_path / "mended").touch()
        await hub.act("resume", "1.1")
        await hub.ended()
        assert (hub.one().outcome, await hub.reads("a.txt")) == ("done", "new\n")
        assert count(tmp_path) == 2


async def test_a_time_limit_ends_it(rig):
    config = '[setup]\nrun = ["sleep 600"]\nlimit = "1s"\n'
    async with rig(config) as hub:
        await hub.run("write a.txt new")
        await hub.until(lambda: hub.one().state == "ended")
        assert "sleep 600 hit the time limit of 1 s" in hub.one().reason


@pytest.mark.usefixtures("shared_bases")
async def test_a_stop_ends_it_and_only_for_whoever_is_stopped(rig, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    config = UNCHECKED.format(
        waits=f"echo y > {tmp_path}/begun; cat {gate} > /dev/null; ", place=tmp_path
    )
    async with rig(config, **FILES) as hub:
        await hub.run(SEEN, count=2)
        await hub.until(lambda: hub.tags().count("setup.started") == 2)
        await hub.until(lambda: (tmp_path / "begun").exists())
        await hub.act("stop", "1.2")
        await hub.until(lambda: hub.one("1.2").state == "ended")
        assert (hub.one("1.2").outcome, hub.one("1.1").state) == ("stopped", "preparing")
        await hub.act("stop", "1.1")
        await hub.until(lambda: hub.one().outcome == "stopped")
        await hub.until(lambda: nothing_left(hub))
        assert count(tmp_path) == 0
        await hub.act("resume", "1.1")
        await let_go(hub, gate)
        await hub.ended()
        assert (hub.one().outcome, count(tmp_path)) == ("done", 1)


async def test_a_stop_is_not_lost_when_the_run_cannot_be_reached_at_once(rig, tmp_path):
    config = UNCHECKED.format(waits=f"echo y > {tmp_path}/begun; sleep 600; ", place=tmp_path)
    async with rig(config, **FILES) as hub:
        away = Away(hub.host, "dial", Outside("The connection broke."), 0)
        await hub.restart(runs=away)
        await hub.run(SEEN)
        await hub.until(lambda: (tmp_path / "begun").exists())
        away.left = 1
        await hub.act("stop", "1.1")
        await hub.until(lambda: hub.one().outcome == "stopped")
        await hub.until(lambda: nothing_left(hub))
        assert (away.left, count(tmp_path)) == (0, 0)


@pytest.mark.usefixtures("shared_bases")
async def test_a_restarted_hub_goes_on_with_it(rig, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    config = COUNTED.format(waits=f"echo y >> {tmp_path}/begun; cat {gate}; ", place=tmp_path)
    async with rig(config, **FILES) as hub:
        await hub.run(SEEN)
        await hub.until(lambda: (tmp_path / "begun").exists())
        await hub.restart()
        await hub.until(lambda: hub.tags().count("setup.started") == 2)
        await let_go(hub, gate)
        await hub.ended()
        assert hub.one().outcome == "done"
        assert ((tmp_path / "begun").read_text(), count(tmp_path)) == ("y\n", 1)


async def test_every_workspace_has_ports_and_variables_of_its_own(rig, tmp_path):
    config = """
[setup]
run = [["sh", "-c", "test $WEB = {port} && echo {attempt} {port} > port.txt"]]
[environment]
WEB = "{port}"
VIRTUAL_ENV = "{path}/.venv"
[checks.env]
run = ["sh", "-c", "test -s port.txt && case :$PATH in *:$VIRTUAL_ENV/bin:*) test $WEB -ge 20000;; *) false;; esac"]
"""
    async with rig(config, **FILES) as hub:
        await hub.run(
            'run cat port.txt > seen.txt; echo "$WEB ${PATH#*/shell/bin:}" >> seen.txt', count=2
        )
        ports = set()
        for name in ("1.1", "1.2"):
            await hub.checked(name)
            one = hub.one(name)
            seen = (await hub.reads("seen.txt", name) or "").split()
            assert seen[:3] == [name, str(one.port), str(one.port)]
            assert seen[3].startswith(f"{one.path}/.venv/bin:")
            assert hub.hub.places.variables(one)["WEB"] == str(one.port)
            ports.add(one.port)
        assert len(ports) == 2
        assert set(standings(hub)) == {"passed"}


async def test_what_is_to_be_done_before_a_workspace_goes(rig, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    config = f"""
[teardown]
run = [
  ["sh", "-c", "echo {{attempt}} $(cat b.txt) >> {tmp_path}/torn; cat {gate}"],
  ["sh", "-c", "echo busy; exit 3"],
]
"""
    async with rig(config) as hub:
        await hub.run("write b.txt two")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: (tmp_path / "torn").exists())
        await hub.restart()
        await let_go(hub, gate)
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.written()
        assert (tmp_path / "torn").read_text() == "1.1 two\n"
        notes = [x.event.text for x in hub.events("1.1") if x.event.tag == "noted"]
        assert notes[-1].endswith("ended with 3: busy"), notes
        assert len([x for x in notes if x.startswith("teardown failed")]) == 1
        await hub.until(lambda: nothing_left(hub))


async def test_whatever_a_teardown_does_the_workspace_goes_and_it_is_told(rig, tmp_path):
    """It hangs, with a child that ignores signals; it floods; it is killed; the next command runs."""
    config = f"""
[teardown]
limit = 2
run = [
  ["sh", "-c", "echo begun; trap '' TERM; (trap '' TERM HUP; sleep 600) & sleep 600; sleep 600"],
  ["sh", "-c", "yes flooded | head -c 20000000; echo at last; exit 4"],
  ["/no/such/program"],
  ["sh", "-c", "rm -rf .git; echo last > {tmp_path}/last; echo all right"],
]
"""
    async with rig(config) as hub:
        await hub.run("write b.txt two")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.written()
        assert (tmp_path / "last").read_text() == "last\n"
        notes = [x.event.text for x in hub.events("1.1") if x.event.tag == "noted"]
        failed = [x for x in notes if x.startswith("teardown failed")]
        assert "hit the time limit of 2 s: begun" in failed[0]
        assert "ended with 4: at last" in failed[1]
        assert "/no/such/program" in failed[2]
        assert len(failed) == 3
        ended = [x.event for x in hub.events("1.1") if isinstance(x.event, SetupEnded)]
        outputs = [x.output.text for x in ended]
        assert "begun" in outputs[0]
        assert outputs[1].endswith("at last\n")
        assert len(outputs[1]) < 50_000
        assert outputs[-1] == "all right\n"
        await hub.until(lambda: nothing_left(hub))
        await hub.undo()
        await hub.until(lambda: hub.one().workspace == "ready")
        assert await hub.reads("b.txt") == "two\n"


async def test_a_teardown_goes_on_while_the_host_daemon_is_killed(own, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    config = f"""
[teardown]
run = [["sh", "-c", "echo torn >> {tmp_path}/torn; cat {gate}; echo done"], ["sh", "-c", "echo too"]]
"""
    async with own(config) as hub:
        await hub.run("write b.txt two")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: (tmp_path / "torn").exists())
        os.kill(int((hub.home / "host" / "host.lock").read_text()), signal.SIGKILL)
        await let_go(hub, gate)
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.written()
        assert (tmp_path / "torn").read_text() == "torn\n", "once"
        ended = [x.event for x in hub.events("1.1") if isinstance(x.event, SetupEnded)]
        assert [x.output.text for x in ended] == ["done\n", "too\n"]
        assert not [x for x in hub.events("1.1") if "failed" in getattr(x.event, "text", "")]
        await hub.until(lambda: nothing_left(hub))


async def test_a_teardown_whose_runner_is_killed_is_told(own, tmp_path):
    config = f"""
[teardown]
run = [["sh", "-c", "touch {tmp_path}/begun; sleep 600"], ["sh", "-c", "echo after"]]
"""
    async with own(config) as hub:
        await hub.run("write b.txt two")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: (tmp_path / "begun").exists())
        os.kill(hub.runner(f"teardown-{hub.one().id}-1"), signal.SIGKILL)
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.written()
        notes = [x.event.text for x in hub.events("1.1") if x.event.tag == "noted"]
        assert any("its runner was killed" in x for x in notes), notes
        assert (hub.home / "host" / "trash" / hub.one().id).is_dir()
        await hub.until(lambda: nothing_left(hub))


@pytest.mark.usefixtures("shared_bases")
async def test_a_change_of_what_decides_is_set_up_for_its_checks(rig, tmp_path):
    config = COUNTED.format(waits="", place=tmp_path)
    async with rig(config, **FILES) as hub:
        await hub.run("write deps.lock 2")
        await hub.checked()
        assert hub.one().version.paths == ("deps.lock",)
        assert set(standings(hub)) == {"passed"}
        assert count(tmp_path) == 2


@pytest.mark.parametrize(
    ("files", "subject"),
    [
        ({"requirements.txt": "x\n"}, "file:requirements.txt"),
        ({"conductor.json": '{"scripts": {"setup": "true"}}'}, "file:conductor.json"),
    ],
)
async def test_found_commands_need_trust(rig, files, subject):
    async with rig(**files) as hub:
        with pytest.raises(Consent) as asked:
            await hub.run("write a.txt new", trust=False)
        assert list(asked.value.agrees) == [subject]
        assert not hub.hub.ledger.world.tasks


BRING = '[setup]\nbring = [".env*", "config/*.local", "big"]\n'
NAMES = "run for f in .env config/a.local .env.link .env.out .env.secret; do test -e $f && echo $f; done > seen.txt"


async def bring(hub: Rig) -> None:
    root = hub.repo.path
    (root / ".env").write_text("SECRET=once\n")
    (root / ".env").chmod(0o640)
    (root / "config").mkdir()
    (root / "config" / "a.local").write_text("a\n")
    (root / ".env.link").symlink_to("config/a.local")
    (root / ".env.out").symlink_to(hub.place / "elsewhere")
    (hub.place / "elsewhere").write_text("not yours\n")
    await hub.run(NAMES)
    (root / ".env").write_text("SECRET=later\n")
    await hub.checked()
    assert await hub.reads("seen.txt") == ".env\nconfig/a.local\n.env.link\n"
    assert await hub.reads(".env") == "SECRET=once\n"
    assert hub.one().version.paths == ("seen.txt",)
    await hub.runs("test $(stat -c %a .env) = 640 && test $(cat .env.link) = a")
    (task,) = hub.hub.ledger.world.tasks.values()
    said = "\n".join(task.notices)
    assert "3 ignored files of your checkout brought along" in said
    assert ".env.out is not brought along: it is a link that leads out of the checkout" in said
    assert "SECRET" not in repr(hub.events())


async def test_ignored_files_are_brought_along(rig):
    async with rig(BRING, **FILES) as hub:
        await bring(hub)


async def test_ignored_files_are_brought_along_into_clones(clones):
    async with clones(BRING, **FILES) as hub:
        await bring(hub)


async def test_what_only_the_person_ignores_is_not_brought_and_too_much_is_refused(rig):
    async with rig(BRING, **{".gitignore": "big\n"}) as hub:
        root = hub.repo.path
        (root / ".git" / "info" / "exclude").write_text(".env\n")
        (root / ".env").write_text("x\n")
        task = await hub.run("say hi")
        assert any(x.startswith(".env is not brought along") for x in task.notices)
        assert task.setup.brought == ""
        with (root / "big").open("wb") as file:
            file.truncate(101 * 1024 * 1024)
        with pytest.raises(Refused, match=r"more than 100 MB .* at big it was too much"):
            await hub.run("say hi")
