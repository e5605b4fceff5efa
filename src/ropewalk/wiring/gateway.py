"""The gateway's process."""

import os
from importlib.resources import files
from pathlib import Path

from ropewalk.core.prices import Prices, read
from ropewalk.gateway.network import RealNetwork
from ropewalk.gateway.process import serve
from ropewalk.wiring.process import begin


def _prices() -> Prices:
    """Those that came with this program."""
    return read(files("ropewalk").joinpath("data", "prices.toml").read_text(encoding="utf-8"))


def run_gateway(home: Path) -> int:
    """Be the gateway of a home directory."""
    begin()
    serve(home, RealNetwork(), os.environ, _prices())
    return 0
