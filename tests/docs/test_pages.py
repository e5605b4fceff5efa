"""What stands in the documentation holds: links, commands, paths, words."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.cli.parser import UsageError, build
from ropewalk.core.config import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
WRITTEN = [one for one in PAGES if one.parent.name != "reference"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(BLOCK.sub("", text(page))):
        path, _, anchor = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (page.parent / path) if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_names_a_path_of_the_machine_it_was_written_on(page: Path) -> None:
    found = re.findall(r"(?<![\w~.])/(?:root|home|work|tmp/rw|Users)\b[^\s`]*", text(page))
    assert found == []


def test_no_picture_does_either() -> None:
    for picture in ROOT.glob("docs/pictures/*.svg"):
        assert "/tmp/" not in text(picture), picture.name


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = [one.partition("#")[0] for one in LINK.findall(text(page))]
        waiting += [(page.parent / one).resolve() for one in links if one and "://" not in one]
    assert [name(one) for one in PAGES if one not in seen] == []


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_every_command_shown_is_understood(page: Path) -> None:
    blocks, mentions = commands(text(page))
    faults = [*map(fault, blocks), *(one for one in map(fault, mentions) if "required" not in one)]
    assert [one for one in faults if one] == []


def fault(words: list[str]) -> str:
    """What the parser has against a call; nothing if it is understood."""
    try:
        build().parse_args(words)
    except UsageError as error:
        return f"ropewalk {shlex.join(words)}: {error.message}"
    except SystemExit as ended:
        return "" if ended.code == 0 else f"ropewalk {shlex.join(words)}"
    return ""


def commands(page: str) -> tuple[list[list[str]], list[list[str]]]:
    """The calls of ropewalk in blocks of commands, and those named within text, perhaps without their ids."""
    lines: list[str] = []
    for language, block in BLOCK.findall(page):
        if language in ("sh", "console"):
            starts = "$ " if language == "console" else ""
            whole = block.replace("\\\n", " ").splitlines()
            lines += [one.removeprefix(starts) for one in whole if one.startswith(starts)]
    spans: list[str] = re.findall(r"`([^`\n]+)`", BLOCK.sub("", page))
    return [one for line in lines for one in _calls(line)], [o for s in spans for o in _calls(s)]


def _calls(line: str) -> Iterator[list[str]]:
    """The arguments of every ropewalk in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&$")
    lexer.whitespace_split = True
    call: list[str] | None = None
    for word in lexer:
        ends = set(word) <= set("();<>|&$")
        if call is not None and ends:
            yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word in ("ropewalk", "rw"):
            call = []
    if call is not None:
        yield call


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_every_configuration_shown_is_valid(page: Path) -> None:
    for language, block in BLOCK.findall(text(page)):
        if language == "toml":
            parse(block, name=name(page))
