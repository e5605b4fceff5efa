"""Handing variables over: what agents may need from the environment of whoever starts them."""

import os
from collections.abc import Sequence
from typing import Any

from ropewalk.cli.session import Session
from ropewalk.core.errors import RopewalkError

SECRET = ("_API_KEY", "_AUTH_TOKEN", "_OAUTH_TOKEN")


def secrets(names: Sequence[str] = ()) -> dict[str, str]:
    """The variables here that look like keys, and those of these names."""
    return {
        name: value for name, value in os.environ.items() if name.endswith(SECRET) or name in names
    }


def promised(session: Session, ids: Sequence[str]) -> list[str]:
    """The variables that these attempts and tasks were promised. What is not known is passed over."""
    from ropewalk.cli.show import fetch

    names: list[str] = []
    for one in ids:
        try:
            found: dict[str, Any] = dict(fetch(session, one))
        except RopewalkError:
            continue  # the verb says what is wrong with it
        for each in found.get("attempts", [found]):
            names += each.get("keys", [])
    return names
