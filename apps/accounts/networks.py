"""From where keys and people are let in: addresses and networks of IPv4 and IPv6."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from apps.common.errors import Invalid

MOST = 50
LONGEST = 43  # of an IPv6 network written out
FIELD = "networks"
Network: TypeAlias = IPv4Network | IPv6Network


def normal(texts: Iterable[str]) -> list[str]:
    """Return networks in the one form in which they are kept, each once. Raises Invalid."""
    found = list(dict.fromkeys(str(_network(text.strip())) for text in texts if text.strip()))
    if len(found) > MOST:
        raise Invalid.at(FIELD, f"Name at most {MOST} networks.")
    return found


def read(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return kept networks as what can be compared."""
    return tuple(ip_network(text) for text in texts)


def accept(texts: Iterable[str], address: str) -> bool:
    """Tell whether kept networks let an address in; where none is named, each is."""
    kept = read(texts)
    return not kept or admit(kept, address)


def admit(networks: Iterable[Network], address: str) -> bool:
    """Tell whether an address lies in one of the networks; what is no address lies in none."""
    try:
        sender = ip_address(address)
    except ValueError:
        return False
    plain = getattr(sender, "ipv4_mapped", None) or sender
    return any(plain in network for network in networks)


def within(inner: Iterable[Network], outer: Iterable[Network]) -> bool:
    """Tell whether whoever comes from the inner networks comes from the outer ones too."""
    known = tuple(outer)
    return all(any(_covers(large, small) for large in known) for small in inner)


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise Invalid.at(FIELD, _advice(text)) from None
    if "%" in text or getattr(network.network_address, "ipv4_mapped", None):
        raise Invalid.at(FIELD, f"“{text[:60]}” counts on one machine only. Write it as IPv4.")
    if network.prefixlen == 0:
        raise Invalid.at(FIELD, f"{text} is everywhere. Leave the list empty to mean that.")
    return network


def _advice(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return f"“{text[:60]}” is no network. Write 203.0.113.7, 10.20.0.0/16 or 2001:db8::/32."
    return f"“{text}” has bits beyond its prefix. Did you mean {meant}?"


def _covers(large: Network, small: Network) -> bool:
    if isinstance(large, IPv4Network):
        return isinstance(small, IPv4Network) and small.subnet_of(large)
    return isinstance(small, IPv6Network) and small.subnet_of(large)
