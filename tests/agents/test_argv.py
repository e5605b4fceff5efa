import pytest

from ropewalk.agents.argv import LONGEST, command, with_model
from ropewalk.core.errors import Refused
from ropewalk.core.records import Agent, PromptBy


def agent(
    *argv: str, prompt_by: PromptBy = "argument", model: str | None = None, **more: object
) -> Agent:
    return Agent(name="x", kind="command", argv=argv, prompt_by=prompt_by, model=model, **more)


@pytest.mark.parametrize(
    ("template", "model", "filled"),
    [
        (("t", "{prompt}"), None, ("t", "P")),
        (("t", "-m", "{model}", "{prompt}"), "big", ("t", "-m", "big", "P")),
        (("t", "-m", "{model}", "{prompt}"), None, ("t", "P")),
        (("t", "-q", "--model={model}", "{prompt}"), None, ("t", "-q", "P")),
        (("t", "-c", "model={model}", "{prompt}"), None, ("t", "P")),
        (("t", "{model}", "{prompt}"), None, ("t", "P")),
        (("t", "{other}", "a{b", "{prompt}!"), None, ("t", "{other}", "a{b", "P!")),
    ],
)
def test_filling(template: tuple[str, ...], model: str | None, filled: tuple[str, ...]) -> None:
    assert command(agent(*template, model=model), prompt="P") == filled


def test_what_a_prompt_holds_is_not_filled() -> None:
    assert (
        command(agent("t", "{prompt}", model="m"), prompt="{model} {file}")[1] == "{model} {file}"
    )


def test_a_later_turn_has_its_own_command() -> None:
    both = agent("t", "{prompt}", resume=("t", "--again", "{prompt}"))
    assert command(both, prompt="P", again=True) == ("t", "--again", "P")
    assert command(agent("t", "{prompt}"), prompt="P", again=True) == ("t", "P")


def test_a_prompt_in_a_file_and_on_stdin() -> None:
    by_file = agent("t", "--file", "{file}", prompt_by="file")
    assert command(by_file, prompt="P" * 200_000, file="/p") == ("t", "--file", "/p")
    by_stdin = agent("t", "-p", "{prompt}", prompt_by="stdin")
    assert command(by_stdin, prompt="-P" * 200_000) == ("t",)
    acp = Agent(name="x", kind="acp", argv=("t", "--acp"))
    assert command(acp, prompt="-P" * 200_000) == ("t", "--acp")


def test_the_longest_prompt_that_linux_takes() -> None:
    assert (
        len(command(agent("t", "{prompt}"), prompt="ü" * (LONGEST // 2))[1].encode()) == LONGEST - 1
    )
    with pytest.raises(Refused, match="takes at most 127 KiB") as refused:
        command(agent("t", "{prompt}"), prompt="ü" * (LONGEST // 2 + 1))
    assert "stdin" in refused.value.hint


def test_a_prompt_that_begins_with_a_dash() -> None:
    with pytest.raises(Refused, match="begins with a dash"):
        command(agent("t", "-p", "{prompt}"), prompt="--help")
    assert command(agent("t", "--", "{prompt}"), prompt="--help") == ("t", "--", "--help")
    assert command(agent("t", "--say={prompt}"), prompt="--help") == ("t", "--say=--help")


def test_a_prompt_with_nul() -> None:
    with pytest.raises(Refused, match="NUL"):
        command(agent("t", "{prompt}"), prompt="a\0b")


def test_a_model_in_the_environment() -> None:
    one = agent("t", environment={"M": "x/{model}", "N": "1"})
    assert with_model(one, "big").environment == {"M": "x/big", "N": "1"}
    assert with_model(one, None).environment == {"N": "1"}
    with pytest.raises(Refused, match="which model") as refused:
        with_model(agent("t"), "big")
    assert "@big" in refused.value.hint
