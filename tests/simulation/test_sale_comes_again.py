"""A sale that comes again, in closed loop: the forecast never learns it, the multiplier of the next is measured."""

from typing import NamedTuple

import numpy as np
import pytest

from controller.api.schedule import Schedule
from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.world import World
from tests.simulation.made import DAY, HOUR, MINUTE, MONDAY, between, busy_days, demand_of, hours_until

FACTOR = 2.5  # of the usual demand, on Mondays and Wednesdays from 14:00 to 15:00
SALES = (MONDAY + 14 * HOUR, MONDAY + 2 * DAY + 14 * HOUR)
SCHEDULE = {
    "name": "sale",
    "weekdays": ["Monday", "Wednesday"],
    "start": "14:00",
    "end": "15:00",
    "multiplierPercent": 180,
    "multiplierSource": "LastTime",
}

pytestmark = pytest.mark.slow


class Flight(NamedTuple):
    """What happened, and what was decided when each sale began."""

    timeline: Timeline
    decisions: list[Decision]


@pytest.fixture(scope="module")
def flight() -> Flight:
    """Return Monday to Wednesday; four weeks of sales came before."""
    hours = hours_until(2 * DAY + 16 * HOUR)
    on_sale = np.isin(hours // 24 % 7, [0, 2]) & (hours % 24 // 1 == 14)
    demand = demand_of(busy_days(hours) * np.where(on_sale, FACTOR, 1.0), evaluate_from=MONDAY)
    shipped, decisions = default_policy(World()), []
    spec = shipped.spec.model_copy(update={"schedules": (Schedule.model_validate(SCHEDULE),)})
    policy = shipped.model_copy(update={"spec": spec})

    def hear(decision: Decision) -> None:
        if decision.at in SALES:
            decisions.append(decision)

    timeline = replay(demand, World(), lambda load: CyclePilot(load, policy, heard=hear), name="headroom")
    return Flight(timeline, decisions)


def test_the_second_sale_is_planned_by_what_the_first_brought(flight: Flight) -> None:
    given, learned = (decision.observation.windows[0] for decision in flight.decisions)
    assert (given.multiplier_percent, given.measured) == (180, "")
    assert learned.multiplier_percent == pytest.approx(100 * FACTOR, rel=0.15)
    assert "measured from 2026-03-02 14:00 UTC on" in learned.measured


def test_the_second_sale_finds_all_its_replicas_when_it_begins(flight: Flight) -> None:
    missing = flight.timeline.needed_replicas - flight.timeline.ready_replicas
    first, second = (between(flight.timeline, begin, begin + 5 * MINUTE) for begin in SALES)
    assert missing[first].max() > 0
    assert missing[second].max() <= 0


def test_the_forecast_stays_that_of_a_day_without_a_sale(flight: Flight) -> None:
    (outlook,) = flight.decisions[1].observation.outlooks.values()
    usual = float(busy_days(np.array([14.5]))[0])
    expected = outlook.usual.expected.between(SALES[1] + 25 * MINUTE, SALES[1] + 35 * MINUTE).values
    assert expected.mean() < 1.2 * usual
