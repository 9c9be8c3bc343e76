"""Which network addresses are never connected to: those where clouds keep their credentials, and their neighbours.

Loopback and private ranges are allowed: that is where Prometheus lives. Checked is the address of the connection
itself, after the name was resolved, so that no spelling (decimal, octal, mapped) and no change of DNS gets around it.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host name, for a port; raises OSError where there are none."""

_METADATA = (
    ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ip_network("168.63.129.16/32"),  # Azure's WireServer
    ip_network("192.0.0.192/32"),  # Oracle Cloud
    ip_network("fd00:ec2::/32"),  # AWS
    ip_network("fd20:ce::254/128"),  # Google Cloud
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_IPV4_COMPATIBLE = IPv6Network("::/96")
_IPV4_BITS = 0xFFFF_FFFF


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also understands every old spelling of an IPv4 address."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def is_forbidden(address: str) -> bool:
    """Return whether this IP address must not be connected to; what is not an IP address is forbidden too."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return any(_is_forbidden(one) for one in (parsed, *_embedded(parsed)))


def _is_forbidden(address: IPv4Address | IPv6Address) -> bool:
    odd = address.is_link_local or address.is_multicast or address.is_unspecified
    return odd or any(address.version == network.version and address in network for network in _METADATA)


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address may lead to."""
    if isinstance(address, IPv4Address):
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    low = IPv4Address(int(address) & _IPV4_BITS)
    carries_low = any(address in network for network in _NAT64) or (address in _IPV4_COMPATIBLE and int(address) > 1)
    return [one for one in (*inside, low if carries_low else None) if one is not None]
