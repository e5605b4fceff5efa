"""Programs of tests on file systems that this machine may not have: each in a mount namespace of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOBODY = 65534
MAKING = {"btrfs": ("mkfs.btrfs", "-q"), "xfs": ("mkfs.xfs", "-q", "-m", "reflink=1")}
TRIAL = """
import subprocess, sys, ropewalk.workspace.ladder, tests.workspace.volumes
subprocess.run([sys.executable, "-c", ""], check=True)
"""
MOUNT = 'mount -o loop "$1" "$2" && chmod 1777 "$2" && mkdir -m 0777 "$3" && shift 3 && exec "$@"'


def why_not(system: str) -> str:
    """Why a volume of a file system cannot be had here; empty: it can."""
    if os.geteuid() != 0:
        return "only root mounts a volume"
    if system not in Path("/proc/filesystems").read_text().split():
        return f"this kernel has no {system}"
    if not shutil.which(MAKING[system][0]):
        return f"{MAKING[system][0]} is not installed"
    return "" if Path("/dev/loop-control").exists() else "there are no loop devices"


def image(system: str, folder: Path) -> Path:
    """A file with an empty file system in it."""
    path = folder / f"{system}.img"
    with path.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run([*MAKING[system], path], check=True, capture_output=True)
    return path


def on_volume(image: Path, at: Path, argv: Sequence[str]) -> list[str]:
    """A command that runs where an image is mounted at a directory, for that command alone."""
    at.mkdir()
    return [
        "unshare",
        "--mount",
        "sh",
        "-c",
        MOUNT,
        "sh",
        str(image),
        str(at),
        str(at / "t"),
        *argv,
    ]


def as_nobody(argv: Sequence[str]) -> list[str]:
    """A command as a user who is not root: this one, or nobody."""
    if os.geteuid() != 0:
        return [*argv]
    drop = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    return ["setpriv", *drop, *argv]


def run(argv: Sequence[str]) -> str:
    """Run a program of a test with this source; what it wrote. RuntimeError: it failed, with its words."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        argv, cwd="/", env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{done.stdout}{done.stderr}")
    return done.stdout


def python_of(who: str) -> str:
    """An interpreter that can be run with this source: by us (`self`), or by who is not root; empty: none."""
    if who == "self" or os.geteuid() != 0:
        return sys.executable
    for one in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        with suppress(RuntimeError):
            run(as_nobody([one, "-c", TRIAL]))
            return one
    return ""
