"""`help`: the same text as --help."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.parser import build, parse


def run(args: Namespace) -> int:
    """Print it."""
    if args.verb_wanted:
        try:
            parse([args.verb_wanted, "--help"])
        except SystemExit:
            return exits.OK
    print(build().format_help(), end="")
    return exits.OK
