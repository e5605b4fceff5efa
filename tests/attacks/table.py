# ruff: noqa: E501
"""The page of attacks, from the attacks: `python -m tests.attacks.table` writes it."""

from itertools import groupby
from pathlib import Path

from tests.attacks.programs import ALL, Attack

PAGE = Path(__file__).parents[2] / "docs/explanation/attacks.md"
HEAD = """# Attacks on the sandbox

Each of these is a small program in the suite. It runs without a sandbox first, and gets what it is after, as far as a machine can show it; then it runs inside, as root and as an ordinary user. In the sandbox of the first rung (`full`) it gets none of them.

The second rung (`landlock`) is for machines without namespaces. It hides neither paths nor processes, and root stays root there, without any special power.

| an attack on | `full` | `landlock` |
|---|---|---|
"""
TAIL = """
Where bounds are set, a run that takes more memory, processes or disk than it may is ended within two seconds. A tree of processes ends with its run, whatever it does.

## Limits that are known

- The network of the table is a sandbox's own, which checks have. Agents, set-up and servers have that of the machine as long as no gateway leads them out, unless you say `preset = "none"`. [How it stands](safety.md)
- Today only `full` is offered; a machine that cannot hold it has no sandbox. `landlock` is built and attacked here, and not chosen yet.
- What a run writes to its own workspace is its own affair: look at the change before you keep it.
- The list of mounts inside tells paths of the host: where workspaces and bases lie.
- `landlock` lets a run see that a file exists, and which processes there are. It cannot open the one or look into the other.
- `landlock` shares addresses with the host: two servers on one port collide.
- Without a cgroup, memory and disk are looked at once a second.
- Programs of another architecture (32-bit x86) are ended.
"""
WORDS = {"stops": "stopped", "not": "**not stopped**", "not for root": "**not stopped for root**"}


def page() -> str:
    """All of it."""
    rows = [_row(list(some)) for _, some in groupby(sorted(ALL, key=lambda one: one.kind), _key)]
    return HEAD + "".join(rows) + TAIL


def _key(one: Attack) -> tuple[int, str]:
    return one.kind, one.landlock


def _row(some: list[Attack]) -> str:
    names = "; ".join(one.name for one in some)
    return f"| {names} | stopped | {WORDS[some[0].landlock]} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
