"""The server name in a TLS client's first message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.gateway.greeting import NoGreeting, greeting
from tests.gateway.scene import client_hello

HELLO = client_hello("shop.example")


def in_records(data: bytes, size: int) -> bytes:
    """The same message in small records."""
    body = data[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"\x16\x03\x01" + len(one).to_bytes(2, "big") + one for one in pieces)


def test_the_name_is_read():
    found = greeting(HELLO)
    assert found
    assert found.name == "shop.example"


@given(st.integers(0, len(HELLO) - 1))
def test_more_is_waited_for(size):
    assert greeting(HELLO[:size]) is None


@given(st.integers(1, 300))
def test_it_may_lie_in_several_records(size):
    found = greeting(in_records(HELLO, size))
    assert found
    assert found.name == "shop.example"


@given(st.binary(max_size=600))
def test_anything_else_is_refused_or_waited_for(data):
    try:
        greeting(data)
    except NoGreeting:
        return


@given(st.integers(0, len(HELLO) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_one_breaks_nothing(at, damage):
    try:
        greeting(HELLO[:at] + damage + HELLO[at + len(damage) :])
    except NoGreeting:
        return


def test_two_names_are_refused():
    name = b"\0\0\0" + b"\x0b\0\t\0\0\x06a.test"
    twice = rebuilt(b"\0\0\0\x0b\0\t\0\0\x06a.test" * 2)
    assert name
    with pytest.raises(NoGreeting):
        greeting(twice)


def rebuilt(extensions: bytes) -> bytes:
    body = (
        b"\3\3"
        + bytes(32)
        + b"\0"
        + b"\0\2\x13\1"
        + b"\1\0"
        + len(extensions).to_bytes(2, "big")
        + extensions
    )
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


def test_no_name_is_known_as_none():
    found = greeting(rebuilt(b""))
    assert found
    assert found.name == ""


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n", b"SSH-2.0-x", b"\x16\x03\x01\0\0", b"\x17\3\1\0\5hello"]
)
def test_what_is_not_tls_is_refused(data):
    with pytest.raises(NoGreeting):
        greeting(data)
