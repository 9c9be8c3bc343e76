import numpy as np
import pytest

from forecasting.selection import weights_from

DEMAND = np.array([100.0])


@pytest.mark.parametrize(
    ("errors", "weights"),
    [
        ([1.0, 1.0], [0.5, 0.5]),
        ([1.0, 2.0], [16 / 17, 1 / 17]),
        ([0.0, 5.0], [1.0, 0.0]),
        ([0.0, 1e-9, 5.0], [0.5, 0.5, 0.0]),
        ([np.nan, 5.0], [0.0, 1.0]),
        ([np.nan, np.nan], [0.5, 0.5]),
    ],
    ids=["equal", "half the error", "perfect", "two perfect ones", "never measured", "nobody measured"],
)
def test_weights_follow_the_fourth_power_of_past_errors(errors: list[float], weights: list[float]) -> None:
    np.testing.assert_allclose(weights_from(np.array([errors]), DEMAND)[0], weights, atol=1e-12)


def test_weights_of_a_series_without_demand_are_equal() -> None:
    assert weights_from(np.zeros((1, 4)), np.zeros(1)).tolist() == [[0.25] * 4]


def test_weights_do_not_depend_on_the_unit() -> None:
    errors = np.array([[1.0, 1.7, 3.2]])

    np.testing.assert_allclose(weights_from(errors, DEMAND), weights_from(errors * 1e-12, DEMAND * 1e-12))
