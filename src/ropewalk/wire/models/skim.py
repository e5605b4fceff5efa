"""A few values out of a JSON text of any length, in constant memory (RFC 8259).

A reader of answers needs a model's name and some numbers, and they may stand behind gigabytes. So nothing is built:
what no wanted path leads through is passed over with its nesting counted. It is no validator; what it cannot follow
makes it stop (`broken`) and never raise.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import cast

Scalar = str | int | float | bool | None
Found = dict[str, Scalar]
"""Values by path: keys with dots between, `*` for the places of a list. The last one said counts."""

LONGEST = 512
"""Bytes of a key or value that are kept; a longer one is as if it were not there."""
DEEPEST = 100_000

_INNER = rb'[^"\\]*(?:\\.[^"\\]*)*'
"""What is in a string, in a form that never goes back: possessive quantifiers are wrong before Python 3.11.5."""
_OUTER = rb'[^"{}\[\]]*'
_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(_INNER, re.DOTALL)
_BARE = re.compile(rb"[-+.0-9A-Za-z]*")
_PASSED = re.compile(rb'%b(?:"%b"%b)*' % (_OUTER, _INNER, _OUTER), re.DOTALL)

_VALUE, _FIRST, _KEY, _COLON, _AFTER, _TEXT, _WORD, _PASS, _DONE = range(9)


class Skim:
    """Skims one JSON text that comes in pieces."""

    def __init__(self, paths: Iterable[str]) -> None:
        """`paths` are the wanted values' (see Found); `*` at the front: of a list at the top."""
        self.found: Found = {}
        self.broken = False
        self._wanted, self._through = _known(tuple(paths))
        self._open: list[tuple[bool, str]] = []  # is it an object, and its path
        self._state = _VALUE
        self._path = ""  # of the value that comes or is being read
        self._kept = bytearray()
        self._keeping = False
        self._is_key = False
        self._escaped = False
        self._depth = 0
        self._quoted = False  # within what is passed over: inside a string

    @property
    def done(self) -> bool:
        """The text's one value has ended."""
        return self._state == _DONE

    def feed(self, data: bytes) -> None:
        """Go on with the next piece."""
        at = 0
        while at < len(data) and not self.broken:
            at = self._step(data, at)

    def _step(self, data: bytes, at: int) -> int:
        if self._state == _TEXT:
            return self._text(data, at)
        if self._state == _WORD:
            return self._word(data, at)
        if self._state == _PASS:
            return self._pass(data, at)
        at = cast("re.Match[bytes]", _SPACE.match(data, at)).end()
        return at if at == len(data) else self._sign(data, at)

    def _sign(self, data: bytes, at: int) -> int:
        sign = data[at : at + 1]
        if self._state == _VALUE or (self._state == _FIRST and not self._open[-1][0]):
            return self._value(sign, at)
        if self._state in (_FIRST, _KEY) and sign == b'"':
            self._begin(_TEXT, key=True)
        elif self._state == _COLON and sign == b":":
            self._state = _VALUE
        elif self._state == _AFTER and sign == b",":
            self._state = _KEY if self._open[-1][0] else _VALUE
        elif self._state in (_FIRST, _AFTER) and sign in (b"}", b"]"):
            self._close(sign)
        else:
            self.broken = True
        return at + 1

    def _value(self, sign: bytes, at: int) -> int:
        if sign in (b"{", b"["):
            self._enter(sign)
            return at + 1
        if sign == b'"':
            self._begin(_TEXT, key=False)
            return at + 1
        if sign == b"]" and self._state == _FIRST:
            self._close(sign)
            return at + 1
        self.broken = not sign.isalnum() and sign != b"-"
        self._begin(_WORD, key=False)
        return at

    def _begin(self, state: int, *, key: bool) -> None:
        self._state = state
        self._is_key = key
        self._kept.clear()
        self._keeping = key or self._path in self._wanted

    def _enter(self, sign: bytes) -> None:
        if self._path not in self._through:
            self._state, self._depth, self._quoted = _PASS, 1, False
            return
        self._open.append((sign == b"{", self._path))
        self._state = _FIRST
        if sign == b"[":
            self._path = below(self._path, "*")

    def _close(self, sign: bytes) -> None:
        if not self._open or self._open[-1][0] != (sign == b"}"):
            self.broken = True
            return
        self._open.pop()
        self._ended()

    def _ended(self) -> None:
        """A value is over; the next one's path is known again, unless its key is to come."""
        self._state = _AFTER if self._open else _DONE
        if self._open and not self._open[-1][0]:
            self._path = below(self._open[-1][1], "*")

    def _text(self, data: bytes, at: int) -> int:
        start = at
        if self._escaped:
            self._escaped = False
            at += 1
        end = cast("re.Match[bytes]", _STRING.match(data, at)).end()
        self._escaped = data[end : end + 1] == b"\\"
        if self._escaped:
            end += 1
        self._keep(data, start, end)
        if end < len(data) and not self._escaped:
            self._said(b'"' + bytes(self._kept) + b'"')
            return end + 1
        return end

    def _word(self, data: bytes, at: int) -> int:
        end = cast("re.Match[bytes]", _BARE.match(data, at)).end()
        self._keep(data, at, end)
        if end < len(data):
            self._said(bytes(self._kept))
        return end

    def _keep(self, data: bytes, start: int, end: int) -> None:
        if not self._keeping:
            return
        if len(self._kept) + end - start > LONGEST:
            self._keeping = False
            self._kept.clear()
        else:
            self._kept += data[start:end]

    def _said(self, literal: bytes) -> None:
        known, value = _scalar(literal) if self._keeping else (False, None)
        if self._is_key:
            name = value if known and isinstance(value, str) else "\0"
            self._path = below(self._open[-1][1], "\0" if "." in name or name == "*" else name)
            self._state = _COLON
            return
        if known:
            self.found[self._path] = value
        self._ended()

    def _pass(self, data: bytes, at: int) -> int:
        if self._quoted:
            return self._pass_text(data, at)
        at = cast("re.Match[bytes]", _PASSED.match(data, at)).end()
        if at == len(data):
            return at
        sign = data[at]
        if sign == 0x22:
            self._quoted = True
            return at + 1
        self._depth += 1 if sign in b"{[" else -1
        self.broken = self._depth > DEEPEST
        if not self._depth:
            self._ended()
        return at + 1

    def _pass_text(self, data: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            at += 1
        end = cast("re.Match[bytes]", _STRING.match(data, at)).end()
        if end < len(data):
            self._escaped = data[end] == 0x5C
            self._quoted = self._escaped
            end += 1
        return end

    def end(self) -> None:
        """Nothing follows: a number at the very end is over."""
        if self._state == _WORD and not self.broken:
            self._said(bytes(self._kept))
        self.broken = self.broken or not self.done


@cache
def _known(paths: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """What is wanted, and what leads to it."""
    through = {path[:at] for path in paths for at, one in enumerate(path) if one == "."}
    return frozenset(paths), frozenset(through | {""})


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _scalar(literal: bytes) -> tuple[bool, Scalar]:
    try:
        value = json.loads(literal.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return False, None
    if isinstance(value, str):
        value = value.encode("utf-8", "replace").decode("utf-8")
    return True, cast("Scalar", value)
