from dataclasses import replace

import pytest

from ropewalk.core.config import File, merge, parse
from ropewalk.core.errors import Refused
from ropewalk.core.peers.variables import OWN, peer_variables
from ropewalk.core.placeholders import Filling, fill, highest, is_own
from ropewalk.core.setup import Setup, filled, input_files, setup_hash, variables
from ropewalk.core.setuptable import Peer

WHOLE = """
[setup]
run = ["npm ci", ["sh", "-c", "a && b"]]
inputs = ["tools/**"]
bring = [".env", "!.env.example"]
limit = "5m"
like = "conductor"

[run]
command = "serve --port {port}"
ports = 3

[teardown]
run = "docker compose down"

[environment]
PORT = "{port}"
NAME_OF_DATABASE = "shop_{attempt}"
"""

PLACE = Filling(path="/w", port=4000, attempt="7.2", task="7")


def test_the_whole_configuration() -> None:
    config = merge(File(name="a"), parse(WHOLE, name="b")).setup
    assert config.commands == (("npm", "ci"), ("sh", "-c", "a && b"))
    assert config.inputs == ("tools/**",)
    assert config.bring == (".env", "!.env.example")
    assert (config.limit_s, config.like, config.ports) == (300, "conductor", 3)
    assert config.run == ("serve", "--port", "{port}")
    assert config.teardown == (("docker", "compose", "down"),)
    assert config.environment == {"PORT": "{port}", "NAME_OF_DATABASE": "shop_{attempt}"}


def test_the_project_says_what_is_done_and_the_person_what_a_variable_is() -> None:
    person = parse(
        "[setup]\nrun='mine'\nbring=['.env']\n[environment]\nA='mine'\nB='mine'", name="p"
    )
    project = parse("[setup]\nrun=[]\n[environment]\nA='theirs'\nC='theirs'", name="q")
    both = merge(person, project).setup
    assert both.commands == ()
    assert both.bring == (".env",)
    assert both.environment == {"A": "mine", "B": "mine", "C": "theirs"}


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("[setup]\nrun = ['npm', 'ci']", "could be one command or several", '"npm ci" for one'),
        ("[setup]\nrun = 'a && b'", "without a shell", '"sh"'),
        ("[setup]\nrun = [['a', 3]]", "3 in it is not one", "run"),
        ("[setup]\nrun = 3", "must be one command, or a list", "run"),
        ("[setup]\nrun = [[]]", "must not be empty", "run"),
        ("[setup]\nlike = 'vim'", "must be one of conductor", "like"),
        ("[setup]\nbring = ['../x']", "as in a `.gitignore`", "bring"),
        ("[run]\nports = 1001", "more than 1000", "needs"),
        ("[environment]\nPATH = '/x'", "not for a project to set", "passes"),
        ("[environment]\nLD_PRELOAD = '/x'", "not for a project to set", "passes"),
        ("[environment]\nGIT_DIR = '/x'", "not for a project to set", "passes"),
        ("[environment]\nX_API_KEY = '/x'", "looks like a secret", 'passes = ["X_API_KEY"]'),
        ("[environment]\n'A B' = '/x'", "no name of a variable", "passes"),
        ("[environment]\nA = 3", "A must be a string, not 3", 'A = "…"'),
        ("environment = 3", "[environment] must be a table", "[environment]"),
    ],
)
def test_what_is_refused(text: str, words: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, name="ropewalk.toml")
    assert words in refused.value.message
    assert refused.value.message.startswith("ropewalk.toml")
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("[environment]\nA = '{port+10}'", 11),
        ("[run]\ncommand = 'x {port+2}'\nports = 2", 3),
        ("[setup]\nrun = 'x {port+99}'", 100),
    ],
)
def test_more_ports_than_there_are(text: str, need: int) -> None:
    with pytest.raises(Refused, match=f"asks for {need}") as refused:
        merge(File(name="a"), parse(text, name="b"))
    assert f"ports = {need}" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "made", "own"),
    [
        ("{port}", "4000", True),
        ("a{port+3}b{port}", "a4003b4000", True),
        ("{attempt}-{task}", "7.2-7", True),
        ("{path}/x", "/w/x", False),
        (
            "${port} {PORT} {port-1} {port+} {x} {{}}",
            "${port} {PORT} {port-1} {port+} {x} {{}}",
            False,
        ),
        ("{port+12345}", "{port+12345}", False),
    ],
)
def test_placeholders(text: str, made: str, own: bool) -> None:
    assert fill(text, PLACE) == made
    assert is_own(text) is own
    assert (highest(text) > 0) is ("{port" in text and own)


