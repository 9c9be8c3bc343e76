"""Sharing: who gets what of less than all ask for, to the replica."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.metadata import ObjectKey
from controller.scaling.observation import Grant
from controller.scaling.reasons import Reason
from controller.scaling.sharing.shares import Claim, Pool, share_out, share_pools


def claim(name: str, wanted: int, *, floor: int = 2, price: float = 1.0, priority: int = 0) -> Claim:
    return Claim(ObjectKey("shop", name), priority, price, wanted, floor)


@pytest.mark.parametrize(
    ("claims", "hourly", "shares"),
    [
        ([claim("a", 12), claim("b", 8)], 20, {"a": 12, "b": 8}),
        ([claim("a", 12), claim("b", 8)], 10, {"a": 6, "b": 4}),
        ([claim("a", 12), claim("b", 8, priority=1)], 10, {"a": 2, "b": 8}),
        ([claim("a", 12), claim("b", 8, priority=1), claim("c", 7, priority=1)], 12, {"a": 2, "b": 5, "c": 5}),
        ([claim("a", 12, floor=9), claim("b", 8, floor=3)], 10, {"a": 9, "b": 3}),
        ([claim("a", 12, price=0.5), claim("b", 8)], 7, {"a": 6, "b": 4}),
        ([claim("a", 3, floor=0), claim("b", 3, floor=0), claim("c", 3, floor=0)], 4, {"a": 2, "b": 1, "c": 1}),
        ([], 10, {}),
    ],
    ids=[
        "enough for all",
        # Floors take 4 of 10; of the 6 left a needs 10 and b 6: 3.75 and 2.25, so 3 and 2, and the last one to a.
        "half the capacity, shared by need",
        "the higher priority first, the lower one keeps its floor",
        # Floors take 6 of 12, and the 6 left are fewer than the 11 of b and c: 3.27 and 2.73, so 3 and 3.
        "equals of the higher priority share before the lower one gets more",
        "floors stand although they cost more than the budget",
        # Floors take 3 of 7; of the 4 left a needs 5 (ten halves) and b 6: 3.64 and 2.18, a gets 4 (0.5 each), b 2.
        "by need in money, where replicas cost differently",
        "what is left over goes by the largest remainder, then by name",
        "nobody asks",
    ],
)
def test_a_budget_is_shared_to_the_replica(claims: list[Claim], hourly: float, shares: dict[str, int]) -> None:
    assert {key.name: replicas for key, replicas in share_out(claims, hourly).items()} == shares


def claims_of(parts: list[tuple[int, int, int, int]]) -> list[Claim]:
    return [
        claim(f"p{number}", floor + need, floor=floor, price=price / 4, priority=priority)
        for number, (floor, need, price, priority) in enumerate(parts)
    ]


parts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50), st.integers(1, 8), st.integers(0, 3)), max_size=6)


@given(parts, st.integers(0, 200))
def test_nobody_gets_less_than_its_floor_or_more_than_it_asks_for_and_the_budget_is_kept(
    parts: list[tuple[int, int, int, int]], hourly: int
) -> None:
    claims = claims_of(parts)

    shares = share_out(claims, hourly)

    assert all(each.floor <= shares[each.policy] <= each.wanted for each in claims)
    floors = sum(each.floor * each.price for each in claims)
    assert sum(shares[each.policy] * each.price for each in claims) <= max(hourly, floors) + 1e-6


@given(parts, st.integers(0, 200))
def test_who_is_more_important_is_served_first(parts: list[tuple[int, int, int, int]], hourly: int) -> None:
    claims = claims_of(parts)

    shares = share_out(claims, hourly)

    for high in claims:
        short = shares[high.policy] < high.wanted
        lower = [low for low in claims if low.priority < high.priority and low.price >= high.price]
        assert not short or all(shares[low.policy] == low.floor for low in lower)


# ── Several pools at once ────────────────────────────────────────────────────────────────────────────────────────────
def pool(name: str, total: float, *claims: Claim) -> Pool:
    return Pool(name, Reason.QUOTA, total, claims)


def shares_of(pools: list[Pool]) -> Mapping[str, tuple[int, str]]:
    return {key.name: (grant.replicas, grant.pool) for key, grant in share_pools(pools).items()}


@pytest.mark.parametrize(
    ("pools", "shares"),
    [
        ([pool("cpu", 9, claim("a", 12))], {"a": (9, "cpu")}),
        ([pool("cpu", 9, claim("a", 12)), pool("memory", 7, claim("a", 12))], {"a": (7, "memory")}),
        ([pool("cpu", 7, claim("a", 12)), pool("memory", 9, claim("a", 12))], {"a": (7, "cpu")}),
        # By CPU a gets 4 of 12; of the memory for 12 pods it then asks for 4 alone, and b gets its 8.
        (
            [pool("cpu", 8, claim("a", 12, price=2.0)), pool("memory", 12, claim("a", 12), claim("b", 8))],
            {"a": (4, "cpu")},
        ),
        # The other way round nothing comes back: a keeps its 8 of CPU free that memory takes from it.
        (
            [pool("cpu", 14, claim("a", 12), claim("b", 12)), pool("memory", 3, claim("a", 12))],
            {"a": (3, "memory"), "b": (7, "cpu")},
        ),
        ([pool("cpu", 5, claim("a", 12, floor=2)), pool("hpa", 1, claim("a", 12, floor=7))], {"a": (5, "cpu")}),
    ],
    ids=[
        "one pool",
        "the smallest share counts",
        "whichever comes first",
        "who gives up in one leaves room in a later one",
        "and none in an earlier one",
        "a floor in one does not raise what another leaves",
    ],
)
def test_who_shares_several_pools_gets_the_smallest_share(
    pools: list[Pool], shares: dict[str, tuple[int, str]]
) -> None:
    assert shares_of(pools) == shares


def test_who_gets_all_it_asks_for_is_not_named() -> None:
    assert share_pools([pool("cpu", 20, claim("a", 12), claim("b", 8))]) == {}


def test_a_grant_says_why() -> None:
    (grant,) = share_pools([pool("ResourceQuota team (pods)", 9, claim("a", 12))]).values()

    assert grant == Grant(9, "ResourceQuota team (pods)", Reason.QUOTA)


QUARTER_GI = 2**28  # bytes: sums of such large numbers are to be kept to the pod, too
price_lists = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=6, max_size=6)


@given(parts, price_lists, st.integers(0, 200), st.integers(0, 200))
def test_of_several_pools_each_is_kept_and_each_shortage_is_by_priority(
    parts: list[tuple[int, int, int, int]], prices: list[tuple[int, int]], cpu: int, memory: int
) -> None:
    known = {each.policy: each for each in claims_of(parts)}
    cpus = [claim_at(each, price / 4) for each, (price, _) in zip(known.values(), prices, strict=False) if price]
    memories = [
        claim_at(each, price * QUARTER_GI) for each, (_, price) in zip(known.values(), prices, strict=False) if price
    ]
    pools = [pool("cpu", cpu, *cpus), pool("memory", memory * QUARTER_GI, *memories)]

    granted = share_pools(pools)

    shares = {key: granted[key].replicas if key in granted else each.wanted for key, each in known.items()}
    assert all(each.floor <= shares[key] <= each.wanted for key, each in known.items())
    for shared in pools:
        floors = sum(each.floor * each.price for each in shared.claims)
        assert sum(shares[each.policy] * each.price for each in shared.claims) <= max(shared.total, floors) + 1e-6
        short = [each for each in shared.claims if each.policy in granted and granted[each.policy].pool == shared.name]
        cut = [
            low
            for low in shared.claims
            if any(high.priority > low.priority and low.price >= high.price for high in short)
        ]
        assert all(shares[low.policy] == low.floor for low in cut)


def claim_at(claim: Claim, price: float) -> Claim:
    return Claim(claim.policy, claim.priority, price, claim.wanted, claim.floor)
