"""What the forecast makes of odd samples, through fit and update, on made loads with noise and on a real one."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from forecasting import Calendar, Event, FittedForecast, Series, fit
from forecasting.masks import Reason
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, MONDAY, a_series, noisy_week

DAY, HOUR = 288, 12  # samples
TRACE = Path(__file__).parents[2] / "benchmarks" / "data" / "google2019_cpu_5min.csv.gz"


@dataclass(frozen=True)
class Load:
    """Samples, of which those before `origin` are known; a day or more comes after."""

    values: Values
    origin: int

    def known(self, last: int | None = None, first: int = 0) -> Series:
        return a_series(self.values[first : self.origin if last is None else last], start=MONDAY + first * FIVE_MINUTES)

    @property
    def tomorrow(self) -> Values:
        return self.values[self.origin : self.origin + DAY]

    def times(self, factor: float, first: int, count: int | None = None) -> "Load":
        """The same load, times a factor for so many samples from so many samples before the origin on."""
        values = self.values.copy()
        begin = self.origin - first
        values[begin : None if count is None else begin + count] *= factor
        return Load(values, self.origin)


def made(seed: int, persistence: float, scale: float) -> Load:
    # Origins at mixed hours of Monday.
    return Load(noisy_week(30, seed, persistence=persistence, scale=scale), 28 * DAY + (100, 150, 170, 220)[seed % 4])


@cache
def real() -> Load:
    with gzip.open(TRACE, "rt") as lines:
        rows = [line.rstrip("\n").split(",") for line in lines][1:]
    assert datetime.fromisoformat(rows[1][0]) - datetime.fromisoformat(rows[0][0]) == FIVE_MINUTES
    values = np.array([float(value or "nan") for _, value in rows])[: 24 * DAY]
    return Load(values * 1000, 22 * DAY + 150)  # a share of machines; as requests it is far from zero


LOADS: dict[str, Callable[[], Load]] = {
    "short noise": lambda: made(0, 0.8, 0.05),
    "hours of noise": lambda: made(1, 0.97, 0.06),
    "no memory": lambda: made(2, 0.0, 0.06),
    "a real trace": real,
}


@pytest.fixture(params=list(LOADS))
def load(request: pytest.FixtureRequest) -> Load:
    return LOADS[request.param]()


def point(fitted: FittedForecast) -> Values:
    return fitted.forecast(timedelta(days=1), levels=()).point.values


def moved(one: FittedForecast, other: FittedForecast) -> float:
    """By what share of demand the next day's forecasts differ."""
    return float(np.sum(np.abs(point(one) - point(other))) / np.sum(point(one)))


def error(fitted: FittedForecast, truth: Values, count: int) -> float:
    return float(np.sum(np.abs(point(fitted)[:count] - truth[:count])) / np.sum(truth[:count]))


ODD = {
    "an outage": (0.0, 6),
    "a partial outage": (0.4, 6),
    "a spike": (3.0, 6),
    "a short spike": (5.0, 1),
    "a glitch": (1e6, 1),
    "a zero": (0.0, 1),
}
odd = pytest.mark.parametrize(("factor", "count"), ODD.values(), ids=ODD.keys())


@odd
@pytest.mark.parametrize(
    "back", [0, 2 * HOUR, DAY - 30, DAY + 100, 4 * DAY, 7 * DAY - 40], ids=lambda back: f"{back} back"
)
def test_an_odd_half_hour_in_the_history_moves_the_next_day_by_less_than_a_twentieth(
    load: Load, factor: float, count: int, back: int
) -> None:
    spoiled = load.times(factor, back + count, count)

    assert moved(fit(load.known()), fit(spoiled.known())) < 0.05


@odd
@pytest.mark.parametrize("back", [0, 3, 20], ids=lambda back: f"{back} back")
def test_an_odd_half_hour_that_came_since_the_fit_moves_the_next_day_by_less_than_a_twentieth(
    load: Load, factor: float, count: int, back: int
) -> None:
    fitted = fit(load.known(load.origin - 36))
    spoiled = load.times(factor, back + count, count)

    one, other = (fitted.update(each.known(first=load.origin - 36)) for each in (load, spoiled))

    assert moved(one, other) < 0.05


def test_samples_one_by_one_move_no_more_than_all_at_once(load: Load) -> None:
    spoiled = load.times(0.0, 8, 6)
    stepwise = fitted = fit(load.known(load.origin - 36))

    for step in range(load.origin - 36, load.origin):
        stepwise = stepwise.update(spoiled.known(step + 1, first=step))

    np.testing.assert_allclose(point(stepwise), point(fitted.update(spoiled.known(first=load.origin - 36))))


