import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "ann")


def test_nothing_of_the_system_and_nothing_of_the_home_by_itself(home: Home) -> None:
    home.file(".ssh/id_ed25519")
    home.file("notes.txt")
    assert home.look().seen == ()
    assert home.look(".", "", "none", "notes.txt").seen == ()


# --- python --------------------------------------------------------------------------------------


def test_a_pyenv(home: Home) -> None:
    home.program(".pyenv/shims/python")
    home.program(".pyenv/versions/3.12.4/bin/python3.12")
    assert home.named(home.look(".pyenv/shims").seen) == {".pyenv"}


def test_a_tool_of_uv_its_environment_and_the_interpreter_behind_it(home: Home) -> None:
    python = home.program(".local/share/uv/python/cpython-3.12/bin/python3.12")
    tool = home.program(".local/share/uv/tools/agent/bin/agent", "#!/usr/bin/env python\n")
    home.file(".local/share/uv/tools/agent/pyvenv.cfg", f"home = {python.parent}\n")
    home.file(".local/share/keyrings/login.keyring")
    home.link(".local/bin/agent", tool)
    found = home.look(".local/bin", argv=("agent", "--acp"))
    assert home.named(found.seen) == {
        ".local/bin",
        ".local/share/uv/python",
        ".local/share/uv/tools",
    }


def test_a_tool_of_pipx(home: Home) -> None:
    tool = home.program(".local/share/pipx/venvs/agent/bin/agent")
    home.link(".local/bin/agent", tool)
    assert home.named(home.look(".local/bin").seen) == {".local/bin", ".local/share/pipx"}


def test_what_pip_installed_for_the_person(home: Home) -> None:
    home.program(".local/bin/agent", f"#!{sys.executable}\n")
    home.file(".local/lib/python3.11/site-packages/agent.py")
    home.file(".local/share/keyrings/login.keyring")
    assert {".local/bin", ".local/lib"} <= home.named(home.look(".local/bin").seen)
    assert not [one for one in home.look(".local/bin").seen if "share" in one]


def test_the_first_line_of_a_script_leads_to_its_environment(home: Home) -> None:
    python = home.program("envs/agent/bin/python")
    home.file("envs/agent/pyvenv.cfg", "home = /usr/bin\n")
    home.program("bin/agent", f"#!{python} -I\n")
    assert home.named(home.look("bin").seen) == {"bin", "envs/agent"}


def test_a_package_that_was_installed_from_a_checkout(home: Home) -> None:
    home.file("tools/one/src/tool/__init__.py")
    home.program("venv/bin/tool")
    home.file("venv/pyvenv.cfg", "home = /usr/bin\n")
    home.file(
        "venv/lib/python3.11/site-packages/_tool.pth", f"{home.path}/tools/one/src\n\nimport x\n"
    )
    assert home.named(home.look("venv/bin").seen) == {"venv", "tools/one/src"}


def test_the_python_behind_the_environment_of_the_project(home: Home) -> None:
    python = home.program("pythons/3.12/bin/python3.12")
    home.file("pythons/3.12/lib/python3.12/os.py")
    home.file("project/.venv/pyvenv.cfg", f"home = {python.parent}\n")
    found = home.look(directory=str(home.path / "project"))
    assert home.named(found.seen) == {"pythons/3.12"}


def test_a_real_environment_works_from_what_is_found_alone(home: Home) -> None:
    """An interpreter that is no link to the system's has all that it needs in what is shown."""
    place = home.path / "tools" / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=60)
    found = home.look("tools/venv/bin", argv=("python", "-c", "1"))
    real = os.path.realpath(place / "bin" / "python")
    shown = [*found.seen, "/usr", "/opt", "/bin", "/lib", "/lib64"]
    assert str(place) in found.seen
    assert any(real.startswith(one + "/") for one in shown)


# --- node ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        (".nvm/versions/node/v22.1.0/bin", ".nvm"),
        (".volta/bin", ".volta"),
        (".local/share/fnm/node-versions/v22/installation/bin", ".local/share/fnm"),
        (".asdf/shims", ".asdf"),
        (".local/share/mise/shims", ".local/share/mise"),
        (".rbenv/shims", ".rbenv"),
        (".sdkman/candidates/java/current/bin", ".sdkman/candidates"),
        (".bun/bin", ".bun/bin"),
        (".deno/bin", ".deno/bin"),
        (".local/share/pnpm", ".local/share/pnpm"),
    ],
)
def test_version_managers(home: Home, folder: str, shown: str) -> None:
    home.program(f"{folder}/node")
    assert home.named(home.look(folder).seen) == {shown}


