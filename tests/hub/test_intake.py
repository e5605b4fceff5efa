"""Room for bytes: bounded, in order, and never lost to whoever gives up."""

import asyncio

from ropewalk.hub.intake import Intake


async def test_no_more_than_fits_is_inside() -> None:
    intake = Intake(10)
    inside: list[int] = []
    most = 0

    async def pass_through(size: int) -> None:
        nonlocal most
        async with intake.room(size):
            inside.append(size)
            most = max(most, sum(min(one, 10) for one in inside))
            await asyncio.sleep(0)
            inside.remove(size)

    await asyncio.gather(*(pass_through(size) for size in (4, 4, 4, 40, 1, 10, 3) * 5))
    assert most == 10
    async with intake.room(10):
        pass


async def test_first_come_first_served() -> None:
    """A small one does not overtake a large one for ever."""
    intake = Intake(10)
    order: list[str] = []

    async def pass_through(name: str, size: int) -> None:
        async with intake.room(size):
            order.append(name)

    async with intake.room(6):
        waiting = [
            asyncio.ensure_future(pass_through(*one)) for one in (("large", 8), ("small", 1))
        ]
        await asyncio.sleep(0)
        assert not order
    await asyncio.gather(*waiting)
    assert order == ["large", "small"]


async def test_who_gives_up_takes_nothing_along() -> None:
    """Neither while it waits nor when it was just let in."""
    intake = Intake(10)
    for let_in in (False, True):
        leaving = asyncio.Event()

        async def hold(leaving: asyncio.Event) -> None:
            async with intake.room(10):
                await leaving.wait()

        first = asyncio.ensure_future(hold(leaving))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(hold(leaving))
        third = asyncio.ensure_future(hold(leaving))
        await asyncio.sleep(0)
        if let_in:
            leaving.set()
            await first
        second.cancel()
        leaving.set()
        await asyncio.gather(first, third)
        async with asyncio.timeout(5), intake.room(10):
            pass
