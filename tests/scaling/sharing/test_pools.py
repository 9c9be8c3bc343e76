"""What policies share, from their decisions: hourly budgets, and the ResourceQuotas of their namespace."""

from dataclasses import replace
from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Grant, Obstacle
from controller.scaling.publishing.status import status_after
from controller.scaling.reasons import Reason
from controller.scaling.sharing.namespace_quotas import Footprint, NamespaceQuotas, Quota, Workload
from controller.scaling.sharing.pools import grants
from tests.builders import REQUESTS, a_policy, a_reading, an_observation


def decided(
    name: str,
    requests: float,
    *,
    hourly: str = "10",
    unhealthy: bool = False,
    runs: int = 6,
    spec: dict[str, Any] | None = None,
) -> Decision:
    """Return a decision of a policy that shares budget `shop`; ten requests/s and replica at 100 %."""
    cost = {"hourlyPerReplica": 1, "budget": {"name": "shop", "hourly": hourly}}
    full = {
        "scaleTargetRef": {"name": name},
        "cost": cost,
        "minReplicas": 2,
        "objective": {"utilizationPercent": 85},
        **(spec or {}),
    }
    policy = a_policy(REQUESTS, name=name, **full)
    readings = {"requests": a_reading(requests, problem="stale" if unhealthy else "")}
    return evaluate(an_observation(policy, readings=readings, replicas=runs))


# ── Budgets ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_policies_of_equal_priority_get_by_need_what_half_the_capacity_is() -> None:
    granted = grants([decided("a", 102), decided("b", 68)], None)

    said = "budget shop of 10 an hour"
    assert granted == {
        ObjectKey("shop", "a"): Grant(6, said, Reason.BUDGET),
        ObjectKey("shop", "b"): Grant(4, said, Reason.BUDGET),
    }


def test_who_states_less_counts_for_all() -> None:
    granted = grants([decided("a", 102, hourly="999"), decided("b", 68)], None)

    assert sum(grant.replicas for grant in granted.values()) == 10


def test_enough_for_all_grants_nothing_in_particular() -> None:
    assert grants([decided("a", 102, hourly="50"), decided("b", 68, hourly="50")], None) == {}


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

    assert grants([first, second], None)[ObjectKey("shop", "b")].replicas == left


def test_who_recommends_beside_an_acting_policy_on_the_same_target_takes_nothing_of_its_own() -> None:
    watching = decided("c", 102, spec={"mode": "Recommend", "scaleTargetRef": {"name": "a"}})

    granted = grants([watching, decided("a", 102), decided("b", 68), watching], None)

    assert {key.name: grant.replicas for key, grant in granted.items()} == {"a": 6, "b": 4}


# ── ResourceQuotas ───────────────────────────────────────────────────────────────────────────────────────────────────
CPU = "requests.cpu"
POD = {CPU: 1.0, "pods": 1.0}


def wishes(name: str, replicas: int, **spec: object) -> Decision:
    """Return a decision of a policy that wants so many replicas and runs four, without a budget."""
    return decided(name, 8.5 * replicas, runs=4, spec={"cost": None, **spec})


def room(*quotas: Quota, pods: int = 4, absent: str = "", **takes: dict[str, float]) -> NamespaceQuotas:
    """Return these quotas, and Deployments `a` to `c` with pods of one core."""
    sizes = {"a": POD, "b": POD, "c": POD, **takes}
    footprints = {
        Workload("apps", "Deployment", name): Footprint(size, pods) for name, size in sizes.items() if name != absent
    }
    return NamespaceQuotas(quotas, footprints)


def granted(quotas: NamespaceQuotas, *decisions: Decision) -> dict[str, int]:
    return {key.name: grant.replicas for key, grant in grants(decisions, quotas).items()}


@pytest.mark.parametrize(
    ("quota", "priority", "shares"),
    [
        (Quota("team", CPU, hard=24, others=0), 0, {}),
        (Quota("team", CPU, hard=14, others=0), 0, {"a": 6, "b": 4}),
        (Quota("team", CPU, hard=14, others=0), 1, {"a": 2}),
        (Quota("team", CPU, hard=18, others=4), 0, {"a": 6, "b": 4}),
        (Quota("team", CPU, hard=12, others=0), 1, {"a": 2, "b": 6}),
        (Quota("team", CPU, hard=11, others=0), 1, {"a": 4, "b": 4}),
        (Quota("team", CPU, hard=16, others=20), 0, {"a": 4, "b": 4}),
        (Quota("team", "requests.memory", hard=0, others=0), 0, {}),
    ],
    ids=[
        "room for all",
        "shared by need beside what is not decided about",
        "the higher priority gets its wish, the other one the rest",
        "beside what others take",
        "all of it runs: the higher priority grows by what the other one ends",
        "less than what runs: nothing ends, nothing grows",
        "others take more than there is: what runs",
        "what these pods do not ask for",
    ],
)
def test_a_quota_is_shared_to_the_pod(quota: Quota, priority: int, shares: dict[str, int]) -> None:
    # Four pods of c stand undecided. Of 10 cores left floors take 4; a needs 10 more and b 6: 3.75 and 2.25.
    assert granted(room(quota), wishes("a", 12), wishes("b", 8, priority=priority)) == shares


