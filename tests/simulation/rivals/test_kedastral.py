"""Trend and hour of the day, headroom and clamps, then an HPA."""

import numpy as np
import pytest

from controller.simulation.rivals.kedastral import Planner, blended, deviation, highest_expected, kedastral_hpa
from forecasting.series import Values
from tests.simulation.views import a_view

FLAT = np.full(1600, 100.0)  # minutes


@pytest.mark.parametrize(
    ("case", "hour", "expected"),
    [
        ("no hour is known", None, 100.0),
        ("both agree", 100.0, 100.0),
        ("a low hour counts 60 %", 50.0, 70.0),
        ("a higher one 70 %", 130.0, 121.0),
        ("a high one 80 %", 200.0, 180.0),
    ],
)
def test_the_hour_of_the_day_counts_the_more_it_differs(case: str, hour: float | None, expected: float) -> None:
    assert blended(100.0, hour) == pytest.approx(expected), case


def test_a_steady_rate_is_expected_to_stay() -> None:
    assert highest_expected(FLAT, 7.0) == pytest.approx(100)


def test_a_trend_goes_on_for_the_lead() -> None:
    rising = np.arange(60.0)  # a minute after the other one more, and no day before
    assert highest_expected(rising, 7.0) == pytest.approx(59 + 5)


def test_the_quantile_lies_above_by_how_minutes_lay_around_their_line() -> None:
    jumping = np.tile([90.0, 110.0], 30)
    line_of_ten = 110 + 5 * 20 * 2.5 / 82.5 / 2 * 1.2  # slope 0.606 a minute, five of them
    assert deviation(jumping[-30:]) == pytest.approx(10, abs=0.1)
    assert highest_expected(jumping, 7.0) == pytest.approx(line_of_ten + 1.2816 * 10, abs=2)


def test_little_history_means_the_rate_that_everybody_is_told() -> None:
    assert highest_expected(FLAT[:29], 7.0) == 7.0


def ticks(minutes: Values) -> Values:
    return np.repeat(minutes, 4)


def test_headroom_is_added_and_an_hpa_takes_the_replicas() -> None:
    hpa = kedastral_hpa(10.0, min_replicas=2, max_replicas=200)
    assert hpa.decide(a_view(created=10, past=ticks(FLAT))) == 12  # 1.2 * 100 / 10


@pytest.mark.parametrize(("rate", "replicas"), [(1000.0, [20, 40, 80]), (1.0, [5, 2, 2])])
def test_a_step_of_30_s_at_most_doubles_and_halves(rate: float, replicas: list[int]) -> None:
    planner = Planner(10.0, 2, 200)
    past = ticks(np.full(1600, rate))
    planned = [planner.plan(a_view(15.0 * tick, created=10, past=past)) for tick in range(6)]
    assert planned == [each for each in replicas for _ in range(2)]
