"""Tables that fit: columns as wide as their cells, reasons wrapped below, never cut."""

from collections.abc import Sequence

from ropewalk.cli.text import pad, width, wrap

GAP = 2
NARROW = 40


def table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    """Rows of cells; the last column is the sentence that is wrapped, below if there is no room."""
    used = [at for at in range(len(head) - 1) if any(row[at] for row in rows)]
    wide = {at: max(width(head[at]), *(width(row[at]) for row in rows)) for at in used}
    total = 2 + sum(wide.values()) + GAP * len(used)
    room = columns - total
    beside = room >= max(NARROW, width(head[-1]))
    while total - GAP > columns and max(wide.values()) > 6:
        widest = max(used, key=lambda at: wide[at])
        wide[widest] -= 1
        total -= 1
    lines = [_line([head[at] for at in used], wide, used) + (head[-1] if beside else "")]
    for row in rows:
        cells = _line([row[at] for at in used], wide, used)
        said = wrap(row[-1], room if beside else columns - 6)
        if beside:
            lines.append(cells + (said[0] if said else ""))
            lines += [" " * total + one for one in said[1:]]
        else:
            lines += [cells, *("      " + one for one in said)]
    return [line.rstrip() for line in lines]


def _line(cells: Sequence[str], wide: dict[int, int], used: Sequence[int]) -> str:
    padded = (pad(cell, wide[at]) for at, cell in zip(used, cells, strict=True))
    return "  " + "".join(one + " " * GAP for one in padded)
