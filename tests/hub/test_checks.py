"""Checks: time limits, what cannot run, flaky bases, edited tests, and never the same twice."""

from tests.hub.harness import ENVIRONMENT

PYTEST = """
[checks.test]
run = ["python", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", "{report}"]
report = "junit"
tests = ["test_*.py"]
"""
TESTS = "def test_one():\n    assert open('a.txt').read()\n"
COUNTING = """
[checks.counting]
run = ["sh", "-c", "echo run >> {log}; test ! -e bad.txt"]
"""


def counting(tmp_path):
    return COUNTING.replace("{log}", str(tmp_path / "runs.log"))


def runs(tmp_path):
    return (tmp_path / "runs.log").read_text().count("run")


def results(hub, tree):
    found = [one for one in hub.hub.ledger.world.evidence.values() if one.tree == tree]
    assert len(found) == 1
    return found[0]


async def test_a_check_that_hangs_and_one_that_cannot_run(rig):
    config = """
[checks.hangs]
run = ["sleep", "60"]
limit = "1s"
[checks.nowhere]
run = ["/nowhere/tool"]
"""
    async with rig(config) as hub:
        await hub.run("write b.txt one")
        await hub.checked()
        version = hub.one().version
        found = [x for x in hub.hub.ledger.world.evidence.values() if x.tree == version.tree]
        assert {x.check.name: x.standing for x in found} == {
            "hangs": "timed-out",
            "nowhere": "not-run",
        }
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().merge.step == "bounced")
        assert "hit its time limit" in hub.one().merge.reason
        assert "could not be run" in hub.one().merge.reason


async def test_a_flaky_base_is_run_once_more_and_the_case_is_named(rig):
    test = (
        "import os\n"
        "def test_flaky():\n"
        "    path = os.environ['ROPEWALK_TEST_MARK']\n"
        "    seen = os.path.exists(path)\n"
        "    open(path, 'w').close()\n"
        "    assert seen\n"
    )
    async with rig(PYTEST, **{"test_a.py": test}) as hub:
        mark = {"ROPEWALK_TEST_MARK": str(hub.place / "mark")}
        task = await hub.run("write b.txt one", environment={**ENVIRONMENT, **mark})
        await hub.checked()
        await hub.until(lambda: len(results(hub, task.base_tree).results) == 2)
        last = results(hub, task.base_tree).results[-1]
        assert (last.standing, last.flaky) == ("passed", ("test_a::test_flaky",))


async def test_edited_tests_are_judged_with_those_of_the_base_too(rig):
    async with rig(PYTEST, **{"test_a.py": TESTS}) as hub:
        weaker = "write a.txt <<END\nEND\nwrite test_a.py <<END\ndef test_one():\n    pass\nEND"
        await hub.run(weaker)
        await hub.checked()
        one = hub.one()
        assert one.edits[0].paths == ("test_a.py",)
        assert any("fewer assertions" in x or "assert" in x for x in one.findings), one.findings
        assert results(hub, one.version.tree).standing == "passed"
        assert results(hub, one.edits[0].tree).standing == "failed"
        comparison = await hub.hub.reading.compare(hub.hub.ledger.world.tasks[one.task])
        row = comparison["rows"][0]
        assert row["with_base_tests"] == "1 ✗"


async def test_findings_of_an_older_version_no_longer_count(rig):
    async with rig(PYTEST, **{"test_a.py": TESTS}) as hub:
        await hub.run("write test_a.py <<END\ndef test_one():\n    pass\nEND\nwrite b.txt one")
        await hub.checked()
        assert hub.one().findings
        lines = TESTS.replace("\n", "\\n")
        await hub.act("say", "1.1", text=f"write test_a.py {lines.removesuffix(chr(92) + 'n')}")
        await hub.until(lambda: len(hub.one().versions) == 2)
        await hub.checked()
        assert hub.one().findings == ()
        row = (await hub.hub.reading.compare(hub.hub.ledger.world.tasks[hub.one().task]))["rows"][0]
        assert (row["findings"], row["with_base_tests"]) == ([], "")


async def test_a_change_cannot_bring_its_own_report(rig):
    forged = '<testsuite tests="1"><testcase classname="x" name="forged"/></testsuite>'
    config = """
[checks.test]
run = ["sh", "-c", "exit 0", "{report}"]
report = "junit"
"""
    async with rig(config) as hub:
        await hub.run(f"write .ropewalk-report {forged}")
        await hub.checked()
        assert results(hub, hub.one().version.tree).results[-1].passed == 0


async def test_the_same_is_never_run_twice(rig, tmp_path):
    async with rig(counting(tmp_path)) as hub:
        await hub.run("write b.txt one", "scripted:3")
        for n in (1, 2, 3):
            await hub.checked(f"1.{n}")
        task = hub.hub.ledger.world.tasks[hub.one().task]
        await hub.until(lambda: hub.hub.results.finished(task, task.base_tree))
        assert runs(tmp_path) == 2  # the base, and the one tree of all three
        await hub.act("drop", "1.1", "1.2", "1.3")
        await hub.until(lambda: "task.closed" in hub.tags())
        await hub.restart()
        assert not hub.hub.ledger.world.tasks
        await hub.run("write b.txt one")
        await hub.checked("2.1")
        assert runs(tmp_path) == 2
        await hub.act("check", "2.1")
        await hub.until(lambda: runs(tmp_path) == 3)
        await hub.checked("2.1")


async def test_a_check_goes_on_while_the_hub_is_away(rig, tmp_path):
    slow = COUNTING.replace("{log}", str(tmp_path / "runs.log")).replace(
        "test ! -e bad.txt", f"while test ! -e {tmp_path}/go; do sleep 0.05; done"
    )
    async with rig(slow) as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.until(lambda: (tmp_path / "runs.log").exists() and runs(tmp_path) == 2)
        await hub.restart()
        (tmp_path / "go").touch()
        await hub.checked()
        assert runs(tmp_path) == 2


async def test_a_task_is_not_closed_before_its_checks_are_over(rig, tmp_path):
    slow = counting(tmp_path).replace(
        "test ! -e bad.txt", f"while test ! -e {tmp_path}/go; do sleep 0.05; done"
    )
    async with rig(slow) as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.until(lambda: (tmp_path / "runs.log").exists() and runs(tmp_path) == 2)
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.restart()
        assert "task.closed" not in hub.tags()
        (tmp_path / "go").touch()
        await hub.until(lambda: "task.closed" in hub.tags())
