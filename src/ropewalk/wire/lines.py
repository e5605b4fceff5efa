"""Bytes of a stream to lines that know where they began."""

from dataclasses import dataclass

LIMIT = 16 * 1024 * 1024
"""The longest line that is looked at, in bytes."""

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. `at` is the position of its first byte; `data` None: it was too long."""

    at: int
    data: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A splitter as a value.

    `position` counts the bytes of the stream seen so far; bytes below it are skipped when they come
    again. `rest` is the unfinished line in pieces (so that a long line costs what it is long, not its
    square), one Latin-1 character a byte (so that it has a JSON form); `held` is its length.
    `skipping`: the rest of the current line is not wanted. `missed` counts bytes that were announced
    as not kept.
    """

    position: int = 0
    rest: tuple[str, ...] = ()
    held: int = 0
    skipping: bool = False
    missed: int = 0

    def feed(
        self, data: bytes, *, at: int, limit: int = LIMIT
    ) -> tuple["Lines", tuple[Line, ...], int]:
        """The next splitter, the lines that ended, and how many bytes before them nobody spoke of."""
        hole = max(0, at - self.position)
        fresh = data[max(0, self.position - at) :]
        if not fresh:
            return self, (), 0
        here = Lines(position=at, skipping=True) if hole else self
        *ended, last = fresh.split(b"\n")
        lines: list[Line] = []
        for piece in ended:
            here = _ended(_grown(here, piece, lines, limit), lines)
        return _grown(here, last, lines, limit), tuple(lines), max(0, hole - self.missed)

    def skip(self, size: int) -> "Lines":
        """The splitter that knows of `size` bytes that will not come; the current line is void."""
        return Lines(position=self.position, skipping=True, missed=self.missed + size)

    def finish(self) -> tuple["Lines", tuple[Line, ...]]:
        """What is left at the end of the stream, as a line."""
        lines: list[Line] = []
        if self.held:
            _ended(self, lines)
        return Lines(position=self.position), tuple(lines)


def _grown(here: Lines, piece: bytes, lines: list[Line], limit: int) -> Lines:
    position = here.position + len(piece)
    if here.skipping:
        return Lines(position=position, skipping=True)
    held = here.held + len(piece)
    if held > limit:
        lines.append(Line(position - held, None))
        return Lines(position=position, skipping=True)
    return Lines(position=position, rest=_joined(here.rest, piece.decode("latin-1")), held=held)


def _ended(here: Lines, lines: list[Line]) -> Lines:
    if not here.skipping:
        data = "".join(here.rest).encode("latin-1")
        lines.append(Line(here.position - here.held, data))
    return Lines(position=here.position + 1)


def _joined(rest: tuple[str, ...], piece: str) -> tuple[str, ...]:
    if not piece:
        return rest
    if rest and len(rest[-1]) < PIECE:
        return (*rest[:-1], rest[-1] + piece)
    return (*rest, piece)
