"""Everything that a run in a box tries, tried: it gets nothing, and without a box it gets it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ropewalk.hosts.launch import rungs
from tests.attacks.programs import ALL, DRIVER, Attack, shows_outside, written
from tests.boxed import Boxed
from tests.machine import box_refused

WHO = [0, 65534] if os.geteuid() == 0 else [os.geteuid()]
Said = dict[str, str]


class Siege:
    """A host with much to be had, and what each program said of it, without a box and in one."""

    def __init__(self, user: int, opened: ExitStack) -> None:
        self.boxed = boxed = Boxed(root=user == 0)
        opened.callback(boxed.end)
        self.user, self._opened = user, opened
        for name in (".aws/credentials", ".netrc"):
            boxed.write(boxed.home / name, "SECRET\n", 0o600)
        boxed.write(boxed.top / "workspaces/other/file", "theirs\n")
        for name in ("config", "hooks/pre-commit"):
            boxed.write(boxed.top / "repo/.git" / name, "mine\n")
        self.attacks = boxed.write(boxed.workspace / "attacks.json", written())
        if boxed.mount:
            shutil.copy(self.attacks, str(boxed.mount["lower"][0]))  # type: ignore[index]
        self.facts = self._facts()
        boxed.give()
        if self.facts["suid"]:
            os.chown(str(self.facts["suid"]), 0, 0)
            Path(str(self.facts["suid"])).chmod(0o4755)
        self.outside = self._without()
        self.remains = self.state()
        self.inside = self._in_box()
        boxed.change(rung="landlock")
        self.confined = self._in_box() if not rungs()["landlock"] else {}

    def _in_box(self) -> Said:
        words = (DRIVER, json.dumps(self.facts | {"parent": 0}), "attacks.json")
        return _result(self.boxed.python(*words))

    def _facts(self) -> dict[str, object]:
        top = self.boxed.top
        one, six = (
            self._listens(socket.AF_INET, ("", 0)),
            self._listens(socket.AF_INET6, ("::1", 0)),
        )
        unix, hidden = str(top / "docker.sock"), f"rw-{os.getpid()}-{self.user}"
        self._listens(socket.AF_UNIX, unix)
        self._listens(socket.AF_UNIX, "\0" + hidden)
        return {
            "home": str(self.boxed.home), "secret": str(self.boxed.secret), "suid": self._suid(),
            "workspaces": str(top / "workspaces"), "lower": str(top / "lower"), "upper": str(top / "ws/upper"),
            "repo": str(top / "repo"), "victim": self._victim(), "parent": os.getpid(),
            "port": one.getsockname()[1], "port6": six.getsockname()[1], "address": _address(),
            "socket": unix, "abstract": hidden, "handle": str(self.boxed.secret) if self.user == 0 else "",
        }  # fmt: skip

    def _listens(self, family: int, address: object) -> socket.socket:
        one = self._opened.enter_context(socket.socket(family))
        one.bind(address)  # type: ignore[arg-type]
        one.listen()
        return one

    def _victim(self) -> int:
        """A process of the same user with a secret in its environment."""
        process = (
            subprocess.Popen(
                ["sleep", "1000"],
                env={"VICTIM": "SECRET"},
                user=self.user,
                group=self.user,
                extra_groups=[],
            )
            if os.geteuid() == 0
            else subprocess.Popen(["sleep", "1000"], env={"VICTIM": "SECRET"})
        )
        self._opened.callback(process.wait)
        self._opened.callback(process.kill)
        return process.pid

    def _suid(self) -> str:
        """A program of root's that makes root whoever starts it, where somebody else may read it."""
        if os.geteuid() or os.statvfs(self.boxed.top).f_flag & os.ST_NOSUID:
            return ""
        path = self.boxed.top / "tools/id"
        path.parent.mkdir()
        shutil.copy("/usr/bin/id", path)
        self.boxed.change(seen=(str(path.parent),))
        return str(path)

    def _without(self) -> Said:
        """The same as the same user, in a copy of the workspace; what was changed is set back."""
        words = [sys.executable if os.geteuid() else "/usr/bin/python3", "-I", "-S", "-c", DRIVER]
        more = (
            {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        )
        done = subprocess.run(
            [*words, json.dumps(self.facts), "attacks.json"],
            cwd=self.boxed.workspace, env={"PATH": "/usr/bin:/bin", "VICTIM": "1"},
            capture_output=True, timeout=120, check=True, **more,
        )  # fmt: skip
        for one in ("/usr/attacked", "/etc/attacked"):
            with suppress(OSError):
                Path(one).unlink()
        return _result(done.stdout.decode() + done.stderr.decode())

    def state(self) -> list[str]:
        """What an attack could have changed on the host."""
        top = self.boxed.top
        paths = [
            top / "workspaces/other/file",
            top / "repo/.git/config",
            top / "repo/.git/hooks/pre-commit",
        ]
        told = [one.read_text() for one in paths] + sorted(map(str, (top / "lower").iterdir()))
        return [*told, str(Path("/usr/attacked").exists()), str(Path("/etc/attacked").exists())]


def _result(said: str) -> Said:
    found = [one for one in said.splitlines() if one.startswith("RESULT")]
    assert found, said
    return json.loads(found[-1].removeprefix("RESULT"))


def _address() -> str:
    """An address of this machine that is not its loopback; empty: it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return one.getsockname()[0]


@pytest.fixture(scope="module", params=WHO, ids=lambda one: "root" if one == 0 else "user")
def siege(request: pytest.FixtureRequest) -> Iterator[Siege]:
    if reason := box_refused():
        pytest.skip(f"no box here: {reason}")
    with ExitStack() as opened:
        yield Siege(request.param, opened)


@pytest.mark.parametrize("attack", ALL, ids=lambda one: one.name.replace(" ", "-"))
def test_an_attack_that_works_outside_fails_inside(siege: Siege, attack: Attack):
    inside, outside = siege.inside[attack.name], siege.outside[attack.name]
    if shows_outside(attack, user=siege.user, facts=siege.facts):
        assert outside.startswith("GOT"), outside
    assert "GOT" not in inside
    assert "LOST" in inside or "Error" in inside or inside == f"status {-signal.SIGSYS}"


@pytest.mark.parametrize("attack", ALL, ids=lambda one: one.name.replace(" ", "-"))
def test_what_the_lower_rung_does_not_stop_is_known(siege: Siege, attack: Attack):
    if not siege.confined:
        pytest.skip("no Landlock here that knows of connections")
    said = siege.confined[attack.name]
    if attack.landlock == "stops" or (attack.landlock == "not for root" and siege.user):
        assert "GOT" not in said
    elif shows_outside(attack, user=siege.user, facts=siege.facts):
        assert "GOT" in said, "it is stopped: say so"


def test_nothing_on_the_host_has_changed(siege: Siege):
    assert siege.state() == siege.remains


def test_it_inherits_its_three_streams_only(siege: Siege):
    assert siege.inside[""] == ["0", "1", "2", "3"]  # the last is the directory itself
