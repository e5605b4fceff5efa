"""Memory that new processes could have."""

import os
from pathlib import Path


def free_memory_mb(source: Path = Path("/proc/meminfo")) -> int:
    """What is available now, in MiB; where there is no /proc, half of what the machine has."""
    if os.environ.get("ROPEWALK_POSIX_ONLY") != "1" and source.exists():
        for line in source.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (2 * 1024 * 1024)
