"""Which addresses lie on the public Internet: everything else is somebody's inside, ours first of all."""

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

_V4_INSIDE = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # Shared by customers of one carrier; clouds keep metadata services there too.
        "127.0.0.0/8",
        "168.63.129.16/32",  # A cloud's own service, under an address that looks public.
        "169.254.0.0/16",  # Link-local, and where most clouds answer with credentials.
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # Relays of 6to4.
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Only this part of IPv6 is handed out; mapped, translated (NAT64), local and multicast forms lie outside it.
_V6_HANDED_OUT = ip_network("2000::/3")
_V6_INSIDE = tuple(
    ip_network(each)
    for each in (
        "2001::/23",  # Teredo, ORCHID, benchmarks and other protocols of their own.
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise.
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Say whether an address is one anybody may be asked to send something to."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _V4_INSIDE)
    return (
        address.scope_id is None
        and address in _V6_HANDED_OUT
        and not any(address in network for network in _V6_INSIDE)
        and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
    )
