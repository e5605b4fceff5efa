"""Which addresses are public. Pure.

Source: IANA's special-purpose address registries (IPv4 and IPv6), and addresses of clouds' metadata servers that
lie among the public ones. Of IPv6 only 2000::/3 is given out for servers.
"""

import ipaddress

from ropewalk.gateway.names import Address

_V4 = [ipaddress.IPv4Network(one) for one in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's servers for machines
)]  # fmt: skip
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_V6 = [ipaddress.IPv6Network(one) for one in (
    "2001::/23",  # protocols, Teredo among them
    "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48",
)]  # fmt: skip
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def public(address: Address) -> bool:
    """Whether anybody's server could have it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in one for one in _V4)
    if address.ipv4_mapped:
        return public(address.ipv4_mapped)
    if address in _NAT64:
        return public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GIVEN_OUT and not any(address in one for one in _V6)
