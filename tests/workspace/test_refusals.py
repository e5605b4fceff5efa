"""Systems that refuse overlays: each refusal forced on the probe, and what doctor would say then."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.runner import launcher, linux
from ropewalk.workspace import refusals
from ropewalk.workspace.btrfs import named, snapshot_of
from tests.workspace.volumes import ROOT, as_nobody, python_of, run, why_not

ASKING = """
import json, sys
from pathlib import Path
from ropewalk.workspace import probing
from ropewalk.workspace.places import Places
{before}
found = probing.overlay(Places(Path(sys.argv[1])))
print(json.dumps([found.why, found.remedy] if found else []))
"""
NO_NAMESPACES = """
import os
from ropewalk.runner import linux
uid, gid = os.geteuid(), os.getegid()
linux.unshare(linux.NEW_USER)
linux.map_identity(uid, gid)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
"""
ON_AN_OVERLAY = """
from ropewalk.runner import linux
linux.unshare(linux.NEW_MOUNTS)
linux.keep_mounts_private()
top = Path(sys.argv[1]).parent
for name in ("lower", "upper", "work"):
    (top / name).mkdir()
Path(sys.argv[1]).mkdir()
linux.mount("x", sys.argv[1], "overlay", f"lowerdir={top}/lower,upperdir={top}/upper,workdir={top}/work")
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can set this up")
needs_linux = pytest.mark.skipif(linux.hidden(), reason="NOT RUN: what only Linux has is hidden")


def answer(command: list[str]) -> list[str]:
    return json.loads(run(command))


def asking(before: str = "", who: str = "self") -> list[str]:
    python = python_of(who)
    if not python:
        pytest.skip("NOT RUN: nobody but root can run python with this source here")
    return [python, "-c", ASKING.format(before=before)]


@needs_linux
def test_no_user_namespaces_for_anybody(tmp_path: Path) -> None:
    for one in (tmp_path, *list(tmp_path.parents)[:2]):
        one.chmod(0o755)
    tmp_path.chmod(0o777)
    command = [*asking(NO_NAMESPACES, "user"), str(tmp_path / "rw")]
    why, remedy = answer(as_nobody(command))
    assert "user.max_user_namespaces=0" in why
    assert "mkfs.btrfs" in remedy
    assert "sysctl" not in remedy


@needs_linux
@needs_root
def test_an_upper_layer_on_an_overlay(tmp_path: Path) -> None:
    why, remedy = answer([*asking(ON_AN_OVERLAY), str(tmp_path / "rw")])
    assert "type overlay" in why
    assert "docker run -v" in remedy


@needs_linux
@needs_root
def test_root_without_the_power_to_mount(tmp_path: Path) -> None:
    """As in a container: everything but CAP_SYS_ADMIN."""
    drop = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    why, remedy = answer([*drop, *asking(), str(tmp_path / "rw")])
    assert "container" in why
    assert "--cap-add SYS_ADMIN" in remedy


@needs_linux
@needs_root
def test_where_nothing_is_refused(tmp_path: Path) -> None:
    assert answer([*asking(), str(tmp_path / "rw")]) == []


def told(proc: Path, files: dict[str, str]) -> refusals.Refusal:
    """What is made of a refusal by a system that says this about itself."""
    for name, text in {"filesystems": "nodev\toverlay\n", **files}.items():
        (proc / name).parent.mkdir(parents=True, exist_ok=True)
        (proc / name).write_text(text)
    return refusals.explain("Operation not permitted", proc, proc)


