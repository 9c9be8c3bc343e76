import numpy as np
import pytest

from forecasting.interpolation import interpolate
from forecasting.intervals import LEVELS, Bounds, Errors, bounds_from, bounds_from_spread, quantiles, spread_of
from forecasting.series import Values

RNG = np.random.default_rng(11)
NO_SPREAD = np.zeros((1, len(LEVELS)))


def errors(origins: int, steps: int, scale: float = 1.0) -> Errors:
    return Errors(np.arange(steps) / 12, 1 / 12, RNG.normal(0, scale, (1, origins, steps)))


def upper(bounds: Bounds, lead: float, level: float = 0.95) -> float:
    return float(bounds.at(np.array([lead]), np.array([level]))[0, 0, 0])


def test_bounds_are_quantiles_of_past_errors() -> None:
    bounds = bounds_from(errors(400, 48), errors(400, 288), NO_SPREAD)

    assert upper(bounds, 0.05, 0.95) == pytest.approx(1.645, abs=0.15)
    assert upper(bounds, 0.05, 0.5) == pytest.approx(0.0, abs=0.1)
    assert upper(bounds, 20.0, 0.05) == pytest.approx(-1.645, abs=0.15)


def test_bounds_widen_where_errors_grow_with_the_lead() -> None:
    near, far = errors(400, 48, scale=0.1), errors(400, 288, scale=0.5)

    bounds = bounds_from(near, far, NO_SPREAD)

    assert upper(bounds, 0.5) < upper(bounds, 5.0) < upper(bounds, 12.0)


@pytest.mark.parametrize("origins", [4, 12, 250])
def test_bounds_cover_what_they_promise_however_few_the_errors(origins: int) -> None:
    spread = quantiles(RNG.normal(size=(1, 10_000)), LEVELS)
    future = RNG.normal(size=10_000)

    bounds = [upper(bounds_from(errors(origins, 48), errors(origins, 288), spread), 0.1) for _ in range(200)]

    assert 0.94 <= np.mean([np.mean(future <= bound) for bound in bounds]) <= 0.97


def test_the_spread_helps_out_while_errors_are_few() -> None:
    spread = spread_of(RNG.normal(0, 5.0, (1, 4000)), season=10)
    quiet = errors(3, 48, scale=0.01)

    few = upper(bounds_from(quiet, quiet, spread), 0.05)
    many = upper(bounds_from(errors(300, 48, scale=0.01), quiet, spread), 0.05)

    assert few > 1.0 > many
    assert upper(bounds_from_spread(spread), 3.0) == pytest.approx(5 * np.sqrt(2) * 1.645, rel=0.1)


def test_the_spread_of_a_short_series_is_around_its_median() -> None:
    spread = spread_of(np.array([[1.0, 2.0, 3.0]]), season=288)

    assert spread[0, 0] == pytest.approx(-1.0, abs=0.02)
    assert spread[0, -1] == pytest.approx(1.0, abs=0.02)


def test_offsets_never_fall_from_a_level_to_a_higher_one() -> None:
    bounds = bounds_from(errors(7, 48), errors(3, 288), NO_SPREAD)

    offsets = bounds.at(np.linspace(0, 48, 99), np.linspace(0.001, 0.999, 99))

    assert (np.diff(offsets, axis=1) >= 0).all()


def test_hourly_grids_have_bounds_although_a_quarter_of_an_hour_has_no_step() -> None:
    hourly = Errors(np.arange(24.0), 1.0, RNG.normal(size=(1, 100, 24)))

    assert upper(bounds_from(hourly, hourly, NO_SPREAD), 3.0) == pytest.approx(1.645, abs=0.4)


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
