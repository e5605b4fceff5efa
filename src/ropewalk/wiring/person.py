"""What the person configured for all projects, and what follows from it on this machine."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ropewalk.core.admission import Room
from ropewalk.core.config import Config, merge, parse
from ropewalk.core.errors import Refused

ATTEMPTS_AT_ONCE = 16
"""How many attempts run side by side where no configuration says otherwise."""

MB = 1024 * 1024
DISK_KEEP_MB = 2048
"""How much disk stays free where no configuration says otherwise, and the disk is not a small one."""


def reader(home: Path, environ: dict[str, str]) -> Callable[[], str]:
    """Reads the person's configuration: HOME/config.toml, else the one below XDG_CONFIG_HOME."""
    places = [home / "config.toml"]
    if not environ.get("ROPEWALK_HOME"):
        base = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        places.append(Path(base, "ropewalk", "config.toml"))

    def read() -> str:
        for place in places:
            with suppress(FileNotFoundError):
                return place.read_text(encoding="utf-8")
        return ""

    return read


def own_config(text: str) -> Config:
    """The person's configuration alone; the defaults where it cannot be read (each new task says why)."""
    try:
        return merge(parse(text, name="your configuration"), parse("", name=""))
    except Refused:
        return Config()


def before(text: str) -> float:
    """What is older than this is not kept any more."""
    return time.time() - own_config(text).keep_days * 86_400.0


def limits(home: Path, text: str) -> Room:
    """How many attempts, what memory shall stay free, and how much disk there is beyond what shall."""
    config = own_config(text)
    disk = shutil.disk_usage(home)
    keep = config.disk_keep_mb or min(DISK_KEEP_MB, disk.total // MB // 20)
    return Room(
        attempts=config.attempts or ATTEMPTS_AT_ONCE,
        free_mb=config.memory_keep_mb,
        disk_mb=disk.free // MB - keep,
        budget_mb=config.disk_mb,
    )
