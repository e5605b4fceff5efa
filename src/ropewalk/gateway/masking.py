"""Keeps keys out of what a provider answers. Pure. A key is replaced by as many stars: no length changes."""

from collections.abc import Iterable

from ropewalk.gateway.requests import Header

SHORTEST = 8
"""Anything shorter would be found where it is not meant."""


class Mask:
    """One answer on its way. Only bytes that may be the beginning of a key are kept back."""

    def __init__(self, keys: Iterable[str]) -> None:
        """What must not pass."""
        self._keys = [one.encode() for one in keys if len(one) >= SHORTEST]
        self._kept = b""

    def head(self, headers: list[Header]) -> list[Header]:
        """Header lines without keys."""
        return [(name, self._masked(value)) for name, value in headers]

    def piece(self, data: bytes) -> bytes:
        """The next bytes that may pass."""
        if not self._keys:
            return data
        data = self._masked(self._kept + data)
        end = len(data) - self._begun(data)
        self._kept = data[end:]
        return data[:end]

    def rest(self) -> bytes:
        """What was kept back after all."""
        kept, self._kept = self._kept, b""
        return kept

    def _masked(self, data: bytes) -> bytes:
        for one in self._keys:
            if one in data:
                data = data.replace(one, b"*" * len(one))
        return data

    def _begun(self, data: bytes) -> int:
        """How many bytes at the end are the beginning of a key."""
        longest = 0
        for one in self._keys:
            for size in range(min(len(one) - 1, len(data)), longest, -1):
                if data.endswith(one[:size]):
                    longest = size
                    break
        return longest
