"""How much the results of a race agree, line by line. Pure; nothing is run.

A result is the multiset of its added and removed lines, each with its path. The agreement of two is
2·|A ∩ B| / (|A| + |B|) over these multisets (Dice): 1 for the same lines whatever their context, 0 where
no line is shared. The mean over the others finds the
medoid: the result that is most like all of them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Line = tuple[str, str, str]
Lines = Counter[Line]

NEAR = 0.8
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One result among the others. `mean` is None where there is nothing to compare it with.

    `same_as` have exactly the same diff, `agrees_with` an agreement of at least NEAR (those that are the
    same included). Both are names in the order given.
    """

    mean: float | None
    same_as: tuple[str, ...] = ()
    agrees_with: tuple[str, ...] = ()


def agreements(diffs: Mapping[str, str]) -> dict[str, Agreement]:
    """For each name the agreement of its unified diff with the others; empty diffs agree with nobody."""
    lines = {name: changed_lines(diff) for name, diff in diffs.items()}
    sizes = {name: one.total() for name, one in lines.items()}
    real = [name for name in lines if sizes[name]]
    shared = _shared({name: lines[name] for name in real})
    found = {name: Agreement(mean=None) for name in lines}
    for name in real:
        near = {
            other: 2 * shared.get(_pair(name, other), 0) / (sizes[name] + sizes[other])
            for other in real
            if other != name
        }
        if near:
            found[name] = Agreement(
                mean=sum(near.values()) / len(near),
                same_as=tuple(other for other in near if diffs[other] == diffs[name]),
                agrees_with=tuple(other for other, value in near.items() if value >= NEAR),
            )
    return found


def changed_lines(diff: str) -> Lines:
    """The added and removed lines of a unified diff as a multiset of (path, sign, line).

    A change without lines (binary, mode, rename) counts as one line that says so.
    """
    return Counter(_lines(diff))


def _lines(diff: str) -> Iterator[Line]:
    path, old, new = "", 0, 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            sign = line[:1]
            old -= sign in ("-", " ", "")
            new -= sign in ("+", " ", "")
            if sign in ("+", "-"):
                yield path, sign, line[1:]
        elif hunk := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in hunk.groups())
        elif line.startswith("diff --git "):
            path = line[11:]
        elif line.startswith(_WITHOUT_LINES):
            yield path, "=", line


_WITHOUT_LINES = (
    "Binary files ",
    "GIT binary patch",
    "new mode ",
    "rename to ",
    "new file mode ",
    "deleted file mode ",
)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _shared(lines: Mapping[str, Lines]) -> dict[tuple[str, str], int]:
    """How many lines each pair shares, from an index line → who has it: cost follows what is shared."""
    holders: dict[Line, list[tuple[str, int]]] = {}
    for name in sorted(lines):
        for line, count in lines[name].items():
            holders.setdefault(line, []).append((name, count))
    groups = Counter(tuple(held) for held in holders.values() if len(held) > 1)
    shared: dict[tuple[str, str], int] = {}
    for held, times in groups.items():
        for at, (one, count) in enumerate(held):
            for other, others in held[at + 1 :]:
                pair = (one, other)
                shared[pair] = shared.get(pair, 0) + times * min(count, others)
    return shared
