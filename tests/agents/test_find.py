import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ropewalk.agents.argv import command
from ropewalk.agents.builtin import KNOWN, known
from ropewalk.agents.find import Here, choose, survey
from ropewalk.core.config import Config, File, merge, parse
from ropewalk.core.errors import NotFound, Refused


def here(tmp_path: Path, *programs: str, text: str = "") -> Here:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in programs:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    config = merge(parse(text, name="ropewalk.toml"), File(name="none")) if text else Config()
    return Here(config=config, path=f"{tmp_path / 'none'}:{folder}", directory=str(tmp_path))


def test_the_first_found_is_taken_once(tmp_path: Path) -> None:
    (one,) = choose([], None, here(tmp_path, "codex", "gemini"))
    assert (one.name, one.kind, one.argv[0]) == ("codex", "command", "codex")


def test_an_adapter_is_preferred(tmp_path: Path) -> None:
    (one,) = choose(["claude"], None, here(tmp_path, "claude", "claude-agent-acp"))
    assert (one.kind, one.argv) == ("acp", ("claude-agent-acp",))


def test_several_agents_are_dealt_with_their_models(tmp_path: Path) -> None:
    there = here(tmp_path, "claude-agent-acp", "codex-acp", "gemini")
    dealt = choose(["claude@opus:2,codex"], None, there)
    assert [(one.name, one.model) for one in dealt] == [
        ("claude", "opus"),
        ("claude", "opus"),
        ("codex", None),
    ]
    assert dealt[0].environment["ANTHROPIC_MODEL"] == "opus"
    assert "CODEX_CONFIG" not in dealt[2].environment
    (gemini,) = choose(["gemini@pro"], None, there)
    assert command(gemini) == ("gemini", "-m", "pro", "--acp")


def test_the_configuration_decides_when_nothing_is_said(tmp_path: Path) -> None:
    text = "[agents.own]\ncommand = './own.sh {prompt}'\n[task]\nagent = 'own'\ncount = 2\n"
    there = here(tmp_path, "claude", text=text)
    (tmp_path / "own.sh").write_text("#!/bin/sh\n")
    (tmp_path / "own.sh").chmod(0o755)
    assert [one.name for one in choose([], None, there)] == ["own", "own"]
    assert [one.name for one in choose(["claude"], 1, there)] == ["claude"]


def test_a_table_changes_a_known_agent(tmp_path: Path) -> None:
    text = "[agents.codex]\nmodel = 'five'\npasses = ['EXTRA']\nmemory_mb = 77\nenvironment = {A = '1'}\n"
    (one,) = choose(["codex"], None, here(tmp_path, "codex-acp", text=text))
    assert (one.model, one.memory_mb, one.environment["A"]) == ("five", 77, "1")
    assert one.passes[-1] == "EXTRA"


def test_nobody_of_that_name(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as missing:
        choose(["claud"], None, here(tmp_path, "claude", "codex"))
    assert missing.value.message == (
        'No agent is called "claud". Did you mean claude? Agents found here: claude, codex.'
    )
    assert "ropewalk doctor" in missing.value.hint


def test_no_agent_at_all(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No coding agent was found here") as missing:
        choose([], None, here(tmp_path))
    assert "npm install" in missing.value.hint


def test_a_program_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        Refused, match="no program claude-agent-acp or claude in your PATH"
    ) as refused:
        choose(["claude"], None, here(tmp_path))
    assert "npm install" in refused.value.hint


def test_a_program_that_is_not_executable(tmp_path: Path) -> None:
    there = here(tmp_path, "codex", text="[agents.own]\nacp = './own.sh'")
    (tmp_path / "bin" / "codex").chmod(0o644)
    (tmp_path / "own.sh").write_text("")
    for name in ("codex", "own"):
        with pytest.raises(Refused, match="is not executable") as refused:
            choose([name], None, there)
        assert refused.value.hint.startswith("chmod +x ")


def test_a_directory_is_no_program(tmp_path: Path) -> None:
    there = here(tmp_path)
    (tmp_path / "bin" / "codex").mkdir()
    with pytest.raises(Refused, match="no program"):
        choose(["codex"], None, there)


def test_a_table_without_a_command(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ropewalk.toml: \[agents.new\] has neither command nor acp"):
        choose(["new"], None, here(tmp_path, text="[agents.new]\nmodel = 'x'"))


def test_a_model_that_is_not_offered(tmp_path: Path) -> None:
    text = "[agents.codex]\nmodels = ['large', 'small']"
    with pytest.raises(Refused, match=r"no model 'lage'. Did you mean large\?"):
        choose(["codex@lage"], None, here(tmp_path, "codex", text=text))


def test_the_survey_names_what_is_missing(tmp_path: Path) -> None:
    sights = {one.name: one for one in survey(here(tmp_path, "qwen"))}
    assert sights.keys() == known().keys()
    assert {name for name, one in sights.items() if one.agent} == {"qwen", "scripted"}
    assert "npm install" in sights["claude"].hint


def test_no_profile_skips_permissions_and_all_fit_their_record() -> None:
    for one in KNOWN:
        for way in one.ways:
            words = " ".join((*way.argv, *way.resume)).lower()
            assert not any(
                bad in words for bad in ("bypass", "yolo", "skip-perm", "allow-all", "full-auto")
            )
            assert way.name == one.name
            shown = command(replace(way, model="m"), prompt="P")
            assert shown[0] == way.argv[0]
            assert "{" not in "".join(shown)
            assert way.kind == "acp" or way.prompt_by == "stdin" or "P" in "".join(shown)


def test_the_scripted_agent_starts_without_site_packages() -> None:
    (way,) = known()["scripted"].ways
    line = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}\n'
    done = subprocess.run(way.argv, input=line, capture_output=True, timeout=20, check=True, env={})
    assert b'"protocolVersion":1' in done.stdout
    assert way.scripted
