"""What stands for something in a workspace's commands and variables: {port}, {port+1}, {path}, {attempt}, {task}.

Nothing else in braces is touched, and nothing after a dollar sign: `${port}` is a shell's own.
"""

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?<!\$)\{(?:port(?:\+(\d{1,4}))?|(path|attempt|task))\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What is filled in for one workspace. `port` is the first of its block; 0: it has none yet.

    `attempt` (`7.2`) and `task` (`7`) are empty where a base is set up, which is for many attempts.
    """

    path: str
    port: int = 0
    attempt: str = ""
    task: str = ""


def fill(text: str, filling: Filling) -> str:
    """The text with what stands for something in it replaced."""
    words = {"path": filling.path, "attempt": filling.attempt, "task": filling.task}

    def found(match: re.Match[str]) -> str:
        return words[match[2]] if match[2] else str(filling.port + int(match[1] or 0))

    return _PLACE.sub(found, text)


def is_own(text: str) -> bool:
    """Whether what the text says differs from one workspace to the next at the same path."""
    return any(match[2] != "path" for match in _PLACE.finditer(text))


def highest(text: str) -> int:
    """How many ports the text needs: 3 for `{port+2}`."""
    found = (int(one[1] or 0) + 1 for one in _PLACE.finditer(text) if not one[2])
    return max(found, default=0)
