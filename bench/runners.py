"""The runners of an instance."""

import json
from contextlib import suppress

from bench.instance import Instance
from bench.processes import alive


def runners(instance: Instance) -> list[int]:
    """The pids of all living runners."""
    found: list[int] = []
    for path in instance.home.glob("host/runs/*/run.json"):
        with suppress(OSError, ValueError):
            found.append(json.loads(path.read_text())["pid"])
    return [one for one in found if alive(one)]
