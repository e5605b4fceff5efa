"""Writes what happens at doors into the journal, and asks each question once."""

from typing import Any, Protocol

from ropewalk.gateway.journal import JournalFile
from ropewalk.ports.gateway import Door, Entry

QUESTION = "question"
WIDEST = 200


class Redacts(Protocol):
    """Takes secrets out of a text."""

    def __call__(self, text: str) -> str:
        """The text without them."""
        ...


class Notes:
    """What is noted of a door is attributed by the door, never by what its client says."""

    def __init__(self, journal: JournalFile, redact: Redacts) -> None:
        """What was asked before, and is still in the journal, is not asked again."""
        self._journal = journal
        self._redact = redact
        self._asked = {
            (one.task, one.body.get("server")) for one in journal.kept() if one.kind == QUESTION
        }

    def note(self, door: Door, kind: str, *, dispensable: bool = False, **body: Any) -> int:
        """Note something, and its number. OSError: it cannot be noted, so it must not be done."""
        entry = Entry(
            seq=0, at=0, kind=kind, person=door.person, task=door.task, attempt=door.attempt,
            epoch=door.epoch, body={key: self._clean(value) for key, value in body.items()},
        )  # fmt: skip
        return self._journal.append(entry, dispensable=dispensable).seq

    def ask(self, door: Door, server: str, why: str) -> None:
        """Ask the person whether a server may be reached; once for each task."""
        if (door.task, server) not in self._asked:
            self.note(door, QUESTION, server=server, why=why)
            self._asked.add((door.task, server))

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redact(value)[:WIDEST]
        return value
