"""One contract for all engines, by every kind of user, on every file system that this machine offers."""

import json
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.runner import linux
from ropewalk.workspace.ladder import LADDER, survey
from ropewalk.workspace.layers import attributes_here
from tests.workspace import contract
from tests.workspace.volumes import as_nobody, image, on_volume, python_of, run, why_not

VOLUMES = {"btrfs": "btrfs", "reflink": "xfs"}
CASES = [
    ("clone", "self"),
    ("overlay", "self"),
    ("overlay", "user"),
    ("reflink", "self"),
    ("reflink", "user"),
    ("btrfs", "self"),
    ("btrfs", "user"),
    ("clonefile", "self"),
]


def test_every_engine_is_named() -> None:
    assert {engine for engine, _ in CASES} == set(LADDER)


@pytest.mark.parametrize(("engine", "who"), CASES, ids=["-".join(one) for one in CASES])
def test_contract(engine: str, who: str, tmp_path: Path) -> None:
    python = python_of(who)
    if not python:
        pytest.skip("NOT RUN: nobody but root can run python with this source here")
    for one in (tmp_path, *list(tmp_path.parents)[:2]):
        one.chmod(0o755)
    rung = next(one for one in survey(tmp_path / "probed") if one.name == engine)
    volume = VOLUMES.get(engine, "") if not rung.offered else ""
    if not rung.offered and (linux.hidden() or not volume or why_not(volume)):
        why = why_not(volume) if volume else rung.why
        pytest.skip(f"NOT RUN: the engine {engine} was not tested: {why or rung.why}")
    at = tmp_path / "at"
    command = [python, contract.__file__, engine, str(at / "t")]
    command = as_nobody(command) if who == "user" else command
    if volume:
        command = on_volume(image(volume, tmp_path), at, command)
    else:
        at.mkdir()
        (at / "t").mkdir()
        (at / "t").chmod(0o777)
    run(command)


@pytest.mark.skipif(linux.hidden(), reason="NOT RUN: what only Linux has is hidden")
def test_an_overlay_is_mounted_as_its_layers_are_read(tmp_path: Path) -> None:
    """Whatever the kernel's own settings: no renamed directories, no files without content, no index."""
    bench = contract.Bench("overlay", tmp_path)
    bench.prepare()
    mounted = bench.inside("grep ' - overlay ropewalk ' /proc/self/mountinfo")
    assert "redirect_dir=nofollow" in mounted
    assert not {"metacopy=on", "index=on", "redirect_dir=on"} & set(
        mounted.split(" ")[-1].split(",")
    )
    mark = bench.home / "host/workspaces/w/mark"
    about = json.loads(mark.read_text())
    assert about["attributes"] == attributes_here()
    bench.inside("rm -r dir; mkdir dir; echo x > dir/x")
    assert bench.snapshot().paths == ("dir/d.txt", "dir/deep/c.txt", "dir/x")
    other = "user.overlay." if attributes_here() == "trusted.overlay." else "trusted.overlay."
    mark.write_text(json.dumps({**about, "attributes": other}))
    assert bench.snapshot().paths == ("dir/x",)
    with pytest.raises(Outside, match="made by root"):
        bench.inside("true")
