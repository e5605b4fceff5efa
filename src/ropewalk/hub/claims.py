"""Claims: whose files are in somebody's hands now, so that two never work on one workspace."""


class Claims:
    """Attempts whose workspace is being made, started in, kept, moved or rebased by somebody."""

    def __init__(self) -> None:
        """Nobody's."""
        self._taken: set[str] = set()

    def take(self, attempt: str) -> bool:
        """Claim the files of an attempt. False: somebody has them."""
        if attempt in self._taken:
            return False
        self._taken.add(attempt)
        return True

    def release(self, attempt: str) -> None:
        """Let go of them."""
        self._taken.discard(attempt)