def test_variables_of_a_workspace_and_of_a_base() -> None:
    setup = Setup(
        environment={"PORT": "{port+1}", "MODE": "test", "AT": "{path}"}, peer="conductor"
    )
    here = variables(setup, PLACE, root="/r", name="7.2")
    assert here == {
        "CONDUCTOR_WORKSPACE_NAME": "7.2",
        "CONDUCTOR_WORKSPACE_PATH": "/w",
        "CONDUCTOR_ROOT_PATH": "/r",
        "CONDUCTOR_DEFAULT_BRANCH": "main",
        "CONDUCTOR_PORT": "4000",
        "CONDUCTOR_IS_LOCAL": "1",
        "PORT": "4001",
        "MODE": "test",
        "AT": "/w",
    }
    base = variables(setup, Filling(path="/w"), root="/r", name="")
    assert base == {
        name: one
        for name, one in here.items()
        if name not in ("PORT", "CONDUCTOR_PORT", "CONDUCTOR_WORKSPACE_NAME")
    }
    assert filled(("serve", "{port}", "{attempt}"), PLACE) == ("serve", "4000", "7.2")


@pytest.mark.parametrize(
    ("peer", "names"),
    [
        ("", set[str]()),
        ("superset", {"SUPERSET_ROOT_PATH", "SUPERSET_WORKSPACE_NAME", "SUPERSET_WORKSPACE_PATH"}),
        ("cursor", {"ROOT_WORKTREE_PATH"}),
        ("codex", {"CODEX_SOURCE_TREE_PATH", "CODEX_WORKTREE_PATH"}),
        (
            "emdash",
            {"EMDASH_TASK_ID", "EMDASH_TASK_NAME", "EMDASH_TASK_PATH", "EMDASH_ROOT_PATH",
             "EMDASH_DEFAULT_BRANCH", "EMDASH_PORT"},
        ),
    ],
)  # fmt: skip
def test_the_variables_of_other_tools(peer: Peer, names: set[str]) -> None:
    made = peer_variables(peer, port=1, path="/w", root="/r", name="Fix It 7.2")
    assert made.keys() == names
    assert made.get("EMDASH_TASK_NAME", "fix-it-7-2") == "fix-it-7-2"
    base = peer_variables(peer, port=None, path="/w", root="/r", name="")
    assert base.keys() == names - set(OWN)


SETUP = Setup(
    commands=(("npm", "ci"), ("sh", "-c", "echo {port}")),
    shared=1,
    environment={"MODE": "test", "PORT": "{port}"},
    inputs=("package-lock.json", "**/package.json"),
)


def test_the_digest_is_stable() -> None:
    files = input_files(SETUP, ["b/package.json", "package-lock.json", "a.txt", "package.json"])
    assert files == ["b/package.json", "package-lock.json", "package.json"]
    found = setup_hash(SETUP, {"package.json": "1", "package-lock.json": "2"})
    assert found == setup_hash(SETUP, {"package-lock.json": "2", "package.json": "1"})
    assert found == "f51c89dc8607f4b14676f7b53492c7bda16a5b9e0346feeeb9f1c2c4aa3e5403"


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (replace(SETUP, commands=(("npm", "i"), SETUP.commands[1])), False),
        (replace(SETUP, commands=(SETUP.commands[0], ("other",))), True),
        (replace(SETUP, environment={"MODE": "x", "PORT": "{port}"}), False),
        (replace(SETUP, environment={"MODE": "test", "PORT": "{port+1}"}), True),
        (replace(SETUP, peer="cursor"), False),
        (
            replace(SETUP, run=("x",), teardown=(("y",),), ports=20, bring=("z",), notes=("n",)),
            True,
        ),
    ],
)
def test_only_what_a_base_is_made_with_counts(changed: Setup, same: bool) -> None:
    assert (setup_hash(changed, {}) == setup_hash(SETUP, {})) is same


def test_an_input_that_changes_counts() -> None:
    assert setup_hash(SETUP, {"package.json": "1"}) != setup_hash(SETUP, {"package.json": "2"})
    assert setup_hash(SETUP, {"package.json": "1"}) != setup_hash(SETUP, {})
