"""A gateway process for tests: `python -m tests.gateway.process HOME NETWORK`, with a network of a file.

The file holds {"names": {name: address}, "servers": [[address, port, port of this machine]]}.
"""

import json
import os
import sys
from pathlib import Path

from ropewalk.core.prices import Prices
from ropewalk.gateway.process import serve
from ropewalk.testing.internet import Internet


def network(path: str) -> Internet:
    told = json.loads(Path(path).read_text())
    internet = Internet()
    internet.names = {name: [[address]] for name, address in told["names"].items()}
    internet.servers = {(address, port): at for address, port, at in told["servers"]}
    return internet


if __name__ == "__main__":
    serve(Path(sys.argv[1]), network(sys.argv[2]), os.environ, Prices({}))
