"""Digests that stand for things: evidence by (tree, check, environment)."""

import hashlib
import json
from functools import lru_cache

from ropewalk.core.codec import dump
from ropewalk.core.records import Check


@lru_cache(maxsize=8192)
def evidence_key(tree: str, check: Check, environment: str) -> str:
    """sha256 (hex) over the canonical JSON of a tree id, a check's definition and an environment's digest."""
    return _digest([tree, dump(check), environment])


def environment_digest(environment: dict[str, str]) -> str:
    """sha256 (hex) over the variables that a check sees."""
    return _environment_digest(tuple(sorted(environment.items())))


@lru_cache(maxsize=1024)
def _environment_digest(pairs: tuple[tuple[str, str], ...]) -> str:
    return _digest(dict(pairs))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
