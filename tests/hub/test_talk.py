"""Messages, stops, resumes and time limits."""

import os
import signal
import sys

from ropewalk.testing import scripted_agent

COMMANDS = f"""
[agents.by-argument]
command = ["sh", "-c", 'printf "%s" "$1" > got.txt', "sh", "{{prompt}}"]
[agents.by-stdin]
command = ["sh", "-c", "cat > got.txt"]
prompt = "stdin"
[agents.by-file]
command = ["cp", "{{file}}", "got.txt"]
prompt = "file"
[agents.plain]
command = ["{sys.executable}", "-I", "-S", "{scripted_agent.__file__}", "-"]
prompt = "stdin"
[agents.missing]
command = ["/nowhere/agent", "{{prompt}}"]
[agents.failing]
command = ["sh", "-c", "echo sorry >&2; exit 3"]
prompt = "stdin"
"""


async def test_commands_get_the_prompt_by_argument_stdin_and_file(rig):
    async with rig(COMMANDS) as hub:
        brief = "say «ü» $HOME 'x'\nsecond line"
        await hub.run(brief, "by-argument", "by-stdin", "by-file")
        await hub.ended("1.1", "1.2", "1.3")
        for n in (1, 2, 3):
            one = hub.one(f"1.{n}")
            assert (one.outcome, one.version and one.version.paths) == ("done", ("got.txt",))
            files = hub.parts.repository.files(
                project=one.project, commit=one.versions[0].commit, paths=["got.txt"]
            )
            assert files["got.txt"].decode() == brief


async def test_a_missing_and_a_failing_command(rig):
    async with rig(COMMANDS) as hub:
        await hub.run("x", "failing")
        await hub.ended()
        one = hub.one()
        assert (one.outcome, one.reason, hub.group()) == ("failed", "exit status 3", "needs you")
        assert "sorry" in hub.said()


async def test_a_message_to_one_that_works_is_its_next_turn(rig):
    async with rig() as hub:
        gate = hub.place / "gate"
        await hub.run(f"write b.txt one\nrun while [ ! -e {gate} ]; do sleep 0.02; done")
        await hub.until(lambda: hub.one().state == "working")
        said = await hub.act("say", "1.1", text="write b.txt two")
        assert said[0]["message"] == "1.1 gets it when its turn ends."
        assert len(hub.one().inbox) == 1
        gate.touch()
        await hub.until(lambda: len(hub.one().versions) == 2)
        assert [one.turn for one in hub.one().versions] == [1, 2]
        assert hub.one().inbox == ()
        assert hub.tags("1.1").count("process.started") == 1


