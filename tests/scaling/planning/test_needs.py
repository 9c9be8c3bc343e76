"""What a moment ahead needs: the largest of all that ask, within bounds, and who it was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.demand_event import DemandEvent
from controller.api.error_budget import BadSpell
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.planning.needs import Ahead, Foresight, Need
from controller.scaling.reasons import Reason
from forecasting import Series
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, an_event

SLOT = timedelta(minutes=5)
HOUR = timedelta(hours=1)
AT_FULL_LOAD = {"utilizationPercent": 100}  # a replica of 10 requests/s takes 10
FLOOR: dict[str, Any] = {"multiplierPercent": None, "minReplicas": 25}


def foresight(
    policy: ScalingPolicy, planned: Mapping[str, float], events: Sequence[DemandEvent] = (), *, expected: float = 0.0
) -> Foresight:
    """Return a constant demand for a day from noon on."""
    signals = {signal.name: signal for signal in policy.spec.load_signals}
    series = {name: Series(NOON, SLOT, np.full(288, value)) for name, value in planned.items()}
    median = Series(NOON, SLOT, np.full(288, expected))
    ahead = [Ahead(signals[name], median, each) for name, each in series.items()]
    return Foresight(policy, Memory(), ahead, tuple(map(window_of, events)))


def policy_of(*signals: Mapping[str, Any], least: int = 1, most: int = 100, **spec: Any) -> ScalingPolicy:  # noqa: ANN401  any field
    return a_policy(*signals, minReplicas=least, maxReplicas=most, **{"objective": AT_FULL_LOAD, **spec})


OTHER = {**REQUESTS, "name": "calls"}


@pytest.mark.parametrize(
    ("planned", "need"),
    [
        (100.0, Need(10, Reason.FORECAST, "requests")),
        (0.0, Need(2, Reason.TOO_FEW_REPLICAS, "minReplicas")),
        (900.0, Need(50, Reason.TOO_MANY_REPLICAS, "maxReplicas", wanted=90)),
    ],
    ids=["what is planned for", "at least minReplicas", "at most maxReplicas"],
)
def test_a_moment_needs_what_is_planned_for_within_bounds(planned: float, need: Need) -> None:
    policy = policy_of(least=2, most=50)

    assert foresight(policy, {"requests": planned}).need(NOON, NOON + SLOT) == need


@pytest.mark.parametrize(
    ("planned", "hourly", "need"),
    [
        (100.0, 5, Need(10, Reason.FORECAST, "requests")),
        (130.0, 5, Need(10, Reason.BUDGET, "budget team", wanted=13)),
        (130.0, 0, Need(2, Reason.BUDGET, "budget team", wanted=13)),
        (900.0, 30, Need(50, Reason.TOO_MANY_REPLICAS, "maxReplicas", wanted=90)),
    ],
    ids=["what a budget pays for", "no more than that", "but minReplicas", "nor than maxReplicas"],
)
def test_a_moment_gets_what_its_own_budget_pays_for(planned: float, hourly: float, need: Need) -> None:
    cost = {"hourlyPerReplica": "0.5", "budget": {"name": "team", "hourly": hourly}}

    assert foresight(policy_of(least=2, most=50, cost=cost), {"requests": planned}).need(NOON, NOON + SLOT) == need


@pytest.mark.parametrize(
    ("burnt", "after_noon", "need"),
    [
        (10, timedelta(0), Need(10, Reason.FORECAST, "requests")),
        (11, timedelta(0), Need(12, Reason.ERROR_BUDGET_NEARLY_GONE, "requests")),
        (11, HOUR - SLOT, Need(12, Reason.ERROR_BUDGET_NEARLY_GONE, "requests")),
        (11, HOUR, Need(10, Reason.FORECAST, "requests")),
    ],
    ids=["over a quarter is left", "less than that", "while the bad minutes count", "but no longer"],
)
def test_while_an_error_budget_is_nearly_gone_a_fifth_more_is_planned(
    burnt: int, after_noon: timedelta, need: Need
) -> None:
    budget = {"targetPercent": 99, "windowDays": 1}  # 14.4 minutes
    objective = {**AT_FULL_LOAD, "indicators": [{"signal": "errors", "above": "50m"}], "errorBudget": budget}
    policy = policy_of(REQUESTS, {"name": "errors", "preset": "http-error-ratio"}, objective=objective)
    began = NOON + HOUR - 24 * HOUR
    spell = BadSpell(began=began, ended=began + timedelta(minutes=burnt), minutes=burnt, over=True)
    seen = replace(foresight(policy, {"requests": 100.0}), memory=Memory(bad_spells=(spell,)))

    assert seen.need(NOON + after_noon, NOON + after_noon + SLOT) == need


def test_of_two_signals_the_one_that_needs_more_decides() -> None:
    seen = foresight(policy_of(REQUESTS, OTHER), {"requests": 100.0, "calls": 200.0})

    assert seen.need(NOON, NOON + SLOT) == Need(20, Reason.FORECAST, "calls")


@pytest.mark.parametrize(
    ("event", "after_noon", "need"),
    [
        (an_event(), timedelta(0), Need(10, Reason.FORECAST, "requests")),
        (an_event(), HOUR, Need(30, Reason.DEMAND_EVENT, "launch")),
        (an_event(), 3 * HOUR, Need(10, Reason.FORECAST, "requests")),
        (an_event(**FLOOR), HOUR, Need(25, Reason.DEMAND_EVENT, "launch")),
        (an_event(rampInSeconds=3600), HOUR / 2 - SLOT, Need(20, Reason.DEMAND_EVENT, "launch")),
        (an_event(rampOutSeconds=3600), 3.5 * HOUR, Need(20, Reason.DEMAND_EVENT, "launch")),
        (an_event(rampOutSeconds=3600), 4 * HOUR, Need(10, Reason.FORECAST, "requests")),
    ],
    ids=[
        "before an event nothing of it is needed",
        "three times the usual while it is on",
        "nothing of it after its end",
        "a floor stands without a factor",
        "half of it halfway up its ramp",
        "half of it halfway down the ramp after its end",
        "nothing of it after that ramp",
    ],
)
def test_an_event_is_planned_for(event: DemandEvent, after_noon: timedelta, need: Need) -> None:
    begin = NOON + after_noon

    assert foresight(policy_of(), {"requests": 100.0}, [event]).need(begin, begin + SLOT) == need


def test_what_may_wait_in_a_queue_is_planned_for_by_its_mean() -> None:
    queue = {**QUEUE, "queue": {"arrivals": "requests", "drainTargetSeconds": 600}}
    seen = foresight(policy_of(REQUESTS, queue), {"requests": 300.0}, expected=70.0)

    assert seen.need(NOON, NOON + SLOT) == Need(7, Reason.FORECAST, "requests")
