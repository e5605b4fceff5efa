import pytest

from ropewalk.core.setup import Setup, input_files, setup_hash
from ropewalk.setup.locks import VENV
from tests.setup.finding import found, sh

PIP = (".venv/bin/python", "-m", "pip", "install", "--quiet")
IN_VENV = ("sh", "-ec", VENV)


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"uv.lock": ""}, [("uv", "sync")]),
        ({"uv.lock": "", "poetry.lock": "", "requirements.txt": ""}, [("uv", "sync")]),
        ({"poetry.lock": ""}, [("poetry", "install", "--no-interaction")]),
        ({"requirements.txt": ""}, [IN_VENV, (*PIP, "-r", "requirements.txt")]),
        (
            {"requirements.txt": "", "requirements-dev.txt": "", "requirements-gpu.txt": ""},
            [IN_VENV, (*PIP, "-r", "requirements-dev.txt", "-r", "requirements.txt")],
        ),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, [IN_VENV, (*PIP, "-e", ".")]),
        ({"pyproject.toml": "[build-system]\n"}, [IN_VENV, (*PIP, "-e", ".")]),
        (
            {"pyproject.toml": "[project.optional-dependencies]\ndev = []\ngpu = []\ntest = []"},
            [IN_VENV, (*PIP, "-e", ".[dev,test]")],
        ),
        ({"pyproject.toml": "[tool.ruff]\n"}, []),
        ({"pyproject.toml": "not [ toml"}, []),
        ({"pyproject.toml": "project = 3"}, []),
        ({"pyproject.toml": "[project]\noptional-dependencies = 3"}, [IN_VENV, (*PIP, "-e", ".")]),
        ({"setup.py": ""}, [IN_VENV, (*PIP, "-e", ".")]),
        ({"package-lock.json": ""}, [("npm", "ci")]),
        ({"npm-shrinkwrap.json": ""}, [("npm", "ci")]),
        (
            {"pnpm-lock.yaml": "", "package-lock.json": ""},
            [("pnpm", "install", "--frozen-lockfile")],
        ),
        ({"yarn.lock": "# yarn lockfile v1\n"}, [("yarn", "install", "--frozen-lockfile")]),
        ({"yarn.lock": "__metadata:\n  version: 8\n"}, [("yarn", "install", "--immutable")]),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, [("yarn", "install", "--immutable")]),
        ({"package.json": "{}"}, []),
        ({"Cargo.lock": "", "Cargo.toml": ""}, [("cargo", "fetch", "--locked")]),
        ({"Cargo.toml": ""}, [("cargo", "fetch")]),
        ({"go.mod": ""}, [("go", "mod", "download")]),
        ({"go.mod": "", "go.sum": ""}, [("go", "mod", "download")]),
        ({"Gemfile.lock": ""}, [("bundle", "install")]),
        ({"Gemfile": ""}, []),
        (
            {"Gemfile.lock": "", "go.sum": "", "Cargo.lock": "", "yarn.lock": "", "uv.lock": ""},
            [
                ("uv", "sync"),
                ("yarn", "install", "--frozen-lockfile"),
                ("cargo", "fetch", "--locked"),
                ("go", "mod", "download"),
                ("bundle", "install"),
            ],
        ),
    ],
)
def test_lock_files(files: dict[str, str], commands: list[tuple[str, ...]]) -> None:
    made = found(files, proposing=True)
    assert list(made.commands) == commands
    assert (made.files, made.shared) == ((), len(commands))
    assert made.source.startswith("lock files: " if commands else "nothing")
    assert found(files, tools=()).commands == ()


@pytest.mark.parametrize("file", ["pyproject.toml", "setup.py"])
def test_a_package_without_a_lock_file_is_only_proposed(file: str) -> None:
    made = found({file: "[project]\nname = 'x'\n"})
    assert made.commands == ()
    assert "ropewalk init" in made.notes[0]


def test_a_tool_that_is_missing_is_named() -> None:
    made = found({"uv.lock": "", "package-lock.json": ""}, tools=("npm",))
    assert made.commands == (("npm", "ci"),)
    assert "uv.lock asks for uv, which is not on your PATH." in made.notes