async def test_a_message_to_one_that_waits_and_to_one_that_is_gone(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        assert hub.one().process == "alive"
        await hub.act("say", "1.1", text="write b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 2)
        await hub.act("stop", "1.1")
        await hub.gone()
        await hub.act("say", "1.1", text="write b.txt three")
        await hub.until(lambda: len(hub.one().versions) == 3)
        one = hub.one()
        assert (one.epoch, one.turn, one.state) == (2, 3, "ended")
        assert hub.tags("1.1").count("session.opened") == 2


async def test_stop_while_it_works_and_resume(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nsay here\nhang")
        await hub.until(lambda: "here" in hub.said())
        await hub.act("stop", "1.1", reason="enough")
        await hub.gone()
        await hub.ended()
        one = hub.one()
        assert (one.outcome, len(one.versions), hub.group()) == ("stopped", 1, "needs you")
        assert "does not run" in await hub.refused("stop", "1.1")
        await hub.act("resume", "1.1")
        await hub.until(lambda: hub.one().turn == 2)
        await hub.act("stop", "1.1")
        await hub.gone()


async def test_stop_of_a_command_is_a_stop_not_a_failure(rig):
    async with rig(COMMANDS) as hub:
        await hub.run("say here\nhang", "plain")
        await hub.until(lambda: "here" in hub.said())
        await hub.act("stop", "1.1")
        await hub.gone()
        assert hub.one().outcome == "stopped"


async def test_stop_of_one_that_waits(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("stop", "1.1")
        await hub.gone()
        one = hub.one()
        assert (one.state, one.outcome, hub.group()) == ("ended", "done", "ready")


async def test_stop_before_it_is_started(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.until(lambda: hub.one().state == "preparing")
        await hub.act("stop", "1.1")
        await hub.ended()
        await hub.gone()
        assert hub.one().outcome == "stopped"
        await hub.act("resume", "1.1")
        await hub.until(lambda: hub.one().versions)


async def test_a_stop_is_not_taken_back_by_an_older_message(rig):
    async with rig() as hub:
        await hub.run("say here\nhang")
        await hub.until(lambda: "here\n" in hub.said())
        await hub.act("say", "1.1", text="write b.txt later")
        await hub.act("stop", "1.1")
        await hub.gone()
        await hub.ended()
        one = hub.one()
        assert (one.state, one.outcome, len(one.inbox)) == ("ended", "stopped", 1)
        await hub.act("resume", "1.1")
        await hub.until(lambda: hub.one().versions)
        assert hub.one().inbox == ()


async def test_resume_after_the_agent_was_killed(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nsay here\ncrash")
        await hub.gone()
        await hub.ended()
        assert (hub.one().outcome, len(hub.one().versions)) == ("failed", 1)
        await hub.act("say", "1.1", text="write b.txt two\nsay back")
        await hub.until(lambda: len(hub.one().versions) == 2)
        assert hub.said().count("here") == 1  # the past is loaded, not told again


async def test_resume_after_the_runner_was_killed_loads_the_session(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nsay here\nhang")
        await hub.until(lambda: "here" in hub.said())
        session = hub.one().session
        os.kill(hub.runner(hub.one().run), signal.SIGKILL)
        await hub.gone()
        await hub.ended()
        one = hub.one()
        assert (one.process, one.outcome, hub.group()) == ("lost", "interrupted", "needs you")
        await hub.act("say", "1.1", text="write b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 2)
        assert hub.one().session == session
        assert hub.said().count("here") == 1


async def test_a_turn_has_a_time_limit(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nhang", limit_s=2.0)
        await hub.gone()
        await hub.until(lambda: hub.one().process == "none" and hub.one().state == "ended")
        await hub.ended()
        assert (hub.one().outcome, len(hub.one().versions)) == ("timed-out", 1)


async def test_a_hub_that_comes_back_in_the_middle_of_a_turn_goes_on(rig):
    async with rig() as hub:
        await hub.run("ask go on\nwrite b.txt one")
        await hub.until(lambda: hub.one().questions)
        await hub.restart()
        assert hub.one().questions
        await hub.until(lambda: hub.hub.processes.drivers.get(hub.one().id))
        await hub.act("answer", "1.1", option="Allow")
        await hub.ended()
        assert hub.tags("1.1").count("turn.started") == 1
        assert len(hub.one().versions) == 1


async def test_the_time_of_a_turn_stands_still_while_a_person_is_asked_or_silent(rig):
    async with rig() as hub:
        await hub.run("ask go on\nwrite a.txt x\nsay first", limit_s=2.0)
        await hub.until(lambda: hub.one().questions)
        asked = hub.parts.clock.now()
        await hub.until(lambda: hub.parts.clock.now() > asked + 2.5)
        assert hub.one().process == "alive"
        await hub.act("answer", "1.1", option="a")
        await hub.ended()
        ended = hub.parts.clock.now()
        await hub.until(lambda: hub.parts.clock.now() > ended + 2.5)
        assert (hub.one().process, hub.one().outcome) == ("alive", "done")
        await hub.act("say", "1.1", text="hang")
        await hub.until(lambda: hub.one().outcome == "timed-out")
        assert hub.one().turn == 2
