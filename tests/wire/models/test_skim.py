"""The skimmer finds what a parser finds."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ropewalk.wire.models.skim import Skim

PATHS = ("a", "b.a", "b.c.a", "c.*.a", "*.a", "*.b.c", "a.*")
LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=9)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("abcd") | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=25,
)


def every(value: Any, path: str = "") -> dict[str, Any]:
    """What a parser finds: the last leaf at each path."""
    if not isinstance(value, dict | list):
        return {path: value}
    pairs = value.items() if isinstance(value, dict) else (("*", one) for one in value)
    found: dict[str, Any] = {}
    for key, one in pairs:
        if isinstance(value, list) or not ("." in key or key == "*"):
            found |= every(one, f"{path}.{key}" if path else key)
    return found


@given(JSON, st.booleans(), st.sampled_from((None, 1)), st.integers(1, 7))
def test_it_finds_what_a_parser_finds(
    value: Any, ascii_only: bool, indent: int | None, size: int
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    skim = Skim(PATHS)
    for at in range(0, len(text), size):
        skim.feed(text[at : at + size])
    skim.end()
    meant = {path: one for path, one in every(json.loads(text)).items() if path in PATHS}
    assert (skim.found, skim.done, skim.broken) == (meant, True, False)


def test_what_is_no_json_breaks_it() -> None:
    for bad in (
        b"{a: 1}",
        b'{"a" 1}',
        b'{"a": 1]',
        b"]",
        b'{"a": 1} x',
        b'{"a": 1',
        b"[1 2]",
        b"{1: 2}",
    ):
        skim = Skim(PATHS)
        skim.feed(bad)
        skim.end()
        assert skim.broken, bad


def test_long_values_are_as_if_they_were_not_there() -> None:
    skim = Skim(PATHS)
    skim.feed(json.dumps({"a": "x" * 1000, "b": {"a": 1}, "y" * 1000: 3}).encode())
    assert (skim.found, skim.done) == ({"b.a": 1}, True)
