"""Names of servers, brought into one form or refused. Pure.

Sources: RFC 1035 and 1123 (names), RFC 3986 3.2.2 (literals), the WHATWG URL standard ("ends in a number" and its
IPv4 parser), since that is what clients and libraries make of a number.
"""

import ipaddress
import re

LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
LONGEST = 253
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Misspelt(ValueError):
    """This is no name or address that a server can have."""


def server(text: str) -> str:
    """The one form of a host: a name in lower case without its last dot, or an address. Misspelt."""
    if text.startswith("["):
        return str(_bracketed(text))
    name = text.lower()
    if not name.isascii():
        name = _international(name)
    name = name.removesuffix(".")
    if _ends_in_number(name):
        return str(_number(name))
    labels = name.split(".")
    if len(name) > LONGEST or not all(LABEL.match(one) for one in labels):
        raise Misspelt(f"{text[:80]!r} is no name of a server")
    return name


def authority(text: str, default: int | None = None) -> tuple[str, int]:
    """Host and port of `host:port`. Misspelt: also if the port is absent and there is no default."""
    match = AUTHORITY.fullmatch(text)
    if not match:
        raise Misspelt(f"{text[:80]!r} is no server and port")
    port = int(match[2]) if match[2] else default
    if not port or port > 65535:
        raise Misspelt(f"{text[:80]!r} names no port")
    return server(match[1]), port


def literal(host: str) -> Address | None:
    """The address that a host in its one form is; None: it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def shown(host: str, port: int) -> str:
    """As a client writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bracketed(text: str) -> Address:
    if not text.endswith("]") or "%" in text:
        raise Misspelt(f"{text[:80]!r} is no address")
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        raise Misspelt(f"{text[:80]!r} is no address") from None
    return address.ipv4_mapped or address


def _international(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Misspelt(f"{name[:80]!r} is no name of a server") from None


def _ends_in_number(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.isdigit() or bool(re.fullmatch(r"0x[0-9a-f]*", last))


def _number(name: str) -> ipaddress.IPv4Address:
    """As inet_aton(3) reads it: one to four numbers, decimal, octal or hexadecimal."""
    parts = name.split(".")
    try:
        numbers = [_part(one) for one in parts]
        if len(parts) > 4 or any(one > 255 for one in numbers[:-1]):
            raise ValueError
        if numbers[-1] >= 256 ** (5 - len(parts)):
            raise ValueError
    except ValueError:
        raise Misspelt(f"{name[:80]!r} is no address") from None
    value = numbers[-1]
    for place, one in enumerate(numbers[:-1]):
        value += one << (8 * (3 - place))
    return ipaddress.IPv4Address(value)


def _part(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    if len(text) > 1 and text.startswith("0"):
        return int(text, 8)
    if not text.isdigit():
        raise ValueError
    return int(text)
