"""Names and addresses: one form for each, or refused."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.gateway.addresses import public
from ropewalk.gateway.names import Misspelt, authority, literal, server


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("[::ffff:7f00:1]", "127.0.0.1"),
        ("1.0x", "1.0.0.0"),
        ("[::1]", "::1"),
        ("_dmarc.example.com", "_dmarc.example.com"),
    ],
)
def test_a_server_has_one_form(text, one):
    assert server(text) == one


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "a..b", "example.com..", "-a.com", "a-.com", "a b.com", "a%2ecom", "user@host", "a/b", "a\\b",
        "[::1", "::1", "[fe80::1%eth0]", "[127.0.0.1]", "256.1.1.1", "1.2.3.4.5", "1.2.3.08", "999999999999",
        "a." * 130 + "com", "a" * 64 + ".com", "host\0.com", "127.0.0.1#x", "a.0x1g.1x.09",
    ],
)  # fmt: skip
def test_what_is_no_server_is_refused(text):
    with pytest.raises(Misspelt):
        server(text)


@pytest.mark.parametrize(
    "text", ["a.com", "a.com:", "a.com:0", "a.com:65536", "a.com:x", "a.com:80:80", "[::1]80"]
)
def test_a_server_without_a_port_is_refused(text):
    with pytest.raises(Misspelt):
        authority(text)


def test_the_usual_port_can_be_left_out():
    assert authority("a.com", 80) == ("a.com", 80)
    assert authority("[2606:4700::1]:8443") == ("2606:4700::1", 8443)


PRIVATE = [
    "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "fe80::1", "fec0::1",
    "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "100::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_are_not_public(text):
    assert not public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses_are(text):
    assert public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_not_public(address):
    if public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_what_python_calls_private_is_not_public_in_version_6(address):
    if public(address) and address not in ipaddress.ip_network("64:ff9b::/96"):
        assert address.is_global
        assert not address.is_multicast


def spelt(address: ipaddress.IPv4Address, how: int) -> str:
    number, parts = int(address), [int(one) for one in str(address).split(".")]
    ways = [
        str(number), hex(number), f"0{number:o}", ".".join(hex(one) for one in parts),
        ".".join(f"0{one:o}" for one in parts), ".".join(f"{one:#X}" for one in parts),
        f"{parts[0]}.{number & 0xFFFFFF}", f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"[::ffff:{address}]", f"[::FFFF:{number >> 16:x}:{number & 0xFFFF:x}]", f"{address}.",
        f"[::{address}]", f"[64:ff9b::{address}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
    ]  # fmt: skip
    return ways[how % len(ways)]


@given(st.ip_addresses(v=4), st.integers(0, 13))
def test_no_private_address_passes_in_any_spelling(address, how):
    if public(address):
        return
    try:
        found = literal(server(spelt(address, how)))
    except Misspelt:
        return
    assert found is not None
    assert not public(found)
