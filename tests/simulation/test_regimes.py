"""What the shipped default does in each regime of demand and world, beside the HPA whose target costs the same."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.api.scaling_policy import Holidays
from controller.scaling.score import score
from controller.simulation.defaults import default_policy
from controller.simulation.variants.blackout import Blackout
from controller.simulation.world import World
from forecasting.series import Values
from tests.simulation.made import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    between,
    busy_days,
    demand_of,
    hours_until,
    hpa_at_equal_cost,
    removes_nothing,
    steered,
    violated_minutes,
)

WORLD = World()
SLOW_START = World(start_up=timedelta(minutes=10))
GROWTH_A_DAY = 0.02


def growing_days() -> Values:
    hours = hours_until(DAY)
    return busy_days(hours) * (1 + GROWTH_A_DAY * hours / 24)


# ── Demand that can be known ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize(
    ("rps", "world"),
    [(busy_days(hours_until(DAY)), WORLD), (growing_days(), WORLD), (busy_days(hours_until(DAY)), SLOW_START)],
    ids=["clean season", "trend of 2 % a day", "start-up of 10 minutes"],
)
def test_what_can_be_known_violates_a_fifth_of_the_minutes_of_an_hpa_at_equal_cost(rps: Values, world: World) -> None:
    demand = demand_of(rps, evaluate_from=MONDAY)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    assert score(ours).violation_minutes <= 0.2 * score(hpa).violation_minutes
    assert score(ours).violation_minutes <= 0.025 * score(ours).minutes


@pytest.mark.slow
def test_a_holiday_is_served_and_neither_staffed_as_a_working_day_nor_remembered_as_one() -> None:
    holiday = datetime(2026, 5, 1, tzinfo=UTC)  # a Friday
    free = {datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC), holiday}  # Easter lies in the history
    hours = hours_until(holiday + 2 * DAY - MONDAY)
    days_off = sum(hours // 24 == (day - MONDAY) // DAY for day in free)
    saturday = 24 * 5  # hours from a Monday
    rps = np.where(days_off, busy_days(hours % 24 + saturday), busy_days(hours))
    demand = demand_of(rps, evaluate_from=holiday)
    policy = default_policy(WORLD)
    forecast = policy.spec.forecast.model_copy(update={"holidays": Holidays(country="DE")})
    told = policy.model_copy(update={"spec": policy.spec.model_copy(update={"forecast": forecast})})

    ours = steered(demand, WORLD, told)

    on_the_day, after = (between(ours, begin, begin + DAY) for begin in (holiday, holiday + DAY))
    pods = ours.created_replicas
    assert violated_minutes(ours, holiday, holiday + DAY) <= 14  # 1 % of the day
    assert violated_minutes(ours, holiday + DAY, holiday + 2 * DAY) <= 28  # 2 %, as on any day
    assert pods[on_the_day].mean() <= 1.4 * pods[after].mean()  # the Saturday after it has the same demand


# ── Demand that cannot be known ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_an_unannounced_flash_crowd_is_met_no_later_than_by_an_hpa_at_equal_cost(factor: float) -> None:
    begin, end = MONDAY + 10 * HOUR, MONDAY + 10 * HOUR + 45 * MINUTE
    hours = hours_until(14 * HOUR)
    crowd = (hours >= 10) & (hours < 10.75)
    demand = demand_of(busy_days(hours) * np.where(crowd, factor, 1.0), evaluate_from=MONDAY + 8 * HOUR)
    ours = steered(demand, WORLD)
    hpa = hpa_at_equal_cost(demand, WORLD, ours)
    assert violated_minutes(ours, begin, end) <= violated_minutes(hpa, begin, end) + 1
    assert score(ours).violation_minutes <= score(hpa).violation_minutes


def test_after_a_level_shift_the_new_level_is_the_usual_one_within_two_hours() -> None:
    shift = MONDAY + 10 * HOUR
    hours = hours_until(DAY)
    demand = demand_of(busy_days(hours) * np.where(hours >= 10, 1.6, 1.0), evaluate_from=MONDAY + 8 * HOUR)
    ours = steered(demand, WORLD)
    hpa = hpa_at_equal_cost(demand, WORLD, ours)
    known = shift + 2 * HOUR
    assert score(ours).violation_minutes <= 0.7 * score(hpa).violation_minutes
    assert violated_minutes(ours, known, MONDAY + DAY) <= 0.02 * 12 * 60
    needed = ours.needed_replicas[between(ours, known, MONDAY + DAY)].mean()
    assert ours.created_replicas[between(ours, known, MONDAY + DAY)].mean() <= 1.25 * needed


# ── A world that fails ───────────────────────────────────────────────────────────────────────────────────────────────
def test_20_minutes_without_metrics_remove_nothing_and_the_forecast_goes_on_adding() -> None:
    rises = [Blackout(MONDAY + hour * HOUR) for hour in (7, 16)]
    world = World(variants=tuple(rises))
    demand = demand_of(busy_days(hours_until(18 * HOUR)), evaluate_from=MONDAY + 6 * HOUR)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    ours_violated = hpa_violated = 0
    for blackout in rises:
        end = blackout.begin + blackout.length
        dark = ours.created_replicas[between(ours, blackout.begin, end)]
        assert removes_nothing(ours, blackout.begin, end)
        assert dark[-1] > dark[0]
        ours_violated += violated_minutes(ours, blackout.begin, end)
        hpa_violated += violated_minutes(hpa, blackout.begin, end)
    assert ours_violated <= 0.5 * hpa_violated
