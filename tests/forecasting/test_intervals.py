import numpy as np
import pytest

from forecasting.interpolation import interpolate
from forecasting.intervals import LEVELS, Bounds, bounds_from, bounds_from_spread, quantiles, spread_of
from forecasting.leads import Leads, leads_of
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel

RNG = np.random.default_rng(11)
NO_SPREAD = np.zeros((1, len(LEVELS)))
LEADS = leads_of(a_panel(np.zeros(2)).steps)
AHEAD = len(LEADS.steps)


def errors(folds: int, origins: int = 24, scale: float = 1.0) -> Values:
    return RNG.normal(0, scale, (1, folds, origins, AHEAD))


def learned(misses: Values, spread: Values = NO_SPREAD, leads: Leads = LEADS) -> Bounds:
    """Bounds from errors, each made for the hour of the day that its origin and lead add up to."""
    hours = (np.arange(misses.shape[2])[:, None] + leads.hours.astype(int)) % 24
    return bounds_from(misses, leads, np.repeat(hours[None], misses.shape[1], axis=0), spread)


def upper(bounds: Bounds, lead: float, level: float = 0.95, hour: int = 12) -> float:
    return float(bounds.at(np.array([lead]), np.array([level]), np.array([hour]))[0, 0, 0])


def test_bounds_are_quantiles_of_past_errors() -> None:
    bounds = learned(errors(200))

    assert upper(bounds, 0.05, 0.95) == pytest.approx(1.645, abs=0.15)
    assert upper(bounds, 0.05, 0.5) == pytest.approx(0.0, abs=0.1)
    assert upper(bounds, 20.0, 0.05) == pytest.approx(-1.645, abs=0.15)


def test_bounds_widen_where_errors_grow_with_the_lead() -> None:
    bounds = learned(errors(20) * np.sqrt(LEADS.hours + 0.1))

    assert upper(bounds, 0.1) < upper(bounds, 2.5) < upper(bounds, 17.0)


def test_bounds_are_wider_in_hours_that_err_more() -> None:
    misses = errors(60)
    at_night = (np.arange(24)[:, None] + LEADS.hours.astype(int)) % 24 < 6
    misses[..., at_night] *= 4

    bounds = learned(misses)

    assert upper(bounds, 2.5, hour=3) > 2 * upper(bounds, 2.5, hour=15)
    covered = [
        np.mean(misses[0][..., at_night == night] <= upper(bounds, 2.5, hour=3 if night else 15))
        for night in (True, False)
    ]
    assert covered == pytest.approx([0.95, 0.95], abs=0.03)


@pytest.mark.parametrize("folds", [1, 3, 12])
def test_bounds_cover_what_they_promise_however_few_the_errors(folds: int) -> None:
    spread = quantiles(RNG.normal(size=(1, 10_000)), LEVELS)
    future = RNG.normal(size=10_000)

    bounds = [upper(learned(errors(folds), spread), 0.1) for _ in range(100)]

    assert 0.94 <= np.mean([np.mean(future <= bound) for bound in bounds]) <= 0.98


def test_an_origin_counts_for_less_where_a_window_spans_many_hours() -> None:
    bounds = learned(np.repeat(errors(12)[..., :1], AHEAD, axis=-1))

    # All leads err alike; with less evidence the same level is moved further out.
    assert upper(bounds, 17.0) > upper(bounds, 0.1)


def test_the_spread_helps_out_while_errors_are_few() -> None:
    spread = spread_of(np.abs(RNG.normal(50, 5.0, (1, 4000))) ** 2, season=10)

    few = upper(learned(errors(1, 1, scale=0.01), spread), 0.05)
    many = upper(learned(errors(12, scale=0.01), spread), 0.05)

    assert few > 1.0 > many
    assert upper(bounds_from_spread(spread), 3.0) == pytest.approx(5 * np.sqrt(2) * 1.645, rel=0.1)


def test_the_spread_of_a_short_series_is_around_its_median() -> None:
    spread = spread_of(np.array([[1.0, 4.0, 9.0]]), season=288)

    assert spread[0, 0] == pytest.approx(-1.0, abs=0.02)
    assert spread[0, -1] == pytest.approx(1.0, abs=0.02)


def test_offsets_never_fall_from_a_level_to_a_higher_one() -> None:
    bounds = learned(errors(1, 7))

    offsets = bounds.at(np.linspace(0, 48, 99), np.linspace(0.001, 0.999, 99), np.arange(99) % 24)

    assert (np.diff(offsets, axis=1) >= 0).all()


def test_hourly_grids_have_bounds_although_a_quarter_of_an_hour_has_no_step() -> None:
    leads = leads_of(a_panel(np.zeros(2), HOUR).steps)

    bounds = learned(RNG.normal(size=(1, 40, 24, len(leads.steps))), leads=leads)

    assert upper(bounds, 3.0) == pytest.approx(1.645, abs=0.4)


def test_a_perfect_forecast_has_no_width() -> None:
    assert upper(learned(np.zeros((1, 12, 24, AHEAD))), 3.0) == 0.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], [1.0, 2.0, 3.0]), ([np.nan, 4.0, 2.0], [2.0, 3.0, 4.0]), ([np.nan], [0, 0, 0]), ([], [0, 0, 0])],
    ids=["three", "one missing", "nothing known", "nothing at all"],
)
def test_quantiles_leave_missing_values_out(values: list[float], expected: list[float]) -> None:
    assert quantiles(np.array([values], dtype=float), np.array([0.0, 0.5, 1.0])).tolist() == [expected]


@pytest.mark.parametrize(("at", "value"), [(0.0, 1.0), (1.0, 1.0), (1.5, 2.0), (3.0, 5.0), (9.0, 5.0)])
def test_interpolation_is_linear_and_held_beyond_the_ends(at: float, value: float) -> None:
    table: Values = np.array([[1.0, 3.0, 5.0]])

    assert interpolate(table, np.array([1.0, 2.0, 3.0]), np.array([at])).tolist() == [[value]]
