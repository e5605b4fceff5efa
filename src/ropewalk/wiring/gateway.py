"""The gateway's process."""

import os
from pathlib import Path

from ropewalk.gateway.network import RealNetwork
from ropewalk.gateway.process import serve
from ropewalk.wiring.process import begin


def run_gateway(home: Path) -> int:
    """Be the gateway of a home directory."""
    begin()
    serve(home, RealNetwork(), os.environ)
    return 0