SAID = {
    "overlays are not loaded": ({"filesystems": "\text4\n"}, "sudo modprobe overlay"),
    "seccomp": ({"self/status": "Name:\tx\nSeccomp:\t2\n"}, "docker run --cap-add"),
    "nfs": (
        {"self/mountinfo": "1 0 0:1 / / rw - nfs4 server:/ rw\n"},
        "Give ROPEWALK_HOME a directory on a local disk",
    ),
    "an overlay": ({"self/mountinfo": "1 0 0:1 / / rw - overlay overlay rw\n"}, "docker run -v"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_a_system_says_about_itself(case: str, tmp_path: Path) -> None:
    files, remedy = SAID[case]
    found = told(tmp_path, files)
    assert remedy in found.remedy
    assert "(Operation not permitted)" in found.why


SWITCHES = {
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "apparmor_parser -r"),
    "kernel/unprivileged_userns_clone": ("0", "mkfs.btrfs"),
    "user/max_user_namespaces": ("0", "mkfs.btrfs"),
}


@pytest.mark.skipif(os.geteuid() == 0 and not python_of("user"), reason="NOT RUN: needs a user")
@pytest.mark.parametrize("switch", SWITCHES)
def test_switches_for_the_whole_machine_are_never_turned(switch: str, tmp_path: Path) -> None:
    value, expected = SWITCHES[switch]
    for one in (tmp_path, *list(tmp_path.parents)[:2]):
        one.chmod(0o755)
    (tmp_path / "sys" / switch).parent.mkdir(parents=True)
    (tmp_path / "sys" / switch).write_text(f"{value}\n")
    (tmp_path / "filesystems").write_text("nodev\toverlay\n")
    script = (
        "import sys; from pathlib import Path; from ropewalk.workspace.refusals import explain; "
        "print(explain('no', Path(sys.argv[1]), Path(sys.argv[1])))"
    )
    said = run(as_nobody([python_of("user"), "-c", script, str(tmp_path)]))
    assert Path(switch).name in said
    assert expected in said
    assert "sysctl" not in said
    assert "/proc/sys" not in said


def test_what_nobody_knows_is_said_in_the_systems_words(tmp_path: Path) -> None:
    assert told(tmp_path, {}) == refusals.Refusal("Operation not permitted")


def as_if_root(command: str, folder: Path) -> list[str]:
    """The command as root runs it, but for AppArmor, which this machine may not have."""
    words = shlex.split(command)
    assert words[:3] == ["sudo", "sh", "-c"]
    script, loading = words[3].rsplit(" && ", 1)
    assert loading == f"apparmor_parser -r {folder}/profile"
    return ["sh", "-ec", script]


@needs_linux
@needs_root
def test_the_profile_names_a_copy_of_our_interpreter_that_works(tmp_path: Path) -> None:
    """The profile itself was not loaded: this needs a kernel with AppArmor."""
    folder = tmp_path / "copy"
    command = refusals.profile(tmp_path / "profile", str(folder))
    assert launcher.interpreter(str(folder)) == sys.executable
    subprocess.run(as_if_root(command, tmp_path), check=True)
    made = launcher.interpreter(str(folder))
    assert made == f"{folder}/bin/python"
    assert f"profile ropewalk {made} flags=(unconfined) {{\n  userns,\n}}\n" in (
        (tmp_path / "profile").read_text()
    )
    runner = str(ROOT / "src/ropewalk/runner/__main__.py")
    out = subprocess.run([made, "-I", "-S", runner, "probe"], check=True, capture_output=True)
    assert out.stdout.decode().strip() in ("pid-namespace", "cgroup", "process-group")
    assert not (folder / "bin" / "python").stat().st_mode & 0o022
    (folder / "pyvenv.cfg").write_text("home = /elsewhere\nversion = 3.1.0\n")
    assert launcher.interpreter(str(folder)) == sys.executable


@needs_linux
def test_the_volume_offers_snapshots(tmp_path: Path) -> None:
    if why := why_not("btrfs"):
        pytest.skip(f"NOT RUN: {why}")
    image, at = tmp_path / "image", tmp_path / "at"
    command = refusals.volume(image, at).replace(" 50G ", " 400M ")
    script, export = shlex.split(command)[3], command.rsplit("; ", 1)[1]
    home = export.removeprefix("export ROPEWALK_HOME=")
    look = f"from pathlib import Path; from ropewalk.workspace.ladder import survey; print(survey(Path({home!r}))[0])"
    words = ["unshare", "--mount", "sh", "-ec", f'{script.rstrip(";")}; "$@"', "sh"]
    said = run([*words, sys.executable, "-c", look])
    assert "name='btrfs', offered=True" in said


def test_what_the_kernel_is_handed_has_its_sizes() -> None:
    """From Linux' include/uapi/linux/btrfs.h: both structures have 4096 bytes."""
    first, second = named("x"), snapshot_of(7, "y")
    assert (len(first), first[8:10], first[:8]) == (4096, b"x\0", bytes(8))
    assert (len(second), second[56:58], second[:8]) == (4096, b"y\0", b"\7" + bytes(7))
    with pytest.raises(OSError, match="too long"):
        named("x" * 5000)
