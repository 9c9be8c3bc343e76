"""M4's arithmetic, against hand-worked figures and against statsmodels' own decomposition and autocorrelation."""

import numpy as np
import pytest
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

from benchmarks.m4 import CRITICAL, SEASON, Standing, is_seasonal, mase, naive2, seasonal_indices, smape, standing
from benchmarks.traces import Competition, m4_first_part
from forecasting.series import Values

DAYS = 20


def a_season(seed: int = 3) -> Values:
    """Return three weeks or so of a daily wave on a slope, with noise."""
    hours = np.arange(DAYS * SEASON + 7)
    noise = np.random.default_rng(seed).normal(0, 2, len(hours))
    return np.asarray((100 + 0.1 * hours) * (1 + 0.4 * np.sin(2 * np.pi * hours / SEASON)) + noise)


def noise_alone(seed: int) -> Values:
    return np.random.default_rng(seed).normal(100, 5, DAYS * SEASON)


def test_naive2_has_an_owa_of_one() -> None:
    series = m4_first_part()[:20]
    found = standing([naive2(each.past, len(each.truth)) for each in series], series)

    assert found.owa == pytest.approx(1.0, abs=1e-12)


def test_owa_is_the_mean_of_both_ratios_of_means() -> None:
    series = [
        Competition("rising", np.arange(60.0), np.array([61.0, 62.0])),
        Competition("noise", noise_alone(1), np.array([110.0, 70.0])),
    ]
    halfway = [(naive2(each.past, 2) + each.truth) / 2 for each in series]
    naive = [naive2(each.past, 2) for each in series]
    smapes = [
        np.mean([smape(each.truth, path) for each, path in zip(series, made, strict=True)]) for made in (halfway, naive)
    ]

    found = standing(halfway, series)

    # Each error is half of Naive2's, so MASE halves; sMAPE has the forecast in its denominator and does not.
    assert found.owa == pytest.approx((0.5 + smapes[0] / smapes[1]) / 2)
    assert isinstance(found, Standing)


def test_smape_is_twice_the_error_over_both_in_percent() -> None:
    assert smape(np.array([100.0, 50.0]), np.array([50.0, 50.0])) == pytest.approx(200 * 50 / 150 / 2)


def test_mase_is_in_units_of_the_day_naives_error_in_the_past() -> None:
    past = np.repeat([1.0, 3.0, 9.0], SEASON)  # differences of 2 and 6: 4 on the mean
    assert mase(np.array([10.0, 10.0]), np.array([8.0, 16.0]), past) == (2 + 6) / 2 / 4


@pytest.mark.parametrize("seed", range(5))
def test_indices_are_those_of_a_classical_decomposition(seed: int) -> None:
    past = a_season(seed)
    reference = seasonal_decompose(past, model="multiplicative", period=SEASON).seasonal[:SEASON]

    np.testing.assert_allclose(seasonal_indices(past), reference, rtol=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_a_season_is_seen_where_the_autocorrelation_passes_bartletts_limit(seed: int) -> None:
    past = noise_alone(seed)
    lags = acf(past, nlags=SEASON, fft=False)
    limit = CRITICAL * np.sqrt((1 + 2 * np.sum(lags[1:SEASON] ** 2)) / len(past))

    assert is_seasonal(past) == (abs(lags[SEASON]) > limit)


def test_a_wave_has_a_season_and_a_shorter_history_has_none() -> None:
    past = a_season()
    assert is_seasonal(past)
    assert not is_seasonal(past[: 3 * SEASON - 1])


def test_naive2_holds_the_level_and_repeats_the_season() -> None:
    shape = 1 + 0.4 * np.sin(2 * np.pi * np.arange(SEASON) / SEASON)
    past = np.tile(50 * shape, DAYS)[:-5]
    expected = np.tile(50 * shape, 3)[SEASON - 5 :][: 2 * SEASON]

    np.testing.assert_allclose(naive2(past, 2 * SEASON), expected, rtol=1e-9)


def test_without_a_season_naive2_holds_the_last_value() -> None:
    past = np.concatenate([noise_alone(2)[: 2 * SEASON], [7.0]])
    assert naive2(past, 3).tolist() == [7.0, 7.0, 7.0]
