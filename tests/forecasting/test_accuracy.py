import numpy as np
import pytest

from forecasting.accuracy import absolute_errors, coverage, mase, pinball_loss, ratio, seasonal_scale, wape

NAN = np.nan
TRUTH = np.array([[10.0, 20.0, NAN, 30.0]])
FORECAST = np.array([[12.0, 20.0, 99.0, 24.0]])


def test_the_mean_absolute_error_leaves_missing_truth_out() -> None:
    assert absolute_errors(TRUTH, FORECAST).tolist() == [pytest.approx(8 / 3)]


def test_wape_is_a_share_of_demand() -> None:
    assert wape(TRUTH, FORECAST).tolist() == [pytest.approx(8 / 60)]


def test_mase_is_in_units_of_the_naive_error() -> None:
    assert mase(TRUTH, FORECAST, np.array([2.0])).tolist() == [pytest.approx(4 / 3)]


@pytest.mark.parametrize(("level", "loss"), [(0.5, 4 / 3), (0.95, (0.05 * 2 + 0.95 * 6) / 3)])
def test_the_pinball_loss_punishes_the_side_its_level_says(level: float, loss: float) -> None:
    assert pinball_loss(TRUTH, FORECAST, level).tolist() == [pytest.approx(loss)]


def test_the_pinball_loss_is_least_at_the_true_quantile() -> None:
    truth = np.random.default_rng(0).normal(size=(1, 10_000))
    candidates = np.linspace(0, 3, 61)

    losses = [float(pinball_loss(truth, np.full(1, each), 0.9)[0]) for each in candidates]

    assert candidates[int(np.argmin(losses))] == pytest.approx(np.quantile(truth, 0.9), abs=0.05)


def test_coverage_counts_known_samples_at_or_below_the_bound() -> None:
    assert coverage(TRUTH, FORECAST).tolist() == [pytest.approx(2 / 3)]


def test_nothing_known_is_not_a_number() -> None:
    unknown = np.full((1, 3), NAN)

    assert np.isnan(absolute_errors(unknown, np.zeros(1))).all()
    assert np.isnan(coverage(unknown, np.zeros(1))).all()


def test_a_perfect_forecast_of_a_flat_series_scores_zero_and_any_other_infinity() -> None:
    assert ratio(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.0, 2.0])).tolist() == [0.0, np.inf, 1.5]


def test_rounding_is_no_error() -> None:
    truth = np.array([[0.0, 70.0, 7e12]])
    nearly = truth * (1 - 1e-12)

    assert mase(truth, nearly, np.zeros(1)).tolist() == [0.0]
    assert wape(truth, nearly).tolist() == [0.0]
    assert pinball_loss(truth, nearly, 0.95).tolist() == [0.0]
    assert coverage(truth, nearly).tolist() == [1.0]
    assert coverage(truth, truth * (1 - 1e-6)).tolist() == [pytest.approx(1 / 3)]


def test_the_scale_is_the_seasonal_naive_error_of_the_history() -> None:
    assert seasonal_scale(np.array([[1.0, 5.0, 2.0, 7.0, NAN, 7.0]]), season=2).tolist() == [pytest.approx(1.0)]