def test_a_grant_names_the_quota_and_its_resource() -> None:
    quotas = room(Quota("team", CPU, hard=99, others=0), Quota("team", "pods", hard=14, others=0))

    (grant,) = grants([wishes("a", 12)], quotas).values()

    assert grant == Grant(6, "ResourceQuota team (pods)", Reason.QUOTA)


def test_pods_of_different_sizes_share_by_what_they_take() -> None:
    # Without c: 12 cores less floors (4 + 2) are 6; a needs 10 x 2 and b 6: 4.62 and 1.38 cores, so 2 and 1 replicas,
    # and the last core is too little for a and goes to b.
    quotas = room(Quota("team", CPU, hard=12, others=0), absent="c", a={CPU: 2.0})

    assert granted(quotas, wishes("a", 12), wishes("b", 8)) == {"a": 4, "b": 4}


def test_a_budget_and_a_quota_leave_the_smaller_share() -> None:
    cost = {"hourlyPerReplica": 1, "budget": {"name": "shop", "hourly": 5}}
    quotas = room(Quota("team", CPU, hard=16, others=0), absent="c")

    limited = grants([wishes("a", 12, cost=cost), wishes("b", 8)], quotas)

    # By the budget a may ask for 5 alone; with b's 8 that is within the quota.
    assert {key.name: (grant.replicas, grant.reason) for key, grant in limited.items()} == {"a": (5, Reason.BUDGET)}


def test_a_target_of_unknown_size_is_left_alone() -> None:
    quotas = room(Quota("team", CPU, hard=4, others=0), absent="a")

    assert "a" not in granted(quotas, wishes("a", 12), wishes("b", 8))


@pytest.mark.parametrize(
    ("spec", "wish", "left"),
    [
        ({}, 5, 8),
        ({"mode": "Recommend"}, 5, 6),
        ({"mode": "Recommend"}, 12, 6),
        ({"pin": {"replicas": 7, "until": "2026-03-03T00:00:00Z"}}, 5, 3),
        ({"actuator": "Metric"}, 3, 6),
        ({"actuator": "HPAMinReplicas"}, 3, 6),
    ],
    ids=[
        "its floor alone",
        "what runs beside a lower wish",
        "what runs beside a higher wish",
        "a pin",
        "what others run by its metric",
        "what an HPA runs above its floor",
    ],
)
def test_what_runs_whatever_is_decided_is_taken_first(spec: dict[str, Any], wish: int, left: int) -> None:
    quotas = room(Quota("team", "pods", hard=10, others=0), absent="c")

    shares = granted(quotas, wishes("a", wish, **spec), wishes("b", 20, priority=1))

    assert shares["b"] == left


def test_who_may_not_act_keeps_what_runs() -> None:
    quotas = room(Quota("team", "pods", hard=10, others=0), absent="c")
    first = wishes("a", 12)
    yielding = replace(
        first, observation=replace(first.observation, obstacle=Obstacle(Reason.TARGET_OWNED_BY_HPA, "an HPA"))
    )

    assert granted(quotas, yielding, wishes("b", 20)) == {"b": 6}


def test_the_message_of_who_is_cut_names_the_quota() -> None:
    first = wishes("a", 12)
    (grant,) = grants([first], room(Quota("team", CPU, hard=14, others=0))).values()

    cut = evaluate(replace(first.observation, memory=first.remembered, grant=grant))

    assert (cut.desired_replicas, cut.reason) == (6, Reason.QUOTA)
    assert cut.message == "ResourceQuota team (requests.cpu) leaves 6 of 12 replicas, by priority and need"


# ── Wishes that are only shown ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("wish", "acting", "fits"),
    [(6, 4, None), (7, 4, 6), (6, 5, 5), (12, 20, 4), (3, 20, None)],
    ids=["it fits", "it does not", "others take some of it", "others take all of it", "it is less than what runs"],
)
def test_who_only_recommends_is_told_what_would_be_left_for_it(wish: int, acting: int, fits: int | None) -> None:
    quotas = room(Quota("team", "pods", hard=10, others=0), absent="c")

    shares = granted(quotas, wishes("a", wish, mode="Recommend", priority=9), wishes("b", acting))

    assert shares.get("a") == fits
    assert shares.get("b", acting) == min(acting, 6)


def test_of_several_pools_the_one_that_leaves_least_is_told() -> None:
    quotas = room(Quota("team", CPU, hard=9, others=0), Quota("team", "pods", hard=8, others=0), absent="c")
    cost = {"hourlyPerReplica": 1, "budget": {"name": "shop", "hourly": 11}}

    (grant,) = grants([wishes("a", 12, mode="Recommend", cost=cost)], quotas).values()

    assert grant == Grant(4, "ResourceQuota team (pods)", Reason.QUOTA)


def test_a_wish_that_would_not_fit_is_shown_whole_and_told() -> None:
    first = wishes("a", 12, mode="Recommend")
    (grant,) = grants([first], room(Quota("team", CPU, hard=14, others=0))).values()

    again = evaluate(replace(first.observation, memory=first.remembered, grant=grant))

    (limited,) = (each for each in status_after(again).conditions if each.type == "ScalingLimited")
    assert (again.desired_replicas, again.limiters) == (12, first.limiters)
    assert (limited.status, limited.reason) == ("True", "QuotaShared")
    assert limited.message == (
        "ResourceQuota team (requests.cpu) has room for 6 of the 12 replicas beside what others get; nothing is cut "
        "while the policy only recommends"
    )
