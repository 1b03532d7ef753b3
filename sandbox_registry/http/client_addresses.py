"""Where a request comes from, as far as those who say so can be believed."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
_LONGEST_FORWARDED = 2000
_V6_PREFIX = 64


def client_address(scope: Any, proxies: Networks) -> Address | None:
    """Return where a request comes from: the connection, or what our own proxies say in X-Forwarded-For.

    The header is read from its right end while the one who wrote the entry is a proxy of ours, and no further:
    everything left of that may be made up. Null for a connection without an address (a unix socket).
    """
    client = scope.get("client")
    address = _address(client[0]) if client else None
    if address is None or not _is_in(address, proxies):
        return address
    header = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for entry in reversed(header[-_LONGEST_FORWARDED:].decode("latin-1").split(",")):
        forwarded = _address(entry.strip())
        if forwarded is None:
            return address
        address = forwarded
        if not _is_in(address, proxies):
            return address
    return address


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """Read an address; proxies may write `[2001:db8::1]:443` or `192.0.2.1:443`. IPv4 inside IPv6 counts as IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address  # noqa: PLR2004


@lru_cache(maxsize=4096)
def counted(address: Address | None) -> str:
    """Return the name under which an address is counted: itself, or for IPv6 its /64, which one subscriber holds."""
    if address is None:
        return "local"
    return str(address) if address.version == 4 else str(ip_network((address, _V6_PREFIX), strict=False))  # noqa: PLR2004


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
