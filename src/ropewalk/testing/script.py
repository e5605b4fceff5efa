"""The scripts of the scripted agent: a prompt to instructions."""

from collections.abc import Iterator

Line = tuple[str, str]
"""An instruction and what follows it."""

VERBS = frozenset(
    (
        *("say", "think", "write", "append", "delete", "run", "ask", "end", "plan", "usage"),
        *("sleep", "hang", "emit", "flood", "garbage", "spawn", "fail", "crash", "exit"),
    )
)


def script(prompt: str, attempt: str) -> list[Line]:
    """The instructions of a prompt for the attempt of that number."""
    lines = _block(prompt.splitlines())
    return list(_instructions(iter(_section(lines, attempt))))


def _block(lines: list[str]) -> list[str]:
    starts = [at for at, line in enumerate(lines) if line.strip() == "```script"]
    if not starts:
        return lines
    rest = lines[starts[0] + 1 :]
    ends = [at for at, line in enumerate(rest) if line.strip() == "```"]
    return rest[: ends[0]] if ends else rest


def _section(lines: list[str], attempt: str) -> list[str]:
    mine: list[str] = []
    wanted = True
    for line in lines:
        mark = line.strip()
        if mark.startswith("#") and mark.endswith(":") and mark[1:-1].isdigit():
            wanted = mark[1:-1] == attempt
        elif wanted:
            mine.append(line)
    return mine


def _instructions(lines: Iterator[str]) -> Iterator[Line]:
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        if verb not in VERBS:
            continue
        if verb in ("write", "append") and rest.rstrip().split(" ")[-1].startswith("<<"):
            path, _, end = rest.rstrip().rpartition(" ")
            yield verb, f"{path} {_here(lines, end[2:])}"
        elif verb in ("write", "append"):
            yield verb, f"{_text(rest)}\n"
        else:
            yield verb, _text(rest)


def _here(lines: Iterator[str], end: str) -> str:
    taken: list[str] = []
    for line in lines:
        if line.strip() == end:
            break
        taken.append(f"{line}\n")
    return "".join(taken)


def _text(rest: str) -> str:
    return rest.replace("\\n", "\n").replace("\\t", "\t")
