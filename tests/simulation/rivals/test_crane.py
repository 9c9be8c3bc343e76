"""An HPA beside a forecast from whole cycles, where the past is periodic."""

import numpy as np
import pytest

from controller.simulation.rivals.crane import (
    crane_hpa,
    error_of,
    forecast,
    highest_of_cycles,
    is_periodic,
    minutes_of,
    waves_of,
)
from forecasting.series import Values
from tests.simulation.views import a_view

DAY = 1440  # minutes
MINUTES = np.arange(DAY)
HILL = 300 - 200 * np.cos(2 * np.pi * MINUTES / DAY)
FLAT_DAYS = np.repeat([100.0, 100, 100, 300, 300, 100, 100], DAY)


def ticks(minutes: Values) -> Values:
    return np.repeat(minutes, 4)


@pytest.mark.parametrize(
    ("case", "minutes", "cycle", "periodic"),
    [
        ("three days alike", np.tile(HILL, 3), DAY, True),
        ("two days are enough", np.tile(HILL, 2), DAY, True),
        ("one day repeats nothing", HILL, DAY, False),
        ("a growth that is stronger than its days", np.tile(HILL, 4) + np.arange(4 * DAY), DAY, False),
        ("weeks of flat days repeat no day", np.tile(FLAT_DAYS, 2), DAY, False),
        ("they repeat weeks", np.tile(FLAT_DAYS, 2), 7 * DAY, True),
    ],
)
def test_a_cycle_is_the_strongest_of_the_slow_waves(case: str, minutes: Values, cycle: int, periodic: bool) -> None:  # noqa: FBT001  a column of the table
    assert is_periodic(minutes, cycle) is periodic, case


def test_the_highest_of_past_cycles_has_a_margin() -> None:
    assert highest_of_cycles(np.array([1.0, 4, 3, 2]), 2).tolist() == pytest.approx([1.15 * 3, 1.15 * 4])


def test_waves_leave_out_fast_noise_and_keep_the_day() -> None:
    noise = np.random.default_rng(1).normal(0, 3, 4 * DAY)
    kept = waves_of(np.tile(HILL, 4) + noise, DAY, fewest=3, weakest=1.0) / 1.15
    assert np.std(kept - HILL) < 1


@pytest.mark.parametrize(
    ("case", "actual", "predicted", "error"),
    [
        ("too high counts as it is", 100.0, 110.0, 0.1),
        ("too low is amplified", 100.0, 80.0, 1.0),  # ln(1 / 0.8) / ln(1.25)
        ("beside nothing the error is absolute", 0.0, 5.0, 5.0),
    ],
)
def test_an_estimator_is_judged_on_the_last_cycle(case: str, actual: float, predicted: float, error: float) -> None:
    assert error_of(np.array([actual]), np.array([predicted])) == pytest.approx(error), case


def test_days_alike_are_forecast_with_their_margin() -> None:
    np.testing.assert_allclose(forecast(np.tile(HILL, 3)), 1.15 * HILL, rtol=1e-6)


def test_what_is_not_periodic_is_not_forecast() -> None:
    assert len(forecast(np.arange(4.0 * DAY))) == 0
    assert len(forecast(HILL)) == 0


def test_missing_minutes_lie_on_the_line_between_their_neighbours() -> None:
    rates = ticks(np.array([10.0, np.nan, np.nan, 40.0]))
    assert minutes_of(rates).tolist() == pytest.approx([10, 20, 30, 40])
    assert len(minutes_of(np.full(8, np.nan))) == 0


@pytest.mark.parametrize(
    ("case", "hours", "rps", "replicas"),
    [
        ("the highest of the next hour asks", 6.0, 300.0, 58),  # 1.15 * (300 - 200 cos(7 h)) / 7
        ("what is measured asks for more", 6.0, 600.0, 86),
    ],
)
def test_forecast_and_measured_rate_ask_together(case: str, hours: float, rps: float, replicas: int) -> None:
    known = np.concatenate((np.tile(HILL, 3), HILL[: int(60 * hours)]))
    expected = 1.15 * (300 - 200 * np.cos(2 * np.pi * (hours + 1) / 24))
    assert replicas == int(np.ceil(max(expected, rps) / 7))
    hpa = crane_hpa(7.0, min_replicas=2, max_replicas=200)
    assert hpa.decide(a_view(created=48, rps=rps, past=ticks(known))) == replicas, case


def test_a_forecast_holds_for_twelve_hours() -> None:
    hpa = crane_hpa(7.0, min_replicas=2, max_replicas=200)
    hpa.decide(a_view(0.0, created=20, rps=7.0, past=ticks(np.tile(HILL, 3))))
    noon = 12 * 3600.0  # nothing is known of the past any more, and it is not asked before noon
    before, *_, after = (hpa.decide(a_view(noon + 15 * tick, created=83, rps=7.0)) for tick in range(-1, 25))
    assert (before, after) == (83, 2)  # 1.15 * 500 / 7