def test_a_shell_of_fnm_leads_to_its_node(home: Home) -> None:
    home.program(".local/share/fnm/node-versions/v22/installation/bin/node")
    home.link(".local/state/fnm_multishells/1_2", "../../share/fnm/node-versions/v22/installation")
    found = home.look(".local/state/fnm_multishells/1_2/bin", argv=("node",))
    assert {".local/share/fnm", ".local/state/fnm_multishells"} == home.named(found.seen)


def test_a_prefix_of_npm_with_its_agents(home: Home) -> None:
    home.program("npm/lib/node_modules/@anthropic-ai/claude-code/cli.js", "#!/usr/bin/env node\n")
    home.link("npm/bin/claude", "../lib/node_modules/@anthropic-ai/claude-code/cli.js")
    home.file("npm/etc/npmrc", "//registry/:_authToken=s")
    found = home.look("npm/bin", argv=("claude",))
    assert home.named(found.seen) == {"npm"}
    assert home.named(found.hidden) == {"npm/etc/npmrc"}


def test_an_agent_that_installed_itself(home: Home) -> None:
    place = home.program(".local/share/claude/versions/2.1.3")
    home.link(".local/bin/claude", place)
    assert home.named(home.look(".local/bin").seen) == {".local/bin", ".local/share/claude"}


def test_an_agent_in_its_own_directory_without_its_login(home: Home) -> None:
    home.program(".claude/local/node_modules/.bin/claude")
    home.program(".claude/local/claude")
    home.file(".claude/.credentials.json")
    found = home.look(".claude/local", argv=("claude",), agent="claude")
    assert home.named(found.seen) == {".claude/local"}
    assert home.named(found.logins) == {".claude"}


# --- rust, go ------------------------------------------------------------------------------------


def test_cargo_with_rustup_but_not_its_credentials(home: Home) -> None:
    home.program(".cargo/bin/rustup")
    home.link(".cargo/bin/cargo", "rustup")
    home.program(".rustup/toolchains/stable/bin/cargo")
    home.file(".cargo/credentials.toml", "[registry]\ntoken = 's'\n")
    home.file(".cargo/config.toml", "[net]\ngit-fetch-with-cli = true\n")
    home.file("project/Cargo.toml")
    (home.path / ".cargo/registry").mkdir()
    found = home.look(".cargo/bin", directory=str(home.path / "project"))
    assert home.named(found.seen) == {".cargo/bin", ".rustup", ".cargo/config.toml"}
    assert home.named(found.caches) == {".cargo/registry"}


def test_go_in_a_home(home: Home) -> None:
    home.program("sdk/go1.23/bin/go")
    home.program("go/bin/gopls")
    home.file("go/src/private/secret.go")
    home.file("project/go.mod")
    (home.path / "go/pkg/mod").mkdir(parents=True)
    (home.path / ".cache/go-build").mkdir(parents=True)
    (home.path / ".cache/pip").mkdir(parents=True)
    found = home.look("sdk/go1.23/bin", "go/bin", directory=str(home.path / "project"))
    assert home.named(found.seen) == {"sdk", "go/bin"}
    assert home.named(found.caches) == {"go/pkg/mod", ".cache/go-build"}


# --- the shape of what is unknown ----------------------------------------------------------------


def test_a_toolchain_elsewhere(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "tools")
    other.program("jdk-21/bin/java")
    other.file("jdk-21/lib/modules")
    found = home.look(str(other.path / "jdk-21/bin"))
    assert set(found.seen) == {str(other.path / "jdk-21")}


def test_programs_of_a_person(home: Home) -> None:
    home.program("bin/mine")
    home.file("lib/private")
    tool = home.program("src/tool/run.py", "#!/usr/bin/env python3\n")
    home.file("src/tool/pyproject.toml")
    home.file("src/tool/.env", "KEY=s")
    home.link("bin/tool", tool)
    found = home.look("bin")
    assert home.named(found.seen) == {"bin", "src/tool"}
    assert home.named(found.hidden) == {"src/tool/.env"}


def test_the_words_of_a_command(home: Home) -> None:
    alone = home.file("scripts/agent.py")
    home.file("scripts/diary.txt")
    home.file("code/pack/__init__.py")
    home.file("code/pack/inner/__init__.py")
    module = home.file("code/pack/inner/agent.py")
    found = home.look(argv=("python3", str(alone), str(module), "/nowhere", "-x", str(home.path)))
    assert home.named(found.seen) == {"scripts/agent.py", "code/pack"}


