"""Takes known secrets out of a stream of bytes, however it is cut into pieces. Pure.

A secret is known as it is, percent-encoded as the usual functions do it or throughout, escaped as in JSON, and in
base64 (RFC 4648, both alphabets, at any place in the encoded bytes, in lines or not). What could be the beginning of
one is held until it is known. A secret in any other form (reversed, compressed, encrypted, in pieces) is not found.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from ropewalk.core.errors import Refused

MARK = b"[redacted]"
SHORTEST = 8
"""Bytes of a secret, and of the beginning of one at the end of a stream, that are taken out."""

_LINES = re.compile(rb"\r?\n|\\n|\r\Z|\\\Z")
_LINE = rb"(?:\r?\n|\\n)?"
_SAFE = ("/", "", "!'()*~", ";,/?:@&=+$-_.!~*'()#")
"""What Python's quote, its strict use, and JavaScript's encodeURIComponent and encodeURI leave as it is."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a secret. `lines`: ends of lines may be anywhere in it."""

    text: bytes
    lines: bool = False

    @property
    def pattern(self) -> bytes:
        """The form as an expression."""
        if not self.lines:
            return re.escape(self.text)
        return _LINE.join(re.escape(bytes((one,))) for one in self.text)

    def begun(self, rest: bytes) -> int:
        """How much of the form the rest is, if it ends within it; -1: it is something else."""
        rest = _LINES.sub(b"", rest) if self.lines else rest
        return len(rest) if len(rest) < len(self.text) and self.text.startswith(rest) else -1


class Redactor:
    """One stream. Holds no more than the longest way to write a secret."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        """Refused: a secret is shorter than 8 bytes, so that much that is none would go with it."""
        known = sorted(set(secrets), key=len, reverse=True)
        if any(len(one) < SHORTEST for one in known):
            raise Refused(
                f"A secret has fewer than {SHORTEST} bytes and cannot be kept out of what is shown.",
                hint="Use a longer secret, or do not hand it to attempts.",
            )
        forms = {form for one in known for form in _forms(one)}
        self._forms = tuple(sorted(forms, key=lambda one: (-len(one.text), one.text)))
        self._pattern = re.compile(b"|".join(one.pattern for one in self._forms))
        self._begins = _any({one.text[0] for one in self._forms}) if known else None
        longest = max((len(one.text) for one in self._forms), default=0)
        self._window = 3 * longest  # a line may end after each letter
        self._held = b""
        self._covered = 0  # of what is held, bytes at its beginning that are to be taken out

    def feed(self, data: bytes) -> bytes:
        """The next bytes; what may be shown of all so far."""
        if self._begins is None:
            return data
        whole = self._held + data
        return self._shown(whole, self._secrets(whole), self._waiting(whole))

    def end(self) -> bytes:
        """The rest. The beginning of a secret that did not go on is taken out if it says enough of it."""
        whole = self._held
        spans = self._secrets(whole) if whole else []
        for at in self._starts(whole):
            if self._begun(whole[at:]) >= SHORTEST:
                spans = _merged([*spans, (at, len(whole))])
                break
        return self._shown(whole, spans, len(whole))

    def _shown(self, whole: bytes, spans: list[tuple[int, int]], until: int) -> bytes:
        if not until:
            self._held = whole
            return b""
        out: list[bytes] = []
        at = 0
        for start, end in spans:
            if start >= until:
                break
            out.append(whole[at:start])
            if start or not self._covered:
                out.append(MARK)
            at = end
        out.append(whole[at:until] if at < until else b"")
        self._covered = max(0, at - until)
        self._held = whole[until:]
        return b"".join(out)

    def _secrets(self, whole: bytes) -> list[tuple[int, int]]:
        spans = [(0, self._covered)] if self._covered else []
        match = self._pattern.search(whole)
        while match:
            spans.append(match.span())
            match = self._pattern.search(whole, match.start() + 1)
        return _merged(spans)

    def _waiting(self, whole: bytes) -> int:
        """From where on it may be the beginning of a secret."""
        for at in self._starts(whole):
            if self._begun(whole[at:]) >= 0:
                return at
        return len(whole)

    def _begun(self, rest: bytes) -> int:
        return max(one.begun(rest) for one in self._forms)

    def _starts(self, whole: bytes) -> Iterator[int]:
        if self._begins is None:
            return
        for one in self._begins.finditer(whole, max(0, len(whole) - self._window)):
            yield one.start()


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _forms(secret: bytes) -> Iterator[Form]:
    every = "".join(f"%{one:02X}" for one in secret)
    yield from (Form(secret), Form(every.encode()), Form(every.lower().encode()))
    for text in (*_quoted(secret), *_escaped(secret)):
        yield Form(text)
    for before in range(3):
        text = b64encode(bytes(before) + secret)
        # Only what the secret alone decides: 6 bits a letter.
        own = text[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
        for one in (own, own.translate(_OTHER)):
            yield Form(one, lines=True)
            yield from (Form(it) for it in _quoted(one) if it != one)


_OTHER = bytes.maketrans(b"+/", b"-_")


def _quoted(text: bytes) -> Iterator[bytes]:
    ways = {quote_from_bytes(text, safe) for safe in _SAFE}
    for one in ways | {it.replace("%20", "+") for it in ways}:
        yield one.encode()
        yield re.sub(r"%..", lambda match: match[0].lower(), one).encode()


def _escaped(secret: bytes) -> Iterator[bytes]:
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        text = secret.decode("latin-1")
    for ascii_only in (True, False):
        one = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield one.encode()
        yield one.replace("/", "\\/").encode()


def _any(codes: Iterable[int]) -> re.Pattern[bytes]:
    return re.compile(b"[" + b"".join(re.escape(bytes((one,))) for one in sorted(codes)) + b"]")
