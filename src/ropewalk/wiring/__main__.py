"""`python -m ropewalk.wiring hub HOME`, `… host HOME` and `… gateway HOME` are the long-lived processes."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ropewalk.wiring.gateway import run_gateway
from ropewalk.wiring.host import run_host
from ropewalk.wiring.hub import run_hub


def main(arguments: Sequence[str]) -> int:
    """`hub HOME`, `host HOME` or `gateway HOME`."""
    roles = {"hub": run_hub, "host": run_host, "gateway": run_gateway}
    if len(arguments) != 2 or arguments[0] not in roles:
        print("usage: python -m ropewalk.wiring hub|host|gateway HOME", file=sys.stderr)
        return 2
    return roles[arguments[0]](Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
