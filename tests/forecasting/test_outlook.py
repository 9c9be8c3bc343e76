from datetime import date, timedelta

import numpy as np
import pytest

from forecasting import DailyPeaks, PeakOutlook, SeriesRefused, peak_outlook
from forecasting.accuracy import coverage
from forecasting.series import Values

FIRST = date(2026, 1, 5)
WEEK = np.array([100, 101, 99, 102, 100, 60, 50.0])
MONTHLY = 30


def days(count: int, *, growth: float = 0.0, noise: float = 0.0, walk: float = 0.0, seed: int = 0) -> Values:
    """Return peaks with a usual week that grow by a share a month, with noise and a random walk on logarithms."""
    draws = np.random.default_rng(seed).standard_normal((2, count))
    logs = np.log1p(growth) / MONTHLY * np.arange(count) + noise * draws[0] + walk * np.cumsum(draws[1])
    return np.asarray(np.resize(WEEK, count) * np.exp(logs))


def outlook(values: Values, ahead: int = 90) -> PeakOutlook:
    return peak_outlook(DailyPeaks(FIRST, values), days=ahead)


def test_an_outlook_begins_where_the_peaks_end() -> None:
    made = outlook(days(56))

    assert made.first == made.day(0) == FIRST + timedelta(days=56)
    assert made.day(89) == FIRST + timedelta(days=145)
    assert made.days == 90
    assert made.history_days == 56


def test_what_repeats_every_week_goes_on() -> None:
    made = outlook(days(84))

    np.testing.assert_allclose(made.quantile(0.5), np.resize(WEEK, 90), rtol=0.15)
    assert abs(made.growth.percent) < 1


def test_bounds_are_in_order_and_widen() -> None:
    made = outlook(days(200, noise=0.05, walk=0.01))
    width = made.quantile(0.95) / made.quantile(0.5)

    assert (np.diff(made.quantiles, axis=0) >= 0).all()
    assert width[-7:].mean() > 1.05 * width[:7].mean()
    assert made.growth.lower < made.growth.percent < made.growth.upper


@pytest.mark.parametrize("monthly", [0.05, 0.1, 0.3])
def test_steady_growth_is_found_and_led_on(monthly: float) -> None:
    made = [outlook(days(200, growth=monthly, noise=0.03, seed=seed)) for seed in range(10)]

    expected = days(290, growth=monthly)[200:].mean()
    assert np.mean([each.quantile(0.5).mean() for each in made]) == pytest.approx(expected, rel=0.1)
    assert np.mean([each.growth.percent for each in made]) == pytest.approx(100 * monthly, rel=0.2)


def test_a_slope_that_never_lasts_is_not_led_on() -> None:
    month = np.concatenate([np.linspace(0, 0.5, 30), np.linspace(0.5, 0, 30)])
    values = days(300) * np.exp(np.resize(month, 300))

    made = outlook(values[:285])  # in the middle of a rise

    assert made.quantile(0.5)[-30:].mean() < 1.3 * values.mean()


def test_a_year_repeats_in_part() -> None:
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(545) / 364)
    values = days(545) * season

    with_year, without = outlook(values[:455]), outlook(values[155:455])

    errors = [float(np.abs(each.quantile(0.5) - values[455:]).mean()) for each in (with_year, without)]
    assert errors[0] < 0.8 * errors[1]


def test_bounds_cover_what_they_say() -> None:
    hits = []
    for seed in range(30):
        values = days(290, noise=0.08, walk=0.01, seed=seed)
        made = outlook(values[:200])
        hits.append([float(coverage(values[None, 200:], made.quantile(level))[0]) for level in made.levels])

    np.testing.assert_allclose(np.mean(hits, axis=0), [0.05, 0.2, 0.5, 0.8, 0.95], atol=0.08)


def test_holes_move_an_outlook_little() -> None:
    values = days(200, noise=0.03)
    holed = values.copy()
    holed[[3, 50, 51, 52, 130]] = np.nan
    holed[80:101] = np.nan
    holed[-2:] = np.nan

    made = outlook(holed)

    np.testing.assert_allclose(made.quantile(0.5), outlook(values).quantile(0.5), rtol=0.1)
    assert np.isfinite(made.quantiles).all()


def test_one_monstrous_day_moves_the_median_little() -> None:
    values = days(120, noise=0.03)
    spiked = values.copy()
    spiked[100] *= 50

    np.testing.assert_allclose(outlook(spiked).quantile(0.5), outlook(values).quantile(0.5), rtol=0.1)


def test_scale_does_not_matter() -> None:
    values = days(120, noise=0.1)

    np.testing.assert_allclose(outlook(values * 1e-6).quantiles, outlook(values).quantiles * 1e-6)


def test_nothing_is_expected_of_what_was_never_used() -> None:
    made = outlook(np.zeros(60))

    np.testing.assert_allclose(made.quantile(0.5), 0, atol=1e-12)


@pytest.mark.parametrize("known", [0, 1, 27])
def test_less_than_four_weeks_make_no_outlook(known: int) -> None:
    values = np.concatenate([np.full(30, np.nan), days(known)])

    with pytest.raises(SeriesRefused, match=f"28 days of known peaks, there are {known}"):
        outlook(values)


def test_four_weeks_are_enough() -> None:
    assert np.isfinite(outlook(days(28, noise=0.1)).quantiles).all()


def test_known_days_among_many_holes_are_enough() -> None:
    values = np.full(400, np.nan)
    values[::14] = 100.0

    assert np.isfinite(outlook(values).quantiles).all()


def test_a_short_horizon_is_the_beginning_of_a_long_one() -> None:
    values = days(100, noise=0.1)

    np.testing.assert_allclose(outlook(values, 14).quantiles, outlook(values, 30).quantiles[:, :14])


def test_a_level_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="tuple"):
        outlook(days(56)).quantile(0.99)
