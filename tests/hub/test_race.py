"""Races: questions, messages, commands; what runs at once and what waits."""


async def test_three_attempts_each_with_a_question(rig):
    async with rig() as hub:
        await hub.run(
            "#1:\nask run the tests\nwrite b.txt one\n#2:\nask run the tests\n#3:\nwrite b.txt three",
            "scripted:3",
        )
        await hub.until(lambda: hub.one("1.1").questions and hub.one("1.2").questions)
        await hub.ended("1.3")
        assert [hub.group(f"1.{n}") for n in (1, 2, 3)] == ["needs you", "needs you", "ready"]
        await hub.act("answer", "1.1", option="a")
        await hub.act("answer", "1.2", option="reject")
        await hub.ended("1.1", "1.2")
        assert len(hub.one("1.1").versions) == 1
        assert hub.one("1.2").versions == ()
        assert "Not allowed" in hub.said("1.2")
        assert await hub.refused("answer", "1.1", option="a") == "1.1 asks nothing now."
        assert "turn.left-nothing" in hub.tags("1.2")
