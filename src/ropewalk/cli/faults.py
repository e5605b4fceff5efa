"""How errors are told: one sentence, one line that says what to do; with --json as the API's Fault."""

import json
import sys

from ropewalk.cli import exits
from ropewalk.cli.parser import UsageError
from ropewalk.cli.text import plain_lines
from ropewalk.core.errors import Consent, RopewalkError
from ropewalk.core.views import SCHEMA, Fault

CODES = {"usage": exits.USAGE, "consent": exits.CONSENT, "no-hub": exits.NO_HUB}


def fault(error: RopewalkError | UsageError) -> Fault:
    """The shape of the API."""
    found = Fault(
        code=error.code,
        message=error.message,
        hint=error.hint,
        subject="",
        text="",
        digest="",
        agrees={},
    )
    if isinstance(error, Consent):
        found.update(subject=error.subject, text=error.text)
        found.update(digest=error.digest, agrees=error.agrees)
    return found


def tell(error: RopewalkError | UsageError, *, as_json: bool) -> int:
    """Print it and name the exit code."""
    if as_json:
        print(json.dumps({"schema": SCHEMA, "error": fault(error)}))
    else:
        for line in [*plain_lines(error.message), *plain_lines(error.hint)]:
            if line:
                print(line, file=sys.stderr)
    return CODES.get(error.code, exits.FAILED)
