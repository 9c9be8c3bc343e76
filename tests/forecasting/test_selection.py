import numpy as np
import pytest

from forecasting.leads import leads_of
from forecasting.selection import equal_mix, mix_from, weights_of
from forecasting.series import Values
from tests.forecasting.loads import a_panel

DEMAND = np.array([100.0])
LEADS = leads_of(a_panel(np.zeros(2)).steps)
WINDOWS = len(LEADS.windows)


def shares(errors: Values, demand: Values = DEMAND) -> Values:
    """The shares (series, members) of errors (series, members) that are the same at every lead."""
    mix = mix_from(np.repeat(errors[..., None], WINDOWS, axis=-1), demand, LEADS)
    assert (mix.shares == mix.shares[..., :1]).all()
    return np.asarray(mix.shares[..., 0])


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
    np.testing.assert_allclose(shares(np.array([errors]))[0], weights, atol=1e-12)


def test_weights_of_a_series_without_demand_are_equal() -> None:
    assert shares(np.zeros((1, 4)), np.zeros(1)).tolist() == [[0.25] * 4]


def test_weights_do_not_depend_on_the_unit() -> None:
    errors = np.array([[1.0, 1.7, 3.2]])

    np.testing.assert_allclose(shares(errors), shares(errors * 1e-12, DEMAND * 1e-12))


def test_who_knows_the_next_minutes_best_need_not_know_tomorrow() -> None:
    errors = np.ones((1, 2, WINDOWS))
    errors[0, 0, -1] = errors[0, 1, 0] = 3.0

    at = mix_from(errors, DEMAND, LEADS).at(np.array([0.0, 24.0]))[0]

    np.testing.assert_allclose(at, [[81 / 82, 1 / 82], [1 / 82, 81 / 82]])


def test_a_report_can_show_shares_and_errors_by_lead() -> None:
    errors = np.ones((1, 2, WINDOWS))
    errors[0, 1, -1] = 2.0

    (first, second), *_ = weights_of(["a", "b"], mix_from(errors, DEMAND, LEADS), errors, LEADS)

    assert (first.name, second.name) == ("a", "b")
    assert first.weight + second.weight == pytest.approx(1.0)
    assert first.by_lead[-1] == pytest.approx((LEADS.middles[-1], 16 / 17, 1.0))
    # Ten of a day's twenty-four hours of lead are not in the last window.
    assert second.error == pytest.approx((10 + 2 * 14) / 24)


def test_unmeasured_members_weigh_the_same_at_every_lead() -> None:
    assert equal_mix(4).at(np.array([0.0, 30.0])).tolist() == [[[0.25] * 2] * 4]
