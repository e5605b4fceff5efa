"""`python -m ropewalk.testing.model [SCRIPT] [--port N]`: the server, until it is interrupted."""

import argparse
import asyncio
import contextlib
from pathlib import Path

from ropewalk.testing.model import ModelServer, Reply, replies


async def _serve(script: tuple[Reply, ...], port: int) -> None:
    async with ModelServer(script, port=port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Say the address on standard output, then serve."""
    parser = argparse.ArgumentParser(prog="python -m ropewalk.testing.model")
    parser.add_argument("script", nargs="?", help="a JSON file with a list of replies")
    parser.add_argument("--port", type=int, default=0, help="where to listen (default: any port)")
    chosen = parser.parse_args()
    script = replies(Path(chosen.script).read_text()) if chosen.script else (Reply(),)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(script, chosen.port))


if __name__ == "__main__":
    main()
