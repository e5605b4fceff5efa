"""The tutorial, as somebody types it: what it shows is what comes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.person import Person, until

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
IDENTITY = "[user]\nname = Ann\nemail = ann@example.org\n"


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    person.environment["COLUMNS"] = "100"
    (tmp_path / ".gitconfig").write_text(IDENTITY)
    try:
        yield person
    finally:
        person.leaves()


def test_the_tutorial_goes_as_it_says(ann: Person) -> None:
    blocks = [(language, text) for _, language, text in BLOCK.findall(PAGE)]
    assert ann.call("sh", "-ec", blocks[0][1]).returncode == 0
    (ann.place / "brief.md").write_text(next(text for kind, text in blocks if kind == "text"))
    ann.repo = ann.place / "shop"
    for command, shown in typed(blocks):
        if command.startswith("ropewalk ls"):
            until(lambda: ann.reads("show", "1.3")["questions"], "the question of 1.3")
            continue  # what stands on the board depends on the moment
        done = ann.types(*shlex.split(command)[1:])
        assert (done.returncode, steady(done.stdout)) == (0, steady(shown)), command
    assert ann.git("log", "--format=%s") == "A shop with a bug"


def typed(blocks: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each command of the tutorial's terminals with what it shows there."""
    for language, text in blocks:
        if language == "console":
            for one in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, shown = one.partition("\n")
                yield command, shown


def steady(text: str) -> str:
    """Without what differs each time: ids of commits, durations."""
    text = re.sub(r"(?<=index )[0-9a-f.]+", "IDS", text)
    text = re.sub(r"(?<=\bat )[0-9a-f]{7}\b|(?<=\()[0-9a-f]{7}(?=\))", "COMMIT", text)
    return re.sub(r"\b\d:\d\d\b", "TIME", text)
