"""The program: parse, do the verb, tell errors, exit."""

import sys

from ropewalk import __version__
from ropewalk.cli import exits


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit code comes back."""
    words = sys.argv[1:] if argv is None else argv
    if words == ["--version"]:
        print(f"ropewalk {__version__}")
        return exits.OK
    try:
        code = _main(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _quiet()
    except KeyboardInterrupt:
        return exits.INTERRUPTED


def _main(words: list[str]) -> int:
    from ropewalk.cli.parser import UsageError, parse
    from ropewalk.core.errors import RopewalkError

    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        args = parse(words)
        return _do(args)
    except (UsageError, RopewalkError) as error:
        from ropewalk.cli.faults import tell

        return tell(error, as_json="--json" in words)


def _do(args: object) -> int:
    from importlib import import_module

    from ropewalk.cli.verbs import VERBS

    name = getattr(args, "verb", None)
    module = next((verb.module for verb in VERBS if verb.name == name), "ls")
    return import_module(f"ropewalk.cli.{module}").run(args)


def _quiet() -> int:
    """The reader of our output went away: nothing to say, also not at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return exits.FAILED


if __name__ == "__main__":
    sys.exit(main())
