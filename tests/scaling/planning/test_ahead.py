"""The plan ahead, on a real forecast: at every moment what is needed, in few steps, each with who asks for it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from controller.api.policy_status import Memory
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.planning.ahead import HORIZON, look_ahead, needs_ahead, plan_ahead
from controller.scaling.planning.needs import Foresight
from forecasting import fit
from tests.builders import NOON, a_policy, an_event
from tests.forecasting.loads import a_series, noisy_week

POLICY = a_policy(maxReplicas=2000)
(REQUESTS,) = POLICY.spec.load_signals


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    """A daily season of two weeks, as it was known at its end."""
    fitted = fit(a_series(10 * noisy_week(14, 3)))
    return Foresight(POLICY, Memory(), [look_ahead(POLICY, REQUESTS, fitted, now=fitted.origin)])


def test_a_plan_covers_every_moment_with_a_third_of_the_changes(foresight: Foresight) -> None:
    now = foresight.signals[0].planned.start

    (plan, changes), needs = plan_ahead(foresight, now=now), needs_ahead(foresight, now=now)

    held = [[step for step in plan if step.start <= begin][-1].replicas for begin, _ in needs]
    wanted = [need.replicas for _, need in needs]
    assert all(has >= need for has, need in zip(held, wanted, strict=True))
    assert 3 * (len(plan) - 1) <= changes == sum(a != b for a, b in pairwise(wanted))
    assert sum(held) <= 1.05 * sum(wanted)
    assert needs[-1][0] + foresight.signals[0].planned.step == now + HORIZON


def test_an_announced_launch_is_planned_from_its_start_on_and_named(foresight: Foresight) -> None:
    now = foresight.signals[0].planned.start
    launch = an_event(start=now + timedelta(hours=20), end=now + timedelta(hours=21), multiplierPercent=400)
    announced = Foresight(POLICY, Memory(), foresight.signals, (window_of(launch),))

    asked = [step for step in plan_ahead(announced, now=now).steps if step.reason == "DemandEvent"]

    assert (asked[0].start, asked[0].source) == (launch.spec.start, "launch")
    assert max(step.replicas for step in asked) == max(need.replicas for _, need in needs_ahead(announced, now=now))


def test_a_plan_that_a_budget_caps_says_what_is_asked_for(foresight: Foresight) -> None:
    now = foresight.signals[0].planned.start
    free = [need.replicas for _, need in needs_ahead(foresight, now=now)]
    paid = (max(free) + min(free)) // 2
    policy = a_policy(maxReplicas=2000, cost={"hourlyPerReplica": 1, "budget": {"name": "team", "hourly": paid}})

    steps = plan_ahead(replace(foresight, policy=policy), now=now).steps

    capped = [step for step in steps if step.wanted is not None]
    assert {(step.replicas, step.reason, step.source) for step in capped} == {(paid, "BudgetShared", "budget team")}
    assert max(step.wanted or 0 for step in capped) == max(free)
    assert max(step.replicas for step in steps) == paid
    assert len(capped) < len(steps)


def test_without_a_forecast_that_may_act_there_is_no_plan() -> None:
    assert plan_ahead(Foresight(POLICY, Memory(), []), now=NOON) == ((), 0)


def test_a_plan_begins_now_not_where_its_forecast_began(foresight: Foresight) -> None:
    start = foresight.signals[0].planned.start

    first, *_ = plan_ahead(foresight, now=start + timedelta(minutes=12)).steps

    assert first.start == start + timedelta(minutes=10)
