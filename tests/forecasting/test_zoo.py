"""The zoo: whatever a series is like, and whatever is taken in afterwards, a forecast is sound or refused in words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import Calendar, Event, FittedForecast, MarkedDay, Series, SeriesRefused, fit
from forecasting.batch import LONGEST_HISTORY
from forecasting.series import LARGEST_SAMPLE, Flags, Values
from tests.forecasting.loads import HOUR

DAY = timedelta(days=1)
MOST_SAMPLES = 30 * 288  # thirty days of 5 minutes; finer grids get as many, but fewer days
START = datetime(2026, 3, 15, 5, 13, 7, tzinfo=UTC)  # two weeks before a clock change in Europe, at no round time

Animal = Callable[[np.random.Generator, int], Values]

ANIMALS: dict[str, Animal] = {
    "constant": lambda _, count: np.full(count, 7.0),
    "zeros": lambda _, count: np.zeros(count),
    "mostly zeros": lambda random, count: np.where(random.random(count) < 0.77, 0.0, random.lognormal(3, 1, count)),
    "a single burst": lambda random, count: np.where(np.arange(count) == random.integers(max(1, count)), 1e6, 0.0),
    "noise": lambda random, count: random.lognormal(3, 0.5, count),
    "wild noise": lambda random, count: random.lognormal(0, 8, count),
    "walk": lambda random, count: np.abs(np.cumsum(random.normal(size=count))),
    "wave": lambda _, count: 100 * (1 + np.sin(np.arange(count) * (2 * np.pi / 288))),
    "growth": lambda _, count: np.exp(np.linspace(-200, 200, count)),
    "spikes of a million": lambda random, count: np.where(random.random(count) < 0.01, 1e6, 5.0),
    "zero and huge by turns": lambda _, count: np.where(np.arange(count) % 2 == 0, 0.0, 1e12),
    "the largest": lambda _, count: np.full(count, LARGEST_SAMPLE),
    "nothing and the largest": lambda random, count: LARGEST_SAMPLE * random.integers(0, 2, count),
    "tiny": lambda random, count: 1e-9 * random.random(count),
    "next to nothing": lambda random, count: 5e-324 * random.integers(0, 3, count),
    "counts": lambda random, count: random.poisson(0.2, count).astype(float),
    "a step": lambda _, count: np.where(np.arange(count) < count // 2, 1.0, 1e5),
}

Holes = Callable[[np.random.Generator, int], Flags]

HOLES: dict[str, Holes] = {
    "none": lambda _, count: np.zeros(count, dtype=bool),
    "one": lambda random, count: np.arange(count) == random.integers(max(1, count)),
    "runs": lambda random, count: np.arange(count) // random.integers(2, 700) % 3 == 1,
    "at random": lambda random, count: random.random(count) < 0.3,
    "nearly all": lambda random, count: random.random(count) < 0.995,
    "at first": lambda random, count: np.arange(count) < random.integers(count + 1),
    "at last": lambda random, count: np.arange(count) >= random.integers(count + 1),
    "everywhere": lambda _, count: np.ones(count, dtype=bool),
}


@st.composite
def values(draw: st.DrawFn, *, most: int) -> Values:
    """So many samples of an animal, some of them missing."""
    random = np.random.default_rng(draw(st.integers(0, 99)))
    count = draw(st.one_of(st.integers(0, most), st.integers(0, min(most, 5)), st.just(most)))
    animal, holes = draw(st.sampled_from(sorted(ANIMALS))), draw(st.sampled_from(sorted(HOLES)))
    return np.where(HOLES[holes](random, count), np.nan, ANIMALS[animal](random, count))


@st.composite
def histories(draw: st.DrawFn) -> Series:
    """Up to thirty days of steps from 15 s to an hour."""
    step = timedelta(seconds=draw(st.sampled_from([15, 60, 300, 900, 1800, 2700, 3600])))
    return Series(START, step, draw(values(most=min(MOST_SAMPLES, 30 * DAY // step))))


@st.composite
def newer_samples(draw: st.DrawFn, fitted: FittedForecast) -> Series:
    """What comes after, or came before, the end of what is known: finer or coarser, with a gap or an overlap."""
    step = fitted.step / draw(st.sampled_from([1, 1, 3, 5])) * draw(st.sampled_from([1, 1, 1, 2]))
    away = draw(st.one_of(st.just(timedelta(0)), st.timedeltas(-2 * DAY, 2 * DAY), st.timedeltas(-40 * DAY, 40 * DAY)))
    return Series(fitted.origin + away, step, draw(values(most=600)))


horizons = st.one_of(st.timedeltas(timedelta(microseconds=1), HOUR), st.timedeltas(HOUR, 9 * DAY))
levels = st.lists(st.one_of(st.floats(1e-9, 1 - 1e-9), st.sampled_from([0.5, 0.95])), max_size=5).map(tuple)
events = (Event(START + 5 * DAY, START + 6 * DAY, 3.0), Event(START + 9 * DAY, START + 40 * DAY, 0.0))
marked_days = (MarkedDay(date(2026, 3, 20), "a feast"), MarkedDay(date(2026, 4, 14), "a feast"))
calendars = st.builds(
    Calendar,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.sampled_from([(), events]),
    st.sampled_from([(), marked_days]),
)


def assert_sound(fitted: FittedForecast, horizon: timedelta, asked: tuple[float, ...]) -> None:
    """The forecast is finite and not negative, and its quantiles rise with the level."""
    horizon = min(horizon, MOST_SAMPLES * fitted.step)
    forecast = fitted.forecast(horizon, asked)
    assert forecast.paths.shape == (1 + len(asked), -(-horizon // fitted.step))
    assert np.isfinite(forecast.paths).all()
    assert (forecast.paths >= 0).all()
    rising = [forecast.quantile(level).values for level in sorted(asked)]
    assert not rising or (np.diff(rising, axis=0) >= 0).all()
    members = np.stack([path.values for path in fitted.member_points(horizon).values()])
    assert np.isfinite(members).all()
    assert sum(each.weight for each in fitted.weights) == pytest.approx(1.0)


@given(series=histories(), calendar=calendars, horizon=horizons, asked=levels, data=st.data())
@settings(max_examples=120)
def test_any_history_and_anything_after_it_is_answered_or_refused(
    series: Series, calendar: Calendar, horizon: timedelta, asked: tuple[float, ...], data: st.DataObject
) -> None:
    recent = series.between(series.end - LONGEST_HISTORY, series.end)
    usual = ~calendar.unusual(recent.seconds, recent.step.total_seconds())
    if np.isnan(recent.values[usual]).all():
        with pytest.raises(SeriesRefused, match="no sample to learn from"):
            fit(series, calendar=calendar)
        return
    fitted = fit(series, calendar=calendar)
    assert_sound(fitted, horizon, asked)
    for _ in range(data.draw(st.integers(0, 4))):
        recent = data.draw(newer_samples(fitted))
        if fitted.step % recent.step and not np.isnan(recent.values).all():
            with pytest.raises(SeriesRefused, match="not a multiple"):
                fitted.update(recent)
        else:
            fitted = fitted.update(recent)
        assert_sound(fitted, horizon, asked)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [15, 300, 3600])
@pytest.mark.parametrize("holes", ["none", "runs"])
@pytest.mark.parametrize("animal", sorted(ANIMALS))
def test_thirty_days_of_each_animal_are_answered_and_fitted_again(animal: str, holes: str, seconds: int) -> None:
    step, random = timedelta(seconds=seconds), np.random.default_rng(4)
    count = 30 * DAY // step
    series = Series(START, step, np.where(HOLES[holes](random, count), np.nan, ANIMALS[animal](random, count)))

    known = fit(series.between(series.start, series.end - HOUR))
    again = fit(series, earlier=known)

    assert_sound(known, 2 * DAY, (0.95, 0.001, 0.5))
    assert_sound(known.update(series), 2 * DAY, (0.95,))
    assert_sound(again, 2 * DAY, (0.95,))


@pytest.mark.parametrize("sample", [-1e-300, -1.0, -np.inf, np.inf, 1.01 * LARGEST_SAMPLE], ids=str)
def test_what_no_demand_can_be_is_refused_by_its_place(sample: float) -> None:
    with pytest.raises(SeriesRefused, match="sample 2 is"):
        Series(START, HOUR, np.array([1.0, np.nan, sample]))