def test_only_the_top_level_is_looked_at() -> None:
    made = found({"web/package-lock.json": "", "node_modules/x/yarn.lock": "", "tests/uv.lock": ""})
    assert made.commands == ()
    (note,) = made.notes
    assert "Only the top level is looked at" in note
    assert "web/package-lock.json." in note
    assert "yarn" not in note


def test_a_lock_file_of_a_tool_that_is_not_known() -> None:
    assert found({"bun.lock": ""}).notes == ("bun.lock is of a tool that is not known here.",)


def test_poetry_keeps_its_environment_in_the_workspace() -> None:
    made = found({"poetry.lock": ""}, "[environment]\nA = '1'\n")
    assert made.environment == {
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "VIRTUAL_ENV": "{path}/.venv",
        "A": "1",
    }


def test_nothing_at_all() -> None:
    made = found({"README.md": ""})
    assert made == Setup(inputs=made.inputs)
    assert made.source == "nothing"


def test_the_configuration_comes_first() -> None:
    files = {
        "uv.lock": "",
        "conductor.json": '{"scripts": {"setup": "a", "run": "b", "archive": "c"}}',
    }
    made = found(files, "[setup]\nrun = ['make deps']")
    assert (made.commands, made.run, made.teardown) == ((("make", "deps"),), (), ())
    assert (made.peer, made.source) == ("", "[setup] of ropewalk.toml")
    assert found(files, "[setup]\nrun = []").commands == ()
    made = found(files, "[run]\ncommand = 'x'\n[teardown]\nrun = []")
    assert (made.commands, made.run, made.teardown) == (sh("a"), ("x",), ())
    assert made.peer == "conductor"


# --- what decides, and what is shared ------------------------------------------------------------


def test_files_that_decide() -> None:
    names = [
        "package.json",
        "web/package.json",
        "package-lock.json",
        "src/a.ts",
        "scripts/x.sh",
        "db/seed.sql",
    ]
    files = dict.fromkeys(names, "")
    made = found(files, "[setup]\nrun = 'sh ./scripts/x.sh'\ninputs = ['db/*.sql']")
    assert input_files(made, names) == [
        "db/seed.sql", "package-lock.json", "package.json", "scripts/x.sh", "web/package.json"
    ]  # fmt: skip


@pytest.mark.parametrize("star", ["scripts/a*b?.sh", "scripts/[x].sh"])
def test_a_script_with_an_odd_name(star: str) -> None:
    files = {star: "", ".cursor/worktrees.json": f'{{"setup-worktree": ["./{star}"]}}'}
    made = found(files)
    assert "scripts/other.sh" not in input_files(made, ["scripts/other.sh"])


@pytest.mark.parametrize(
    ("commands", "shared"),
    [
        ("['npm ci', 'npm run build']", 2),
        ("['npm ci', 'serve {port}', 'npm run build']", 1),
        ("['npm ci', 'echo {path}']", 2),
        ("[['sh', '-c', 'echo $CONDUCTOR_PORT']]", 0),
        ("[['sh', '-c', 'echo $PORT']]", 0),
        ("[['sh', '-c', 'echo $REPORT $MODE']]", 1),
        ("['npm ci', 'bash scripts/env.sh']", 1),
        ("['npm ci', 'bash scripts/other.sh']", 2),
    ],
)
def test_what_can_be_done_once_for_all_workspaces(commands: str, shared: int) -> None:
    files = {
        "scripts/env.sh": "echo $CONDUCTOR_WORKSPACE_NAME > .env\n",
        "scripts/other.sh": "true\n",
    }
    config = f"[setup]\nrun = {commands}\n[environment]\nPORT = '{{port}}'\nMODE = 'x'\n"
    made = found(files, config)
    assert made.shared == shared
    assert made.once + made.each == made.commands


def test_the_digest_follows_the_commands() -> None:
    assert setup_hash(found({"uv.lock": ""}), {}) != setup_hash(
        found({"package-lock.json": ""}), {}
    )
    assert setup_hash(found({"uv.lock": ""}), {}) == setup_hash(
        found({"uv.lock": "x", "a": ""}), {}
    )
