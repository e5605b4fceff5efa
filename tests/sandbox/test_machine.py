"""The machine's own file, and what doctor says of the sandbox."""

import os
from pathlib import Path

import pytest

from ropewalk.core.boxing import Machine
from ropewalk.core.config import Config, File, merge, parse
from ropewalk.core.errors import Refused
from ropewalk.core.machinerules import MachineRules
from ropewalk.wiring.machinefile import MachineFile
from ropewalk.wiring.sandbox import Holding, lines, sandbox

RULES = '[sandbox]\nminimum = "full"\n'
STRONG, WEAK = Machine(rung="full"), Machine(rung="none", why="no namespaces", raise_by="Allow.")


def file_of(place: Path, text: str = RULES) -> MachineFile:
    """The file of a machine on which we are root."""
    place.parent.mkdir(mode=0o755, exist_ok=True)
    place.write_text(text)
    place.chmod(0o644)
    return MachineFile(place, owner=os.getuid())


def said(file: MachineFile, machine: Machine, config: Config | None = None) -> dict[str, str]:
    own = sandbox(Path("/nowhere"), file, holds=lambda: machine)
    return {one[0]: f"{one[1]}: {one[2]}" for one in lines(own, config or Config(), file)}


def test_the_rules_are_read_and_read_anew(tmp_path: Path) -> None:
    file = file_of(tmp_path / "etc" / "x.toml")
    assert (file.rules().minimum, file.ignored()) == ("full", "")
    file_of(tmp_path / "etc" / "x.toml", RULES + "nested = false\n")
    assert file.rules().nested is False


def test_no_file_is_no_rule(tmp_path: Path) -> None:
    file = MachineFile(tmp_path / "none" / "x.toml")
    assert (file.rules(), file.ignored()) == (MachineRules(), "")


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_a_file_that_others_may_write_does_not_count(tmp_path: Path, mode: int) -> None:
    place = tmp_path / "etc" / "x.toml"
    file = file_of(place)
    place.chmod(mode)
    assert file.rules() == MachineRules()
    assert "may write" in file.ignored()
    assert said(file, STRONG)["machine rules"].startswith("problem: ignored: others than root")


def test_a_file_in_a_directory_that_others_may_write_does_not_count(tmp_path: Path) -> None:
    file = file_of(tmp_path / "etc" / "x.toml")
    (tmp_path / "etc").chmod(0o777)
    assert file.rules() == MachineRules()


def test_a_file_of_somebody_else_does_not_count(tmp_path: Path) -> None:
    place = tmp_path / "etc" / "x.toml"
    file_of(place)
    file = MachineFile(place, owner=os.getuid() + 1)
    assert file.rules() == MachineRules()
    assert "does not belong to root" in file.ignored()


def test_a_file_that_is_wrong_stops_everything(tmp_path: Path) -> None:
    file = file_of(tmp_path / "etc" / "x.toml", "[sandbx]\n")
    with pytest.raises(Refused, match="there is no table 'sandbx'"):
        file.rules()
    assert said(file, STRONG)["sandbox"].startswith("problem: ")


def test_doctor_names_the_line_that_decides(tmp_path: Path) -> None:
    found = said(file_of(tmp_path / "etc" / "x.toml"), STRONG)
    assert found["sandbox"].startswith("ok: full: files, processes and the kernel are locked")
    assert "The network of agents is open. Checks have none." in found["sandbox"]
    assert found["rule"] == f"ok: [sandbox] minimum = full ({tmp_path}/etc/x.toml line 2)"


def test_doctor_says_what_cannot_be_held(tmp_path: Path) -> None:
    found = said(file_of(tmp_path / "etc" / "x.toml"), WEAK)
    assert found["sandbox"].startswith("problem: This machine cannot hold the sandbox")


def test_doctor_says_what_is_not_in_use(tmp_path: Path) -> None:
    none = MachineFile(tmp_path / "x.toml")
    assert "This machine holds: full." in said(none, STRONG)["sandbox"]
    wants = merge(parse('[sandbox]\nrung = "full"', name="x"), File(name="y"))
    assert "holds none (no namespaces)." in said(none, WEAK, wants)["sandbox"]


def test_a_machine_that_cannot_be_looked_at_holds_none() -> None:
    def broken() -> dict[str, str]:
        raise Refused("the runner is gone")

    assert Holding(broken)().rung == "none"
    assert Holding(lambda: {"full": "", "landlock": ""})().rung == "full"
    assert Holding(lambda: {"full": "no", "landlock": ""})() == Machine(
        rung="none", why="no", raise_by=Holding(lambda: {"full": "no"})().raise_by
    )
