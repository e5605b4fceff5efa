import pytest

from ropewalk.cli.completion import bash, fish, zsh
from ropewalk.cli.ids import split
from ropewalk.cli.parser import UsageError, parse
from ropewalk.cli.reference import page
from ropewalk.cli.verbs import VERBS
from tests.cli.program import ROOT


def test_the_reference_page_is_the_parser_s() -> None:
    stored = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    assert stored == page(), (
        "make it anew: python -m ropewalk.cli.reference > docs/reference/cli.md"
    )


def test_ids_come_first_and_the_rest_is_the_text() -> None:
    assert split(["7", "7.2@3", "also", "round 2"], "say") == (["7", "7.2@3"], "also round 2")
    with pytest.raises(UsageError, match="no id"):
        split(["also"], "say 7.2 also")


def test_a_prompt_may_begin_with_a_dash() -> None:
    assert parse(["run", "-n", "3", "--", "-x is ignored"]).prompt == ["-x is ignored"]
    assert parse(["run", "-"]).prompt == ["-"]
    assert parse(["run", "--limit", "1h30m", "x"]).limit == 5400.0


@pytest.mark.parametrize("words", [["--json", "ls"], ["ls", "--json"]])
def test_shared_options_stand_anywhere(words: list[str]) -> None:
    assert parse(words).json is True


def test_an_unknown_verb_is_guessed() -> None:
    with pytest.raises(UsageError) as raised:
        parse(["mrege", "7.2"])
    assert "Did you mean merge?" in raised.value.hint


@pytest.mark.parametrize("script", [bash, zsh, fish])
def test_completion_knows_every_verb(script: object) -> None:
    text = script()  # type: ignore[operator]
    assert all(verb.name in text for verb in VERBS)
    assert "unchecked" in text
