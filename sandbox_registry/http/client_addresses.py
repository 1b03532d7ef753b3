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
    found = _address(client[0]) if client else None
    if found is None or not _is_in(found, proxies):
        return found
    written = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for entry in reversed(written[-_LONGEST_FORWARDED:].decode("latin-1").split(",")):
        named = _address(entry.strip())
        if named is None:
            return found
        found = named
        if not _is_in(found, proxies):
            return found
    return found


@lru_cache(maxsize=4096)
def _address(written: str) -> Address | None:
    """Read an address; proxies may write `[2001:db8::1]:443` or `192.0.2.1:443`. IPv4 inside IPv6 counts as IPv4."""
    if written.startswith("["):
        written = written[1:].partition("]")[0]
    elif written.count(":") == 1:
        written = written.partition(":")[0]
    try:
        found = ip_address(written)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if found.version == 6 else found  # noqa: PLR2004


@lru_cache(maxsize=4096)
def counted(found: Address | None) -> str:
    """Return the name under which an address is counted: itself, or for IPv6 its /64, which one subscriber holds."""
    if found is None:
        return "local"
    return str(found) if found.version == 4 else str(ip_network((found, _V6_PREFIX), strict=False))  # noqa: PLR2004


def _is_in(found: Address, networks: Networks) -> bool:
    return any(found in network for network in networks)