@pytest.mark.parametrize("lead", [HOUR, 4 * HOUR], ids=["an hour", "four hours"])
def test_a_new_level_is_followed_within_an_hour_of_samples(load: Load, lead: int) -> None:
    shifted = load.times(1.4, HOUR)

    refitted = fit(shifted.known())
    updated = fit(shifted.known(load.origin - HOUR)).update(shifted.known(first=load.origin - HOUR))

    assert error(refitted, shifted.tomorrow, lead) < 0.1
    assert error(updated, shifted.tomorrow, lead) < 0.1


@pytest.mark.parametrize("factor", [1.2, 1.4])
@pytest.mark.parametrize("stands", [HOUR, 2 * HOUR, 6 * HOUR])
def test_a_rise_that_stands_is_not_counted_twice(load: Load, factor: float, stands: int) -> None:
    fitted = fit(load.known(load.origin - stands))
    usual, risen = (
        fitted.update(each.known(first=load.origin - stands)) for each in (load, load.times(factor, stands))
    )

    assert np.max(point(risen) / point(usual)) < 1.1 * factor


@pytest.mark.parametrize("days", [1, 2, 5])
def test_a_new_level_stays_followed_in_the_days_after(load: Load, days: int) -> None:
    shifted = load.times(1.4, days * DAY)

    assert error(fit(shifted.known()), shifted.tomorrow, DAY) < 0.1


@pytest.mark.parametrize("days", [2.2, 5])
def test_a_lower_level_is_believed_after_two_days(load: Load, days: float) -> None:
    shifted = load.times(0.6, round(days * DAY))

    assert error(fit(shifted.known()), shifted.tomorrow, DAY) < 0.1


@pytest.mark.parametrize("samples", [6, 3, 1], ids=["half an hour", "a quarter", "a sample"])
def test_a_true_daily_spike_keeps_its_height(load: Load, samples: int) -> None:
    daily = (np.arange(len(load.values)) - 120) % DAY < samples
    spiky = Load(np.where(daily, 3.0, 1.0) * load.values, load.origin)

    height = point(fit(spiky.known()))[daily[load.origin : load.origin + DAY]]

    usual = point(fit(load.known()))[daily[load.origin : load.origin + DAY]]
    assert np.mean(height) >= 0.9 * 3 * np.mean(usual)


@pytest.mark.parametrize(("factor", "hours"), [(0.0, 3), (3.0, 3)], ids=["an outage", "a crowd"])
def test_a_labelled_incident_of_any_length_moves_nothing(load: Load, factor: float, hours: int) -> None:
    first = load.origin - DAY - 100
    spoiled = load.times(factor, DAY + 100, hours * HOUR)
    start = MONDAY + first * FIVE_MINUTES
    calendar = Calendar(events=(Event(start, start + timedelta(hours=hours)),))

    assert moved(fit(load.known()), fit(spoiled.known(), calendar=calendar)) < 0.05


def test_a_labelled_incident_in_progress_moves_nothing(load: Load) -> None:
    spoiled = load.times(0.0, HOUR)
    start = MONDAY + (load.origin - HOUR) * FIVE_MINUTES
    calendar = Calendar(events=(Event(start, start + timedelta(hours=1)),))
    fitted = fit(load.known(load.origin - 36), calendar=calendar)

    before, after = (
        fitted.update(load.known(first=load.origin - 36)),
        fitted.update(spoiled.known(first=load.origin - 36)),
    )

    assert moved(before, after) < 0.01


def test_what_was_left_out_is_told(load: Load) -> None:
    spoiled = load.times(0.0, DAY, 6)

    (left_out,) = (each for each in fit(spoiled.known()).left_out if each.reason is Reason.OUTAGE)

    assert left_out.start == MONDAY + (load.origin - DAY) * FIVE_MINUTES
    assert left_out.end - left_out.start == timedelta(minutes=30)


def test_a_glitch_does_not_raise_what_may_be_forecast(load: Load) -> None:
    spoiled = load.times(1e6, DAY, 1)
    update = load.times(1e6, 3, 1).known(first=load.origin - 6)

    fitted = fit(spoiled.known(load.origin - 6)).update(update)

    assert fitted.forecast(levels=(0.999,)).paths.max() <= 3 * load.values[: load.origin].max() * 1.001
