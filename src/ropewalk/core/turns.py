"""Turns: which version holds the files of a turn, and what is said about going back."""

from dataclasses import dataclass

from ropewalk.core.desk import Edits, untold
from ropewalk.core.errors import Conflict, NotFound, Refused
from ropewalk.core.history import Rewind, Turn
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A state of an attempt's files: a version, or (number 0) the base of its task."""

    turn: int
    number: int
    commit: str
    base: str


def turns(attempt: Attempt) -> list[Turn]:
    """Every turn, in order; of those from before turns were remembered, what the versions tell."""
    known = {one.number: one for one in attempt.turns}
    return [known.get(n) or _guessed(attempt, n) for n in range(1, attempt.turn + 1)]


def _guessed(attempt: Attempt, number: int) -> Turn:
    own = [one for one in attempt.versions if one.made == "turn"]
    before = [one.number for one in own if one.turn <= number]
    made = any(one.turn == number for one in own)
    return Turn(
        number=number,
        files="version" if made else "nothing",
        version=before[-1] if before else first(attempt),
    )


def first(attempt: Attempt) -> int:
    """The version that an attempt began with: 0 for the base, 1 if it goes on from another one or was adopted."""
    began = attempt.versions[:1] and attempt.versions[0].made in ("fork", "adopted")
    return 1 if began or (attempt.fork is not None and attempt.fork.number) else 0


def number_at(attempt: Attempt, name: str, turn: int) -> int:
    """The version that holds the files of a turn (0: the base). NotFound, Conflict or Refused: none does."""
    if turn == 0:
        return first(attempt)
    found = next((one for one in turns(attempt) if one.number == turn), None)
    if found is None:
        many = f"It has {attempt.turn}" if attempt.turn else "It has none yet"
        raise NotFound(f"{name} has no turn {turn}.", hint=f"{many}: ropewalk turns {name}")
    if not found.files:
        raise Conflict(
            f"Turn {turn} of {name} is not over yet.",
            hint=f"Wait for it, or stop it: ropewalk stop {name}",
        )
    if found.files == "lost":
        raise Refused(
            f"The files of turn {turn} of {name} could not be kept.",
            hint=f"See which can be had: ropewalk turns {name}",
        )
    return found.version


def point_of(version: Version | None, *, base: str, turn: int) -> Point:
    """The point of a version, or of the base of the task."""
    if version is None:
        return Point(turn=turn, number=0, commit=base, base=base)
    return Point(turn=turn, number=version.number, commit=version.commit, base=version.base)


def turn_of(attempt: Attempt, number: int) -> int:
    """The newest turn at whose end a version held the files; the one that it was made in if there is none."""
    at = [one.number for one in turns(attempt) if one.files and one.version == number]
    made = next((one.turn for one in attempt.versions if one.number == number), 0)
    return at[-1] if at else made


def kept_by_turn(turn: int) -> str:
    """The name under which the ignored files at the end of a turn are kept; 0: those of the beginning."""
    return f"turn-{turn}"


def kept_by_rewind(action: str) -> str:
    """The name under which the ignored files before a rewind are kept."""
    return f"before-{action}"


def kept_as(attempt: Attempt, rewind: Rewind) -> str:
    """The name under which the ignored files are kept that belong to what is gone back to; empty: they are not."""
    if rewind.undoes:
        return kept_by_rewind(rewind.undoes)
    if rewind.turn is not None:
        return kept_by_turn(rewind.turn)
    version = next((one for one in attempt.versions if one.number == rewind.number), None)
    if version is None or version.made == "turn":
        return kept_by_turn(turn_of(attempt, rewind.number))
    before = [one.action for one in attempt.rewinds if one.before == rewind.number]
    return kept_by_rewind(before[-1]) if before and version.made == "edits" else ""


def said_of_ignored(rewind: Rewind) -> str:
    """What became of the ignored files, in words."""
    if rewind.ignored in ("same", "all"):
        return "Ignored files are as they were then, too."
    if rewind.ignored == "some":
        return "Some ignored files could not be set back, the others are as they were then."
    return "Ignored files stay as they are: those of then are not kept."


def where(rewind: Rewind) -> str:
    """What was gone back to, in words."""
    if rewind.turn is None:
        return f"version {rewind.number}" if rewind.number else "the beginning"
    return f"turn {rewind.turn}" if rewind.turn else "the beginning"


def made_by(attempt: Attempt, version: Version) -> str:
    """In words, how a version came about where no turn made it."""
    if version.made == "rewind":
        found = [one for one in attempt.rewinds if one.made == version.number]
        if found and found[0].undoes:
            return f"back to version {found[0].number}: a rewind was undone"
        return f"set back to {where(found[0])}" if found else "set back"
    if version.made == "person":
        by = next((one.by for one in attempt.brought if one.made == version.number), "person:you")
        return f"edited by {by.removeprefix('person:')}"
    words = {
        "edits": "changed outside of a turn",
        "rebase": "rebased",
        "fork": "began with this",
        "adopted": "began with this",
    }
    return words.get(version.made, "")


def told(attempt: Attempt, text: str) -> str:
    """The next prompt; it says in a line of its own if the files were set back since the last turn."""
    since = [one for one in attempt.rewinds if one.after == attempt.turn and one.step == "done"]
    real = [one for one in since if not one.undoes]
    if not real or not attempt.turn:
        return text
    return (
        f"{text}\n\nNote: the files here were set back to those of {where(real[-1])}; "
        "what was done after that is not in them."
    )


def untold_edits(attempt: Attempt) -> list[Edits]:
    """A person's edits of which the agent does not know yet."""
    back = [one.made for one in attempt.rewinds if one.after == attempt.turn and one.step == "done"]
    return untold(attempt.brought, attempt.turn, max(back, default=0)) if attempt.turn else []


def going_on(brief: str, origin: str, turn: int) -> str:
    """The prompt of an attempt that goes on from another one's files."""
    when = f"at the end of turn {turn}" if turn else "at its beginning"
    return (
        f"{brief}\n\nNote: this goes on from another attempt ({origin}): "
        f"the files here are what it had {when}."
    )
