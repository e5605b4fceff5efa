"""The rung `landlock`: a run works in its workspace, and beside it in nothing."""

import os
from collections.abc import Iterator

import pytest

from ropewalk.hosts.launch import rungs
from tests.boxed import Boxed

WHO = ["root", "user"] if os.geteuid() == 0 else ["user"]


@pytest.fixture(params=WHO)
def boxed(request: pytest.FixtureRequest) -> Iterator[Boxed]:
    if reason := rungs()["landlock"]:
        pytest.skip(f"no confinement here: {reason}")
    made = Boxed(root=request.param == "root", overlay=False)
    made.change(rung="landlock")
    yield made
    made.end()


def test_it_works_in_its_workspace_and_a_home_of_its_own(boxed: Boxed):
    said = boxed.sh(
        "echo 1 >file; cat file; echo 2 >~/x; cat ~/x; echo 3 >$TMPDIR/y; cat $TMPDIR/y; "
        "echo 4 >/dev/null; ls /usr >/dev/null && echo 5"
    )
    assert said == "1\n2\n3\n5\n"
    assert not (boxed.home / "x").exists()


def test_it_reads_what_is_seen_but_for_what_is_hidden_in_it(boxed: Boxed):
    boxed.write(boxed.home / "tools/tool", "#!/bin/sh\necho tool\n", 0o755)
    token = boxed.write(boxed.home / "tools/deep/token", "SECRET\n")
    boxed.write(boxed.home / "tools/deep/other", "other\n")
    boxed.give()
    boxed.change(seen=(str(boxed.home / "tools"),), hidden=(str(token),))
    top = boxed.home / "tools"
    said = boxed.sh(f"{top}/tool; cat {top}/deep/other; cat {top}/deep/token; echo x >{top}/new")
    assert said.startswith("tool\nother\n")
    assert said.count("ermission denied") == 2
    assert "SECRET" not in said


def test_a_rung_that_this_version_does_not_build_is_refused(boxed: Boxed):
    boxed.change(rung="bubblewrap")
    with pytest.raises(OSError, match="does not build sandboxes with bubblewrap"):
        boxed.sh("true")
