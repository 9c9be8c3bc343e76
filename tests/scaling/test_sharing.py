"""Sharing a budget: who gets what of less than all ask for, to the replica."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.metadata import ObjectKey
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Grant
from controller.scaling.sharing import Claim, grants, share_out
from tests.builders import REQUESTS, a_policy, a_reading, an_observation


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


# ── From decisions ───────────────────────────────────────────────────────────────────────────────────────────────────
def decided(
    name: str, requests: float, *, hourly: str = "10", unhealthy: bool = False, spec: dict[str, Any] | None = None
) -> Decision:
    """Return a decision of a policy that shares budget `shop`; ten requests/s and replica at 100 %."""
    cost = {"hourlyPerReplica": 1, "budget": {"name": "shop", "hourly": hourly}}
    full = {"cost": cost, "minReplicas": 2, "objective": {"utilizationPercent": 100}, **(spec or {})}
    policy = a_policy(REQUESTS, name=name, **full)
    readings = {"requests": a_reading(requests, problem="stale" if unhealthy else "")}
    return evaluate(an_observation(policy, readings=readings, replicas=6))


def test_two_policies_of_equal_priority_get_by_need_what_half_the_capacity_is() -> None:
    granted = grants([decided("a", 102), decided("b", 68)])

    assert granted == {ObjectKey("shop", "a"): Grant(6, "shop", 10), ObjectKey("shop", "b"): Grant(4, "shop", 10)}


def test_who_states_less_counts_for_all() -> None:
    granted = grants([decided("a", 102, hourly="999"), decided("b", 68)])

    assert sum(grant.replicas for grant in granted.values()) == 10


def test_enough_for_all_grants_nothing_in_particular() -> None:
    assert grants([decided("a", 102, hourly="50"), decided("b", 68, hourly="50")]) == {}


def test_budgets_of_two_namespaces_are_two() -> None:
    other = decided("b", 68)
    elsewhere = replace(other, policy=ObjectKey("games", "b"))

    assert ObjectKey("games", "b") not in grants([decided("a", 102), elsewhere])


@pytest.mark.parametrize(
    ("unhealthy", "spec", "left"),
    [
        (True, {}, 4),
        (False, {"mode": "Recommend"}, 4),
        (False, {"pin": {"replicas": 8, "until": "2026-03-03T00:00:00Z"}}, 2),
        (False, {}, 8),
    ],
    ids=["what runs on bad signals", "what runs beside a wish", "a pin", "its floor alone"],
)
def test_what_cannot_be_cut_is_taken_first(spec: dict[str, Any], left: int, *, unhealthy: bool) -> None:
    first = decided("a", 20, unhealthy=unhealthy, spec=spec)
    second = decided("b", 200, spec={"priority": 1})

    assert grants([first, second])[ObjectKey("shop", "b")].replicas == left
