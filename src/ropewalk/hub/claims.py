"""Claims: whose files are in somebody's hands now, so that two never work on one workspace."""

import asyncio


class Claims:
    """Attempts whose workspace is being made, started in, kept, moved or rebased by somebody."""

    def __init__(self) -> None:
        """Nobody's."""
        self._taken: set[str] = set()
        self._released = asyncio.Event()

    def take(self, attempt: str) -> bool:
        """Claim the files of an attempt. False: somebody has them."""
        if attempt in self._taken:
            return False
        self._taken.add(attempt)
        return True

    def release(self, attempt: str) -> None:
        """Let go of them."""
        self._taken.discard(attempt)
        released, self._released = self._released, asyncio.Event()
        released.set()

    async def wait(self, attempt: str, seconds: float) -> bool:
        """Claim the files of an attempt as soon as nobody has them. False: somebody has them for longer."""
        try:
            async with asyncio.timeout(seconds):
                while not self.take(attempt):
                    await self._released.wait()
        except TimeoutError:
            return False
        return True
