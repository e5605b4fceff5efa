"""No secret gets through, whole or in part, however it is written and wherever it is cut."""

import base64
import json
import tracemalloc
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core.errors import Refused
from ropewalk.core.redaction import MARK, Redactor

KEY = b'sk-ant-api03-Zx9/q+7 "w=%'
OTHER = b"hunter2hunter2"
TEXT = st.binary(max_size=30)


def passed(secrets: list[bytes], data: bytes, size: int = 0) -> bytes:
    redactor = Redactor(secrets)
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    return b"".join((*map(redactor.feed, pieces), redactor.end()))


def ways(secret: bytes) -> list[bytes]:
    """The secret as programs write it."""
    text = secret.decode("latin-1")
    around = [base64.b64encode(b"x" * before + secret + b"yyy") for before in range(4)]
    return [
        secret,
        quote(secret).encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        quote(secret, safe="").lower().encode() if secret.islower() else secret,
        b"".join(b"%%%02x" % one for one in secret),
        json.dumps(text).encode()[1:-1],
        *around,
        *(base64.urlsafe_b64encode(b"x" * before + secret) for before in range(3)),
        *(quote(one, safe="").encode() for one in around),
        base64.encodebytes(b"a line that is long enough to end within the secret.." + secret),
    ]


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize("written", ways(KEY))
def test_a_secret_is_taken_out_however_it_is_written(written: bytes, size: int) -> None:
    shown = passed([KEY, OTHER], b"before " + written + b" after", size)
    assert shown.startswith(b"before ")
    assert shown.endswith(b" after")
    assert shown.count(MARK) == 1
    assert len(shown) < len(MARK) + 90  # the first line of the long one stays


def test_what_is_left_of_base64_says_nothing() -> None:
    for before in range(3):
        shown = passed([OTHER], base64.b64encode(b"x" * before + OTHER + b"tail"))
        left = shown.replace(MARK, b"")
        assert len(left) <= 12


@settings(deadline=None)
@given(st.binary(min_size=8, max_size=24), TEXT, TEXT, st.lists(st.integers(0, 90), max_size=6))
def test_no_secret_gets_through(
    secret: bytes, before: bytes, after: bytes, cuts: list[int]
) -> None:
    data = before + secret + after
    places = [0, *sorted(min(one, len(data)) for one in cuts), len(data)]
    redactor = Redactor([secret])
    shown = b"".join((*(redactor.feed(data[a:b]) for a, b in pairwise(places)), redactor.end()))
    assert not any(secret in part for part in shown.split(MARK))
    assert shown == passed([secret], data)


@given(st.sampled_from(ways(KEY)), st.data())
def test_pieces_do_not_matter(written: bytes, data: st.DataObject) -> None:
    whole = b"a" + written + b"z" + written
    size = data.draw(st.integers(1, len(whole)))
    assert passed([KEY], whole, size) == passed([KEY], whole)


@given(st.binary(max_size=200), st.integers(1, 9))
def test_what_holds_no_secret_stays_as_it_is(data: bytes, size: int) -> None:
    assert passed([b"\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7"], data, size) == data
    assert passed([], data, size) == data


def test_nothing_is_held_that_cannot_become_one() -> None:
    redactor = Redactor([OTHER])
    assert redactor.feed(b"plain text\n") == b"plain text\n"
    assert redactor.feed(b"say hunt") == b"say "
    assert redactor.feed(b"ing") == b"hunting"
    assert redactor.feed(b"hunter2hunter") == b""
    assert redactor.feed(b"2!") == MARK + b"!"


def test_the_beginning_of_a_secret_at_the_end_is_taken_out() -> None:
    assert passed([OTHER], b"say hunter2hunt") == b"say " + MARK
    assert passed([OTHER], b"say hunter") == b"say hunter"
    assert passed([KEY], b"x" + base64.b64encode(KEY)[:20]) == b"x" + MARK


def test_secrets_that_overlap_go_together() -> None:
    one, two, three = b"abcdefgh", b"abcdefghijkl", b"ghijklmnop"
    for size in range(6):
        assert passed([one, two], b"-abcdefghijkl-", size) == b"-" + MARK + b"-"
        assert passed([one, two], b"-abcdefghij-", size) == b"-" + MARK + b"ij-"
        assert passed([two, three], b"-abcdefghijklmnop-", size) == b"-" + MARK + b"-"
        assert passed([one], b"-abcdefghabcdefgh-", size) == b"-" + 2 * MARK + b"-"


def test_short_secrets_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        Redactor([OTHER, b"hunter2"])
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_it_takes_little_room() -> None:
    redactor = Redactor([KEY, OTHER])
    piece = (b"hunter2" * 900 + KEY[:5]) * 2
    redactor.feed(piece)
    tracemalloc.start()
    for _ in range(40):
        redactor.feed(piece)
    grown, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 150_000
