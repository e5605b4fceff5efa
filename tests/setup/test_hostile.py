"""Files that are broken, or made to break something: refused in words that name them, or read as data."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core.config import Config
from ropewalk.core.errors import Refused
from ropewalk.core.setup import Setup
from ropewalk.setup.find import find_setup
from tests.setup.finding import found

JSON = (
    "conductor.json",
    ".superset/config.json",
    ".cursor/worktrees.json",
    ".emdash.json",
    ".devcontainer.json",
)
TOML = (".conductor/settings.toml", ".codex/environments/environment.toml", "mise.toml")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        *((name, text, "is not valid JSON") for name in JSON for text in ("", "{", "[" * 100_000, "{'a': 1}")),
        *((name, "[1]", "must be a JSON object") for name in JSON),
        *((name, text, "is not valid TOML") for name in TOML for text in ("a = ", "a = " + "[" * 5000, "x = 1e")),
        ("conductor.json", '{"scripts": []}', "scripts must be a table, not []"),
        ("conductor.json", '{"scripts": {"setup": 3}}', "scripts.setup must be a string, not 3"),
        ("conductor.json", '{"scripts": {"setup": "a\\u0000b"}}', "scripts.setup must be a string"),
        ("conductor.json", '{"scripts": {"setup": "\\ud800"}}', "scripts.setup must be a string"),
        (".conductor/settings.toml", "tasks = 3", "tasks must be a table"),
        (".superset/config.json", '{"setup": [1]}', "setup must be a list of strings"),
        (".superset/config.json", '{"setup": {"before": []}}', "setup must be a list of strings"),
        (".cursor/worktrees.json", '{"setup-worktree": {}}', "setup-worktree must be a list"),
        (".emdash.json", '{"preservePatterns": 3}', "preservePatterns must be a list of strings"),
        (".codex/environments/a.toml", "setup = 'x'", "setup must be a table, not 'x'"),
        (".codex/environments/a.toml", "actions = [3]", "actions.0 must be a table, not 3"),
        (".devcontainer.json", '{"postCreateCommand": 3}', "postCreateCommand must be a string"),
        (".devcontainer.json", '{"containerEnv": {"A": {}}}', "containerEnv.A must be a string"),
        ("mise.toml", "tools = 3", "tools must be a table"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_must_be(name: str, text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        found({name: text})
    assert refused.value.message.startswith(name)
    assert words in refused.value.message
    assert "[setup]" in refused.value.hint
    assert len(refused.value.message) < 400
    assert found({name: text}, "[setup]\nrun = 'make'").commands == (("make",),)


KEYS = st.sampled_from(
    ["scripts", "setup", "run", "archive", "teardown", "command", "default", "tasks", "actions", "platform",
     "script", "linux", "setup-worktree", "setup-worktree-unix", "preservePatterns", "shellSetup",
     "containerEnv", "remoteEnv", "postCreateCommand", "forwardPorts", "file_include_globs",
     "environment_variables", "PORT", "available_in", "name", "icon"]
)  # fmt: skip
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(JSON), st.dictionaries(KEYS, TREES, max_size=6))
def test_no_json_breaks_it(name: str, whole: dict[str, Any]) -> None:
    _holds(name, json.dumps(whole).encode())


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*JSON, *TOML, ".worktreeinclude", ".tool-versions"]), st.binary(max_size=200)
)
def test_no_bytes_break_it(name: str, content: bytes) -> None:
    _holds(name, content)


def _holds(name: str, content: bytes) -> None:
    """It is refused with a hint, or read as commands that can be started."""
    made = _read(name, content)
    if isinstance(made, Refused):
        assert made.message.startswith(name)
        assert made.hint
        return
    for command in (*made.commands, *made.teardown, *([made.run] if made.run else [])):
        assert command[0].strip()
        assert all("\0" not in word for word in command)
        "".join(command).encode()


def _read(name: str, content: bytes) -> Setup | Refused:
    try:
        return find_setup({name: content}.get, [name], Config(), lambda _: True)
    except Refused as refused:
        return refused