def test_a_circle_and_a_pipe_keep_nobody(home: Home) -> None:
    home.link("bin/one", "two")
    home.link("bin/two", "one")
    os.mkfifo(home.path / "bin/pipe")
    assert home.named(home.look("bin").seen) == {"bin"}


def test_programs_of_all_in_a_store(home: Home) -> None:
    if not Path("/nix").is_dir() and not Path("/snap").is_dir():
        home.link(".nix-profile/bin", "/nix/store/x/bin")
        assert home.look(".nix-profile/bin").seen == ()
        return
    store = "/nix" if Path("/nix").is_dir() else "/snap"
    assert home.look(argv=("true", store)).seen == (store,)


# --- credentials ---------------------------------------------------------------------------------

SECRETS = (
    ".ssh/id_rsa",
    ".aws/credentials",
    ".config/gh/hosts.yml",
    ".netrc",
    ".docker/config.json",
    ".gnupg/key",
    ".pypirc",
    ".codex/auth.json",
    ".gemini/oauth_creds.json",
    ".local/share/keyrings/login.keyring",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_project_cannot_have_a_credential_shown(home: Home, secret: str) -> None:
    file = home.file(secret, "s")
    outer = home.path / secret.split("/")[0]
    for asked in (file, file.parent, outer, home.path / "way"):
        if asked.name == "way":
            home.link("way", file.parent)
        found = home.look(asked=(str(asked),), argv=("cat", str(file)))
        bare = [one for one in found.seen if Path(one) in (file, *file.parents)]
        assert all(_covered(str(file), found.hidden) for _ in bare), asked
        linked = [one for one in found.seen if one == str(home.path / "way")]
        assert all(_covered(f"{one}/{file.name}", found.hidden) for one in linked), asked


def _covered(path: str, hidden: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in hidden)


def test_the_home_is_never_shown(home: Home, tmp_path: Path) -> None:
    home.program("bin/x")
    home.link("roundabout", home.path)
    for asked in (home.path, tmp_path, Path("/"), Path("/home"), home.path / "roundabout"):
        assert home.look(asked=(str(asked),), wanted=(str(asked),)).seen == (), asked


def test_directories_that_may_be_changed(home: Home, tmp_path: Path) -> None:
    home.file("shared/x")
    written = (str(home.path / "shared"), str(home.path), str(tmp_path), str(home.path / "none"))
    found = home.look(written=written)
    assert (found.written, found.seen) == (written[:1], ())


def test_the_person_may_name_a_credential(home: Home) -> None:
    home.file(".config/gh/hosts.yml")
    wanted = str(home.path / ".config/gh")
    found = home.look(wanted=(wanted,))
    assert (found.seen, found.hidden) == ((wanted,), ())


def test_what_is_ours_is_never_shown(home: Home) -> None:
    home.program("state/bin/x")
    home.file("state/lib/x")
    inner = home.file("around/state/hub.db")
    home.file("around/pyproject.toml")
    home.program("around/run")
    private = (str(home.path / "state"), str(inner.parent))
    found = home.look("state/bin", argv=(str(home.path / "around/run"),), private=private)
    assert home.named(found.seen) == {"around/run"}


def test_settings_are_shown_unless_a_secret_is_in_them(home: Home) -> None:
    home.file(".gitconfig", "[user]\n\tname = Ann\n")
    home.file(".npmrc", "registry=https://npm.example.org/\n")
    home.file(".config/pip/pip.conf", "[global]\nindex-url = https://ann:pw@pypi.example.org/\n")
    assert home.named(home.look().seen) == {".gitconfig", ".npmrc"}
    home.file(".gitconfig", "[http]\n\textraHeader = Authorization: Basic x\n")
    home.file(".npmrc", "//npm.example.org/:_authToken=x\n")
    assert home.look().seen == ()


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo on this machine")
def test_the_toolchains_of_this_machine(home: Home) -> None:
    """Whatever PATH has here is in what is shown or belongs to the system."""
    found = home.look(path=os.environ["PATH"], home=str(Path.home()), argv=("cargo",))
    shown = [*found.seen, "/usr", "/opt", "/bin", "/sbin", "/etc"]
    for program in ("cargo", "python3", "git", "node", "go"):
        place = shutil.which(program)
        if place:
            assert any(f"{os.path.realpath(place)}/".startswith(f"{one}/") for one in shown), (
                program
            )
