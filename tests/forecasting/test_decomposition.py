import numpy as np
import pytest

from forecasting import SeriesRefused
from forecasting.decomposition import decompose, share
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_series, noisy_week, usual_week


def growing(days: int, percent_per_week: float) -> Values:
    weeks = np.arange(days * 288) / (7 * 288)
    return np.asarray(usual_week(days) * (1 + percent_per_week / 100) ** weeks)


def test_the_components_multiply_to_the_hourly_means() -> None:
    series = a_series(noisy_week(28))

    parts = decompose(series)

    assert parts.weekly is not None
    together = (1 + parts.trend.values) * parts.daily.values * parts.weekly.values * parts.remainder.values
    np.testing.assert_allclose(together, 1 + series.at_step(HOUR).values)


def test_the_growth_of_the_trend_is_found() -> None:
    assert decompose(a_series(growing(28, 10.0))).trend_percent_per_week == pytest.approx(10.0, abs=0.5)


def test_seasons_are_strong_where_there_are_some() -> None:
    parts = decompose(a_series(noisy_week(28, scale=0.02)))

    assert parts.daily_share > 0.5
    assert parts.weekly_share > 0.1
    assert parts.daily_share + parts.weekly_share > 0.95


def test_noise_has_weak_seasons() -> None:
    noise = a_series(100 * np.exp(np.random.default_rng(0).normal(0, 0.2, 672)), HOUR)

    parts = decompose(noise)

    assert parts.daily_share < 0.4


def test_below_two_weeks_there_is_only_a_day() -> None:
    parts = decompose(a_series(usual_week(5)))

    assert parts.weekly is None
    assert parts.trend_percent_per_week is None
    assert parts.weekly_share == 0.0
    assert parts.daily_share > 0.9


def test_gaps_are_filled_first() -> None:
    values = usual_week(21)
    values[1000:1100] = np.nan

    assert np.isfinite(decompose(a_series(values)).remainder.values).all()


@pytest.mark.parametrize("level", [0.0, 5.0])
def test_a_constant_has_no_seasons(level: float) -> None:
    parts = decompose(a_series(np.full(21 * 288, level)))

    assert (parts.daily_share, parts.weekly_share) == (0.0, 0.0)
    np.testing.assert_allclose(parts.trend.values, level)


@pytest.mark.parametrize("values", [usual_week(1), np.full(3000, np.nan)], ids=["a day", "nothing known"])
def test_too_little_is_refused(values: Values) -> None:
    with pytest.raises(SeriesRefused, match="needs 2 days of history"):
        decompose(a_series(values))


def test_shares_of_all_components_add_up_to_one() -> None:
    components = [np.tile([3.0, -3.0], 50), np.tile([1.0, -1.0], 50), np.zeros(100)]

    shares = [share(each, *components) for each in components]

    assert shares == [pytest.approx(0.9), pytest.approx(0.1), 0.0]


def test_a_week_that_hardly_moves_explains_hardly_anything() -> None:
    hours = np.arange(28 * 24)
    day = 100 + 50 * np.sin(2 * np.pi * hours / 24)
    week = 1 + 0.01 * (hours // 24 % 7 > 4)

    parts = decompose(a_series(day * week, HOUR))

    assert parts.daily_share > 0.95
    assert parts.weekly_share < 0.02
