"""Which addresses may be reached: global unicast, and not the clouds' metadata services.

`ipaddress.is_global` alone is not enough: on Python 3.11 it accepts IPv4 addresses wrapped in
NAT64, 6to4 and IPv4-compatible forms, multicast, and a metadata address that is globally routed.
"""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
DENIED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001:db8::/32",
        "2001:10::/28", "2001:20::/28", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip


def is_allowed(text: str) -> bool:
    """Tell whether a connection to this address may be made; malformed ones may not."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(each) for each in (address, *_embedded(address)))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return address.ipv4_mapped is not None  # the address inside is judged on its own
    if address in METADATA or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in DENIED)


def _embedded(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in network for network in NAT64):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def shown(address: str) -> str:
    """Return what of an address may be repeated: neither who signs in there nor what is asked."""
    return address.rpartition("@")[2].partition("?")[0].strip()[:200]
