"""`help`: the same text as --help."""

import io
import json
from argparse import Namespace
from contextlib import redirect_stdout, suppress

from ropewalk.cli import exits
from ropewalk.cli.parser import build, parse


def run(args: Namespace) -> int:
    """Print it."""
    tell(text(args.verb_wanted), as_json=args.json)
    return exits.OK


def text(verb: str | None) -> str:
    """The help of a verb, or of the whole program. UsageError: there is no such verb."""
    if not verb:
        return build().format_help()
    out = io.StringIO()
    with redirect_stdout(out), suppress(SystemExit):
        parse([verb, "--help"])
    return out.getvalue()


def tell(words: str, *, as_json: bool) -> None:
    """A text as it is, or as a document."""
    print(
        json.dumps({"schema": 1, "text": words}, ensure_ascii=False)
        if as_json
        else words.rstrip("\n")
    )
