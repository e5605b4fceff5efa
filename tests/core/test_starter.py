"""What `init` writes leads to what it was made from."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core.config import File, merge, parse
from ropewalk.core.records import Check
from ropewalk.core.setup import Setup
from ropewalk.core.setuptable import MOST_PORTS
from ropewalk.core.starter import name_of, starter

WORD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(str.strip)
SCRIPT = st.tuples(st.just("bash"), st.just("-ec"), WORD.map(lambda one: f"a\n{one}\nb"))
PLAIN = st.sampled_from(
    ["npm", "ci", "a b", " a", "a ", "--x=1", "{port}", "#", "'", "$A", "~", "a/b"]
)
COMMAND = st.lists(WORD | PLAIN, min_size=1, max_size=4).map(tuple) | SCRIPT
COMMANDS = st.lists(COMMAND, max_size=4).map(tuple)
NAME = st.from_regex(r"X[A-Z0-9_]{0,8}X", fullmatch=True)
SETUP = st.builds(
    Setup,
    commands=COMMANDS,
    environment=st.dictionaries(NAME, WORD, max_size=3),
    bring=st.sampled_from([(), (".env",), (".env*", "!x", 'a "b" \\c')]),
    run=st.just(()) | COMMAND,
    teardown=COMMANDS,
    ports=st.integers(1, MOST_PORTS).filter(lambda one: one > 10),
    limit_s=st.sampled_from([1800.0, 90.0]),
    peer=st.sampled_from(["", "conductor", "superset", "cursor", "emdash", "codex"]),
    source=st.text(),
    files=st.lists(st.text()).map(tuple),
    notes=st.lists(st.text()).map(tuple),
)


def again(setup: Setup, checks: list[Check]) -> tuple[Setup, tuple[Check, ...]]:
    text = starter(setup, checks)
    text.encode("utf-8", "strict")
    config = merge(File(name="none"), parse(text, name="ropewalk.toml"))
    said = config.setup
    made = Setup(
        commands=said.commands or (),
        environment=said.environment,
        bring=said.bring or (),
        run=said.run or (),
        teardown=said.teardown or (),
        ports=said.ports or 10,
        limit_s=said.limit_s or 0.0,
        peer=said.like or "",
    )
    return made, config.checks


@settings(max_examples=150, deadline=None)
@given(SETUP)
def test_the_same_set_up_comes_back(setup: Setup) -> None:
    assert again(setup, [])[0] == setup


def test_the_same_checks_come_back() -> None:
    checks = [
        Check(name="npm test", argv=("npm", "test", "--", "{report}"), report="junit",
              tests=("**/*.test.*",), config=("jest.config.js",), found_in="package.json"),
        Check(name="go test", argv=("go", "test", "-json", "./..."), report="go-json", found_in="go.mod"),
    ]  # fmt: skip
    _, made = again(Setup(), checks)
    wanted = [replace(one, name=name_of(one), found_in="ropewalk.toml") for one in checks]
    assert list(made) == wanted
    assert [one.name for one in made] == ["npm-test", "go-test"]


@pytest.mark.parametrize(
    "odd", ['x\n[setup]\nrun = "evil"\n', "x\r[environment]\rA='1'", "x\u2028y", "\udc80"]
)
def test_a_name_of_the_repository_never_leaves_its_comment(odd: str) -> None:
    setup = Setup(
        source=odd,
        files=(odd,),
        notes=(odd,),
        run=("serve",),
        teardown=(("down",),),
        environment={"A": "b"},
    )
    check = Check(name="x", argv=("true",), found_in=odd)
    whole = tomllib.loads(starter(setup, [check]))
    assert whole == {
        "setup": {"run": []},
        "run": {"command": ["serve"]},
        "teardown": {"run": [["down"]]},
        "environment": {"A": "b"},
        "checks": {"x": {"run": ["true"]}},
    }


def test_why_is_said() -> None:
    setup = Setup(commands=(("uv", "sync"),), source="lock files: uv.lock", notes=("go is missing.",),
                  bring=(".env",), brought_by=".worktreeinclude")  # fmt: skip
    text = starter(setup, [])
    assert "Found: lock files: uv.lock." in text
    assert "# go is missing." in text
    assert '  "uv sync",' in text
    assert "stand in .worktreeinclude: .env." in text
    assert "bring =" not in text
    assert "No check was found" in text
