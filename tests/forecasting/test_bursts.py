"""While the newest sample lies far above what is expected, the next minutes are held where it is."""

import math
from datetime import timedelta

import numpy as np
import pytest

from forecasting import fit
from forecasting.bursts import burst_limits, hold_bursts
from tests.forecasting.loads import a_series, noisy_week

LEADS = np.array([0.0, 1 / 6, 1.0])
LIMITS = np.array([[0.3]])
DAY = 288  # samples


def held(newest: float) -> list[float]:
    """What becomes of an expected 1.0 in log space after a newest sample."""
    expected, sample = np.full((1, 3), 1.0), np.array([[newest]])
    return list(map(float, hold_bursts(expected, sample, LEADS, LIMITS)[0]))


def test_a_burst_counts_half_as_much_ten_minutes_on() -> None:
    assert held(2.0) == pytest.approx([2.0, 1.5, 1.0 + 0.5**6])


@pytest.mark.parametrize(
    "newest",
    [1.0, 1.29, 0.0, 1.0 + math.log(11), math.nan],
    ids=["as expected", "a usual gap", "a fall", "a counter's mistake", "unknown"],
)
def test_what_is_no_burst_changes_nothing(newest: float) -> None:
    assert held(newest) == [1.0] * 3


def test_a_load_that_rises_as_expected_is_not_lowered_by_a_burst_before_it() -> None:
    rising = np.array([[1.0, 3.0, 4.0]])

    assert hold_bursts(rising, np.array([[2.0]]), LEADS, LIMITS)[0].tolist() == [2.0, 3.0, 4.0]


def test_a_burst_lies_beyond_nearly_all_gaps_by_a_margin() -> None:
    gaps = np.concatenate([np.linspace(-0.4, 0.4, 99), [5.0]])[None]

    assert 0.4 < float(burst_limits(gaps)[0]) < 0.55


def test_a_load_without_gaps_needs_a_tenth_to_burst() -> None:
    assert burst_limits(np.zeros((1, 50))).tolist() == pytest.approx([math.log(1.1)])


def test_while_no_gap_was_seen_nothing_is_a_burst() -> None:
    assert burst_limits(np.zeros((2, 0))).tolist() == [math.inf] * 2


@pytest.mark.parametrize("in_the_fit", [True, False], ids=["fitted", "updated"])
@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_minutes_into_a_burst_the_next_ones_are_forecast_as_high(factor: float, *, in_the_fit: bool) -> None:
    values = noisy_week(22, 3, persistence=0.8, scale=0.05)
    origin = 21 * DAY + 120
    values[origin - 2 :] *= factor
    known = a_series(values[:origin])
    before = a_series(values[: origin - 2])

    fitted = fit(known) if in_the_fit else fit(before).update(known)

    next_minutes = fitted.forecast(timedelta(minutes=10), levels=()).point.values
    assert next_minutes[0] == pytest.approx(values[origin - 1], rel=0.05)
    later = fitted.forecast(timedelta(hours=3), levels=()).point.values[-1]
    assert later == pytest.approx(values[origin + 35] / factor, rel=0.25)
