import pytest

from ropewalk.core.agentspec import AgentSpec, deal, parse
from ropewalk.core.errors import Refused


@pytest.mark.parametrize(
    ("texts", "specs"),
    [
        (["claude"], [AgentSpec("claude")]),
        (["claude@opus:2,codex:2"], [AgentSpec("claude", "opus", 2), AgentSpec("codex", None, 2)]),
        (["claude", "codex"], [AgentSpec("claude"), AgentSpec("codex")]),
        (["qwen@coder:7b"], [AgentSpec("qwen", "coder:7b")]),
        (["qwen@coder:7b:3"], [AgentSpec("qwen", "coder:7b", 3)]),
        (["aider@openai/gpt-5"], [AgentSpec("aider", "openai/gpt-5")]),
        ([" claude , codex "], [AgentSpec("claude"), AgentSpec("codex")]),
    ],
)
def test_what_names_agents(texts: list[str], specs: list[AgentSpec]) -> None:
    assert parse(texts) == tuple(specs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "claude,",
        "@opus",
        "claude@",
        "claude:",
        "claude:x",
        "claude@a b",
        "-rf",
        'a@"',
        "claude@:2",
    ],
)
def test_what_names_none(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse([text])
    assert repr(text) in refused.value.message
    assert "NAME@MODEL" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "n", "names"),
    [
        ("a", None, "a"),
        ("a", 3, "aaa"),
        ("a,b", None, "ab"),
        ("a,b", 5, "ababa"),
        ("a:2,b", None, "aab"),
        ("a:2,b:1", 3, "aab"),
        ("a:100", None, "a" * 100),
    ],
)
def test_dealing(text: str, n: int | None, names: str) -> None:
    dealt = deal(parse([text]), n)
    assert "".join(one.name for one in dealt) == names
    assert {one.count for one in dealt} == {1}


@pytest.mark.parametrize(
    ("text", "n", "words"),
    [
        ("a", 0, "-n must be 1 or more, not 0"),
        ("a", -1, "-n must be 1 or more, not -1"),
        ("a", 1000, "-n must be at most 100, not 1000"),
        ("a:0", None, "must be 1 or more, not 0"),
        ("a:-2", None, "must be 1 or more, not -2"),
        ("a:101", None, "must be at most 100, not 101"),
        ("a:60,b:60", None, "sum of all counts must be at most 100, not 120"),
        ("a:2,b:2", 3, "-n says 3 attempts, the counts in --agent say 4"),
        ("a,b", 1, "-n says 1 attempts, but 2 agents were named"),
    ],
)
def test_numbers_that_are_refused(text: str, n: int | None, words: str) -> None:
    with pytest.raises(Refused) as refused:
        deal(parse([text]), n)
    assert words in refused.value.message
    assert refused.value.hint


def test_nobody_is_dealt_to_nobody() -> None:
    assert deal((), 3) == ()
