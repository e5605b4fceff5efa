"""What a machine holds is what it says: each rung that is missing says why."""

import json
import os

import pytest

from ropewalk.core.box import RUNGS
from ropewalk.hosts.launch import rungs
from ropewalk.runner import linux, seccomp
from tests.boxed import Boxed


def test_every_rung_has_an_answer_and_none_is_always_held():
    found = rungs()
    assert tuple(found) == RUNGS
    assert found["none"] == ""


def test_where_linux_is_hidden_each_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ROPEWALK_POSIX_ONLY", "1")
    found = rungs()
    assert found["full"] == "this system has no namespaces"
    assert found["landlock"] == "this system has no Landlock"


def test_what_cannot_be_built_is_refused_and_nothing_starts(monkeypatch: pytest.MonkeyPatch):
    if linux.hidden():
        pytest.skip("the runs of this test need Linux to hide")
    monkeypatch.setenv("ROPEWALK_CONTAINMENT", "process-group")
    assert "pid namespace" in rungs()["full"]
    boxed = Boxed(root=os.geteuid() == 0, overlay=False)
    boxed.hidden = {"ROPEWALK_CONTAINMENT": "process-group"}
    try:
        with pytest.raises(OSError, match="needs namespaces"):
            boxed.sh("echo x >made")
        assert not (boxed.workspace / "made").exists()
    finally:
        boxed.end()


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
@pytest.mark.parametrize(
    "more", [{}, {"nested": True}, {"sockets": "tcp"}, {"sockets": "inet"}], ids=json.dumps
)
def test_a_filter_jumps_to_its_own_instructions_only(machine: str, more: dict):
    made = seccomp.program(machine, **more)
    for at, (code, yes, no, _) in enumerate(made):
        if code in (seccomp.EQUAL, seccomp.AT_LEAST, seccomp.ANY_BIT):
            assert at + 1 + max(yes, no) < len(made)
    assert made[-1][0] == seccomp.RETURN
    assert len(seccomp.packed(made)) == 8 * len(made)


def test_no_filter_for_an_unknown_machine():
    with pytest.raises(ValueError, match="riscv64"):
        seccomp.program("riscv64")
