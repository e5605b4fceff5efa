"""Small pieces of Markdown."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

MADE = "Made by `make docs` from the code; do not edit."


def head(title: str, *words: str) -> list[str]:
    """A page's title, that it is made, and what it is about."""
    return [f"# {title}", "", MADE, *(line for one in words for line in ("", one))]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; nothing where there are no rows."""
    lines = [f"| {' | '.join(cell(one) for one in row)} |" for row in rows]
    if not lines:
        return []
    return [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines]


def cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def doc(thing: object) -> str:
    """The docstring of a class or function itself, paragraphs on one line each. Bug: there is none."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    if not text:
        raise LookupError(f"{thing} has no docstring")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def kind(hint: Any) -> str:
    """A type as its source has it, without the modules: `tuple[str, ...]`."""
    text = (
        hint.__name__ if isinstance(hint, type) and not hasattr(hint, "__origin__") else str(hint)
    )
    for module in (
        "typing.",
        "ropewalk.core.payload.",
        "ropewalk.core.records.",
        "ropewalk.core.views.",
    ):
        text = text.replace(module, "")
    return text


def text_of(lines: Iterable[str]) -> str:
    """The page."""
    return "\n".join(lines).rstrip() + "\n"
