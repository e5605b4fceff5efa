"""A dialect's state as JSON text and back."""

import json
from typing import TypeVar

from ropewalk.core import codec

T = TypeVar("T")


def dump(value: object, *, name: str, version: int) -> str:
    """The state with the name and version of its dialect."""
    return json.dumps({"dialect": name, "version": version, "state": codec.dump(value)})


def load(kind: type[T], state: str, *, name: str, version: int) -> T:
    """The state that `dump` wrote. ValueError: it is another dialect's or version's, or damaged."""
    try:
        whole = json.loads(state)
        known = (whole["dialect"], whole["version"])
        body = whole["state"]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"this is no state of the {name} dialect") from error
    if known != (name, version):
        raise ValueError(f"a state of {known} cannot be read by {name} version {version}")
    try:
        return codec.load(kind, body)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the state of the {name} dialect is damaged") from error
