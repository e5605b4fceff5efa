"""Ids as they are typed: `7`, `7.2`, `7.2@3`, or a permanent id."""

import re

from ropewalk.cli.parser import UsageError

ID = re.compile(r"\d+(\.\d+)?(@\d+)?|[0-9a-f]{16,64}")


def split(words: list[str], example: str) -> tuple[list[str], str]:
    """Leading ids, and everything from the first other word on as one text."""
    end = next((at for at, word in enumerate(words) if not ID.fullmatch(word)), len(words))
    if end == 0:
        raise UsageError(f"“{words[0]}” is no id.", f"Ids come first: ropewalk {example}")
    return words[:end], " ".join(words[end:])
