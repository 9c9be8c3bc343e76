"""Multipliers measured in the last window: what is remembered of it, and what the next one makes of that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.occasion import MAX_OCCASIONS, Occasion
from controller.api.policy_status import Memory, ScalingPolicyStatus
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.learning.occasions import advance_occasions, with_learned_multipliers
from controller.scaling.observation import Observation
from controller.scaling.plan import plan_capacity
from controller.scaling.publishing.status import is_worth_writing
from tests.builders import NOON, a_policy, a_reading, a_usual, an_event, an_observation, an_outlook

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SALE = {"name": "sale", "start": "12:00", "end": "14:00", "multiplierPercent": 250}  # the builders' noon is a Monday's
ASKING = {**SALE, "multiplierSource": "LastTime"}
LAUNCH = an_event(start=NOON, end=NOON + 2 * HOUR, multiplierPercent=250)


def seen(now: datetime, demand: float | None, memory: Memory, **how: Any) -> Observation:  # noqa: ANN401  the builder's
    """Return what is seen in the midst of a sale, on a day on which 100 is usual."""
    policy = how.pop("policy", a_policy(schedules=[ASKING]))
    outlooks = {"requests": an_outlook([100] * 300, gate_open=how.pop("gate_open", True), usual=a_usual(100))}
    readings = {"requests": a_reading(demand, now=now, problem="" if demand else "no answer")}
    return an_observation(
        policy, now=now, schedules_until=now + MINUTE, outlooks=outlooks, readings=readings, memory=memory, **how
    )


def lived(demands: Sequence[float | None], *, begin: datetime = NOON, **how: Any) -> tuple[Occasion, ...]:  # noqa: ANN401  the builder's
    """Return what is remembered after a demand for every minute from `begin` on."""
    memory = Memory()
    for number, demand in enumerate(demands):
        observation = seen(begin + number * MINUTE, demand, memory, **how)
        memory = Memory(occasions=advance_occasions(observation))
    return memory.occasions


def test_the_highest_minutes_of_a_window_are_remembered_beside_the_usual_ones() -> None:
    (sale,) = lived([120, 310, None, 150], begin=NOON + HOUR)
    assert (sale.name, sale.signal, sale.began, sale.ended) == ("sale", "requests", NOON, NOON + 2 * HOUR)
    assert (sale.minutes, sale.measured, sale.expected) == (3, 310, 100)


@pytest.mark.parametrize(
    ("how", "begin"),
    [
        ({"gate_open": False}, NOON),
        ({"policy": a_policy(schedules=[SALE])}, NOON),
        ({}, NOON - HOUR),
        ({}, NOON + 2 * HOUR),
    ],
    ids=["what is usual is not known", "nobody asks", "before it began", "it is over"],
)
def test_nothing_is_remembered_where(how: dict[str, Any], begin: datetime) -> None:
    assert lived([300, 300], begin=begin, **how) == ()


def test_an_event_is_always_remembered_for_one_that_is_like_it() -> None:
    (launch,) = lived([300], policy=a_policy(), events=[LAUNCH])
    assert (launch.name, launch.measured) == ("launch", 300)


def occasion(ratio: float, *, days_ago: int = 7, minutes: int = 120, name: str = "sale") -> Occasion:
    began = NOON - timedelta(days=days_ago)
    last = began + (minutes - 1) * MINUTE
    about = {"name": name, "signal": "requests", "began": began, "ended": began + 2 * HOUR, "seen": last}
    return Occasion.model_validate({**about, "minutes": minutes, "measured": 100 * ratio, "expected": 100})


@pytest.mark.parametrize(
    ("occasions", "percent", "why"),
    [
        ([], 250, "what is given, before there was one"),
        ([occasion(3.1)], 310, "what was measured"),
        ([occasion(1.9), occasion(3.1, days_ago=14)], 190, "the last time"),
        ([occasion(1.9, minutes=59), occasion(3.1, days_ago=14)], 310, "of which at least half was seen"),
        ([occasion(9)], 400, "at most twice of what is given above the usual"),
        ([occasion(0.8)], 175, "and at least half of it"),
        ([occasion(3.1, name="launch")], 250, "of itself alone"),
        ([occasion(3.1, days_ago=0)], 250, "never of the window that is on"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_next_window_is_planned_by_the_last(occasions: list[Occasion], percent: int, why: str) -> None:
    windows = schedule_windows(a_policy(schedules=[ASKING]).spec, NOON, NOON + MINUTE)
    (learned,) = with_learned_multipliers(windows, Memory(occasions=tuple(occasions)))
    assert learned.multiplier_percent == percent, why
    assert bool(learned.measured) == (percent != 250)


def test_an_event_is_planned_by_the_one_it_is_like() -> None:
    black_friday = an_event("black-friday-2026", multiplierPercent=250, likeEvent="black-friday-2025")
    memory = Memory(occasions=(occasion(3.1, name="black-friday-2025", days_ago=364),))
    (learned,) = with_learned_multipliers([window_of(black_friday)], memory)
    assert learned.multiplier_percent == 310


def test_a_plan_says_what_it_learned_from() -> None:
    memory = Memory(occasions=(occasion(3.1),))
    observation = seen(NOON - MINUTE, 70, memory)
    windows = with_learned_multipliers(schedule_windows(observation.policy.spec, NOON, NOON + MINUTE), memory)
    due = replace(an_observation(observation.policy, now=NOON - MINUTE, requests=70), windows=windows)
    (asked,) = (each for each in plan_capacity(due).candidates if each.source == "sale")
    assert asked.replicas == 31
    assert "3.10 times the usual demand (3.10 times were measured from 2026-02-23 12:00 UTC on)" in asked.message


def test_the_oldest_are_forgotten() -> None:
    many = tuple(occasion(2, days_ago=days, name=f"e{days}") for days in range(MAX_OCCASIONS, 0, -1))
    kept = advance_occasions(seen(NOON + MINUTE, 300, Memory(occasions=many)))
    assert (len(kept), kept[0].name, kept[-1].name) == (MAX_OCCASIONS, many[1].name, "sale")


def test_the_status_keeps_what_was_seen_every_five_minutes() -> None:
    written, later, much_later = (
        ScalingPolicyStatus(memory=Memory(occasions=(occasion(3, minutes=minutes),))) for minutes in (5, 9, 10)
    )
    assert not is_worth_writing(written, later)
    assert is_worth_writing(written, much_later)
