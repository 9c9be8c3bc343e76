"""A batch of many series gives each the numbers it would have been given alone."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta

import numpy as np
import pytest

from forecasting import FittedForecast, Series, fit, fit_batch
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_series, noisy_week

TOLERANCE = 1e-9
MINUTE = timedelta(minutes=1)

# What loads of a fleet are like; whatever one of them is like must not reach the others of its batch.
KINDS: tuple[Callable[[Values, np.random.Generator], Values], ...] = (
    lambda load, _: load,
    lambda load, _: 1e9 * load,
    lambda load, _: 1e-6 * load,
    lambda load, random: np.where(random.random(len(load)) < 0.02, np.nan, load),
    lambda load, random: np.where(np.arange(len(load)) // random.integers(40, 400) % 9 == 4, np.nan, load),
    lambda load, random: np.where(random.random(len(load)) < 0.77, 0.0, load),
    lambda load, random: np.where(random.random(len(load)) < 0.001, 1e6, load),
    lambda load, random: np.abs(100 + np.cumsum(random.normal(size=len(load)))),
    lambda load, random: np.where(np.arange(len(load)) < random.integers(len(load)), load, 1.4 * load),
    lambda load, random: np.full(len(load), random.uniform(0, 100)),
    lambda load, random: random.poisson(load / 100).astype(float),
    lambda load, _: np.zeros(len(load)),
)

GRIDS = ((FIVE_MINUTES, 28), (FIVE_MINUTES, 9), (30 * MINUTE, 28), (HOUR, 21), (HOUR, 5), (HOUR, 1))


def a_fleet(count: int) -> list[Series]:
    """So many series of all kinds, on grids of several steps and lengths."""
    fleet = []
    for seed in range(count):
        step, days = GRIDS[seed % len(GRIDS)]
        load = noisy_week(days, seed, persistence=0.5, step=step)
        fleet.append(a_series(KINDS[seed % len(KINDS)](load, np.random.default_rng(seed)), step))
    return fleet


def assert_same(one: FittedForecast, other: FittedForecast, scale: float) -> None:
    """Both say the same of the future and of themselves, to a billionth of it or of demand's scale."""
    for before, after in ((one, other), (one.update(newer(one, scale)), other.update(newer(other, scale)))):
        forecasts = [each.forecast(timedelta(days=2), (0.01, 0.5, 0.95)) for each in (before, after)]
        assert forecasts[0].origin == forecasts[1].origin
        np.testing.assert_allclose(forecasts[0].paths, forecasts[1].paths, rtol=TOLERANCE)
    assert (one.gate, one.history, one.left_out) == (other.gate, other.history, other.left_out)
    assert [each.name for each in one.weights] == [each.name for each in other.weights]
    np.testing.assert_allclose(shares(one), shares(other), rtol=TOLERANCE)
    np.testing.assert_allclose(errors(one), errors(other), rtol=TOLERANCE, atol=TOLERANCE * scale)
    assert scores(one).keys() == scores(other).keys()
    np.testing.assert_allclose([*scores(one).values()], [*scores(other).values()], rtol=TOLERANCE, atol=TOLERANCE)


def newer(fitted: FittedForecast, scale: float) -> Series:
    """An hour and a half of samples after a fit, finer than its grid, far from what is usual."""
    return Series(fitted.origin, fitted.step / 5, np.linspace(0, scale, 1 + 90 * MINUTE // (fitted.step / 5)))


def shares(fitted: FittedForecast) -> list[float]:
    return [each.weight for each in fitted.weights]


def errors(fitted: FittedForecast) -> list[float]:
    return [error for each in fitted.weights for error in (each.error, *(miss for _, _, miss in each.by_lead))]


def scores(fitted: FittedForecast) -> dict[tuple[str, str], tuple[float, ...]]:
    accuracy = fitted.accuracy
    return {
        (where, name): astuple(score)
        for where, named in (("first hour", accuracy.first_hour), ("full horizon", accuracy.full_horizon))
        for name, score in named.items()
    }


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_fitted_together_have_the_numbers_of_each_fitted_alone(count: int) -> None:
    fleet = a_fleet(count)

    together = fit_batch(fleet)

    for series, one in zip(fleet, together, strict=True):
        assert_same(one, fit(series), scale=float(np.nanmax(series.values)))


def test_the_order_of_a_batch_does_not_matter() -> None:
    fleet = a_fleet(48)

    forwards, backwards = fit_batch(fleet), fit_batch(fleet[::-1])[::-1]

    for series, one, other in zip(fleet, forwards, backwards, strict=True):
        assert_same(one, other, scale=float(np.nanmax(series.values)))


def test_a_batch_refitted_together_has_the_numbers_of_each_refitted_alone() -> None:
    fleet = a_fleet(48)
    earlier = fit_batch([each.between(each.start, each.end - 2 * HOUR) for each in fleet])

    together = fit_batch(fleet, earlier=earlier)

    for series, known, one in zip(fleet, earlier, together, strict=True):
        assert_same(one, fit(series, earlier=known), scale=float(np.nanmax(series.values)))
