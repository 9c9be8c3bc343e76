import pytest

from controller.telemetry.addresses import is_forbidden, resolve

FORBIDDEN = [
    ("the metadata service of most clouds", "169.254.169.254"),
    ("container credentials of AWS", "169.254.170.2"),
    ("any link-local address", "169.254.0.1"),
    ("link-local in IPv6", "fe80::1"),
    ("link-local with a zone", "fe80::1%lo"),
    ("the end of the link-local range", "febf::1"),
    ("AWS metadata in IPv6", "fd00:ec2::254"),
    ("AWS pod identity in IPv6", "fd00:ec2::23"),
    ("Google metadata in IPv6", "fd20:ce::254"),
    ("Alibaba metadata", "100.100.100.200"),
    ("Azure's WireServer", "168.63.129.16"),
    ("Oracle metadata", "192.0.0.192"),
    ("mapped into IPv6", "::ffff:169.254.169.254"),
    ("mapped into IPv6, in hexadecimal", "::ffff:a9fe:a9fe"),
    ("compatible IPv6", "::169.254.169.254"),
    ("through 6to4", "2002:a9fe:a9fe::1"),
    ("through NAT64", "64:ff9b::a9fe:a9fe"),
    ("through local NAT64", "64:ff9b:1::a9fe:a9fe"),
    ("through Teredo", "2001:0:a9fe:a9fe::1"),
    ("nowhere", "0.0.0.0"),  # noqa: S104  an address to refuse, not to bind
    ("nowhere in IPv6", "::"),
    ("many at once", "224.0.0.1"),
    ("many at once in IPv6", "ff02::1"),
    ("not an address", "prometheus"),
]
ALLOWED = [
    ("loopback", "127.0.0.1"),
    ("loopback in IPv6", "::1"),
    ("a private range", "10.96.0.10"),
    ("another private range", "172.16.0.1"),
    ("a third private range", "192.168.1.1"),
    ("shared address space beside Alibaba's one address", "100.64.0.1"),
    ("a unique local address", "fd12:3456::1"),
    ("a public address", "93.184.216.34"),
    ("a private address behind NAT64", "64:ff9b::a60:a"),
]


@pytest.mark.parametrize("address", [case[1] for case in FORBIDDEN], ids=[case[0] for case in FORBIDDEN])
def test_an_address_that_is_never_connected_to(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_an_address_where_prometheus_may_be(address: str) -> None:
    assert not is_forbidden(address)


def spellings(octets: tuple[int, int, int, int]) -> list[str]:
    """Return the ways an IPv4 address may be written, each octet in each base, and octets run together."""
    bases = (str, hex, lambda octet: f"0{octet:o}")
    a, b, c, d = octets
    whole, tail = (a << 24) + (b << 16) + (c << 8) + d, (c << 8) + d
    mixed = [".".join((w(a), x(b), y(c), z(d))) for w in bases for x in bases for y in bases for z in bases]
    three = [".".join((w(a), x(b), y(tail))) for w in bases for x in bases for y in bases]
    two = [".".join((w(a), x((b << 16) + tail))) for w in bases for x in bases]
    return [*mixed, *three, *two, *(base(whole) for base in bases)]


@pytest.mark.parametrize(
    "octets",
    [(169, 254, 169, 254), (169, 254, 170, 2), (169, 254, 0, 23), (100, 100, 100, 200), (168, 63, 129, 16)],
)
def test_no_spelling_of_a_forbidden_address_gets_through_the_resolver(octets: tuple[int, int, int, int]) -> None:
    let_through = [
        spelling
        for spelling in spellings(octets)
        if not all(is_forbidden(address) for address in resolve(spelling, 80))
    ]

    assert let_through == []
