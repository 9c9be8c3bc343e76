"""Replicas of the next months: a replica takes 10 requests/s at full load, and the outlook is given day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.capacity_outlook import CapacityOutlook
from controller.api.demand_event import DemandEvent
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import DemandWindow, window_of
from controller.scaling.planning.outlook import LEVELS, Limit, Peaks
from controller.scaling.reasons import Reason
from forecasting import Growth, PeakOutlook
from tests.builders import LATENCY, QUEUE, REQUESTS, a_policy, an_event

TODAY = date(2026, 3, 2)
AT_FULL_LOAD = {"utilizationPercent": 100}
SHARES = np.array([0.5, 1.0, 1.2, 1.5])  # of the median, by level
OTHER = {**REQUESTS, "name": "calls"}


def rising(first: float, daily: float, *, days: int = 90, begins: date = TODAY) -> PeakOutlook:
    """Return an outlook whose median is `first` and rises by so much every day."""
    median = first + daily * np.arange(days)
    return PeakOutlook(begins, LEVELS, SHARES[:, None] * median, 120, Growth(12.34, 5.0, 20.0))


def policy_of(*signals: Mapping[str, Any], most: int = 100, **spec: Any) -> ScalingPolicy:  # noqa: ANN401  any field
    return a_policy(*signals, objective=AT_FULL_LOAD, maxReplicas=most, **spec)


def outlook(
    policy: ScalingPolicy,
    peaks: Mapping[str, PeakOutlook | str],
    *,
    windows: Sequence[DemandWindow] = (),
    limits: Sequence[Limit] = (),
) -> CapacityOutlook:
    return Peaks(policy, Memory(), peaks, windows).outlook(limits)


def test_a_day_needs_what_its_quantiles_need() -> None:
    made = outlook(policy_of(), {"requests": rising(100, 10)})

    assert len(made.days) == 90
    told = made.days[1]
    assert (told.date, told.lower, told.expected, told.bound80, told.bound95) == (date(2026, 3, 3), 6, 11, 14, 17)


def test_a_limit_lasts_until_a_bound_needs_more() -> None:
    (runway,) = outlook(policy_of(most=30), {"requests": rising(100, 10)}).runways

    assert (runway.limit, runway.replicas, runway.source) == ("MaxReplicas", 30, "spec.maxReplicas")
    assert runway.earliest == TODAY + timedelta(days=11)  # 1.5 times 210 need 32, the day before 30
    assert runway.likely == TODAY + timedelta(days=21)
    assert runway.basis == "peaks of requests +12.3 % in 30 days (+5 to +20), from 120 days"


def test_a_limit_that_is_enough_ends_on_no_day() -> None:
    (runway,) = outlook(policy_of(most=150), {"requests": rising(100, 10)}).runways

    assert (runway.earliest, runway.likely) == (None, None)


def test_the_limit_that_ends_first_stands_first() -> None:
    nearer = Limit("MaxReplicas", 20, "another")

    made = outlook(policy_of(most=30), {"requests": rising(100, 10)}, limits=[nearer])

    assert [each.source for each in made.runways] == ["another", "spec.maxReplicas"]


def test_of_two_signals_the_one_that_needs_more_decides_where_both_are_known() -> None:
    peaks = {"requests": rising(100, 0), "calls": rising(50, 10, days=80, begins=TODAY + timedelta(days=1))}

    made = outlook(policy_of(REQUESTS, OTHER), peaks)

    assert [each.expected for each in made.days[:7]] == [10, 10, 10, 10, 10, 10, 11]
    assert (made.days[0].date, len(made.days)) == (TODAY + timedelta(days=1), 80)


@pytest.mark.parametrize(
    ("event", "needs"),
    [
        (an_event(), [30, 10]),
        (an_event(multiplierPercent=None, minReplicas=25), [25, 10]),
        (an_event(end="2026-03-03T00:00:00Z"), [30, 10]),
        (an_event(end="2026-03-03T00:00:01Z"), [30, 30]),
        (an_event(end="2026-03-02T18:00:00Z", rampOutSeconds=12 * 3600), [30, 20]),
        (an_event(start="2026-03-03T06:00:00Z", end="2026-03-03T07:00:00Z", rampInSeconds=12 * 3600), [20, 30]),
    ],
    ids=[
        "three times the usual",
        "a floor",
        "up to midnight",
        "a second longer, and another day is touched",
        "half of it where its ramp falls past midnight",
        "half of it where its ramp rises before midnight",
    ],
)
def test_a_day_that_an_event_touches_needs_what_the_event_asks_for(event: DemandEvent, needs: list[int]) -> None:
    made = outlook(policy_of(), {"requests": rising(100, 0)}, windows=[window_of(event)])

    assert [each.expected for each in made.days[:2]] == needs


def test_what_a_schedule_multiplies_is_in_the_peaks_and_its_floor_stands() -> None:
    recurring = replace(window_of(an_event(minReplicas=25)), reason=Reason.SCHEDULE)

    made = outlook(policy_of(), {"requests": rising(100, 0)}, windows=[recurring])

    assert [each.expected for each in made.days[:2]] == [25, 10]


def test_the_loss_of_a_zone_is_reckoned_with() -> None:
    made = outlook(policy_of(resilience={"zones": 3}), {"requests": rising(100, 0)})

    assert made.days[0].expected == 15


def test_never_fewer_than_the_minimum() -> None:
    made = outlook(policy_of(minReplicas=7), {"requests": rising(10, 0)})

    assert made.days[0].lower == 7


def test_what_may_wait_in_a_queue_needs_no_slack() -> None:
    queue = {**QUEUE, "queue": {"arrivals": "requests", "drainTargetSeconds": 600}}
    policy = a_policy(REQUESTS, queue)  # 70 % of a replica is planned for, but for what may wait

    assert outlook(policy, {"requests": rising(100, 0)}).days[0].expected == 10


def test_a_signal_without_an_outlook_says_why_and_keeps_no_other_from_it() -> None:
    made = outlook(policy_of(REQUESTS, OTHER), {"requests": "9 of 28 days", "calls": rising(100, 0)})

    assert made.days[0].expected == 10
    assert [(each.name, each.message) for each in made.signals] == [("requests", "9 of 28 days"), ("calls", "")]
    assert made.runways[0].basis.endswith("; requests: 9 of 28 days")


def test_growth_is_told_with_its_bounds() -> None:
    (told,) = outlook(policy_of(), {"requests": rising(100, 0)}).signals

    assert (told.history_days, told.growth_percent, told.growth_lower_percent, told.growth_upper_percent) == (
        *(120, 12.3),
        *(5.0, 20.0),
    )


def test_nothing_known_is_nothing_told() -> None:
    made = outlook(policy_of(), {})

    assert (made.days, made.runways) == ((), ())
    assert made.signals[0].message == "its peaks have not been asked for yet"


def test_a_replica_of_unknown_capacity_makes_no_days() -> None:
    unsized = {**REQUESTS, "load": {}}
    policy = a_policy(unsized, LATENCY, objective={"p95Milliseconds": 250, "latencySignal": "latency"})

    made = outlook(policy, {"requests": rising(100, 0)})

    assert made.days == ()
    assert made.signals[0].message.startswith("it is not known yet what a replica can take of requests")
