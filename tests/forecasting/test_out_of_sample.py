"""Accuracy from the outside: where origins stand, what naive forecasts say, and how everybody is scored."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forecasting import FittedForecast, ForecastingError, Series, fit
from forecasting.out_of_sample import (
    Attempt,
    Record,
    attempt,
    conformal_quantile,
    records_of,
    rolling_origins,
    seasonal_naive,
)
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_series, noise, noisy_week, usual_week

DAY = timedelta(days=1)
LEVEL = 0.9
ALWAYS = ("combination", "day_naive", "week_naive")


@pytest.fixture(scope="module")
def trace() -> Series:
    return a_series(noisy_week(30, step=HOUR), step=HOUR)


@pytest.fixture(scope="module")
def fitted(trace: Series) -> FittedForecast:
    return fit(trace.between(trace.start, trace.end - DAY))


# ── Origins ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [2, 3, 7, 12, 24])
def test_origins_stand_in_the_newest_part_at_different_hours(trace: Series, count: int) -> None:
    origins = rolling_origins(trace, count, DAY)

    assert len(origins) == count
    assert list(origins) == sorted(origins)
    assert origins[0] >= trace.end - 12 * DAY
    assert origins[-1] == trace.end - DAY
    assert len({origin.hour for origin in origins}) == count


def test_origins_are_spread_over_the_whole_part(trace: Series) -> None:
    origins = rolling_origins(trace, 12, DAY)

    assert origins[-1] - origins[0] > 0.8 * 11 * DAY


@pytest.mark.parametrize("minutes", [0.25, 5, 45, 60])
def test_origins_are_on_the_traces_grid(minutes: float) -> None:
    step = timedelta(minutes=minutes)
    trace = a_series(np.ones(10 * DAY // step), step=step)

    origins = rolling_origins(trace, 12, timedelta(hours=5, minutes=1))

    assert all((origin - trace.start) % step == timedelta(0) for origin in origins)
    assert trace.end - origins[-1] >= timedelta(hours=5, minutes=1)


def test_a_short_trace_has_as_many_origins_as_there_is_room_for() -> None:
    trace = a_series(np.ones(75), step=HOUR)

    assert len(rolling_origins(trace, 12, DAY)) == 7


@pytest.mark.parametrize(("hours", "count"), [(62, 12), (0, 12), (1000, 1)], ids=["short", "empty", "a single origin"])
def test_without_room_for_two_origins_it_says_what_is_needed(hours: int, count: int) -> None:
    with pytest.raises(ForecastingError, match="bring 62 h of samples or more"):
        rolling_origins(a_series(np.ones(hours), step=HOUR), count, DAY)


# ── Naive forecasts ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("history", "forecast"),
    [
        ([1, 2, 3, 4, 5, 6], [4, 5, 6, 4, 5]),
        ([0, 1, 2, 3, 4, 5, 6], [4, 5, 6, 4, 5]),
        ([1, 2, 3, 4, math.nan, 6], [4, 2, 6, 4, 2]),
        ([1, math.nan, 3, 4, math.nan, 6], [4, 6, 6, 4, 6]),
        ([1, 2], [2, 2, 2, 2, 2]),
    ],
    ids=["two seasons", "a season and a bit", "a gap", "a slot never seen", "less than a season"],
)
def test_the_last_season_is_repeated(history: list[float], forecast: list[float]) -> None:
    assert seasonal_naive(np.array(history), 3, 5).tolist() == forecast


# ── Attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_attempt_holds_every_forecaster_beside_the_truth(trace: Series, fitted: FittedForecast) -> None:
    made = attempt(trace, fitted, horizon=DAY, level=LEVEL)

    assert made.truth.tolist() == trace.values[-24:].tolist()
    assert {"combination", "day_naive", "week_naive", "profile", "harmonic"} <= made.points.keys()
    assert {each.shape for each in made.points.values()} == {(24,)}
    assert made.points["combination"].tolist() == fitted.forecast(DAY, ()).point.values.tolist()
    assert made.planned.tolist() == fitted.forecast(DAY, (LEVEL,)).quantile(LEVEL).values.tolist()


def test_naive_forecasts_repeat_what_was_measured(trace: Series, fitted: FittedForecast) -> None:
    points = attempt(trace, fitted, horizon=DAY, level=LEVEL).points

    assert points["day_naive"].tolist() == trace.values[-48:-24].tolist()
    assert points["week_naive"].tolist() == trace.values[-8 * 24 : -7 * 24].tolist()


def test_below_a_week_the_week_naive_is_the_day_naive() -> None:
    trace = a_series(noisy_week(5, step=HOUR), step=HOUR)
    fitted = fit(trace.between(trace.start, trace.end - DAY))

    points = attempt(trace, fitted, horizon=DAY, level=LEVEL).points

    assert points["week_naive"].tolist() == points["day_naive"].tolist()


def test_the_unit_of_errors_is_the_day_naives_within_the_history(trace: Series, fitted: FittedForecast) -> None:
    history = trace.values[24:-24]

    scale = attempt(trace, fitted, horizon=DAY, level=LEVEL).scale

    assert scale == pytest.approx(np.abs(history[24:] - history[:-24]).mean())


# ── Records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def an_attempt(fitted: FittedForecast, truth: Values, **points: Values) -> Attempt:
    """Twenty-four hours; a planned quantile of 100, a scale of 10, and naive forecasts of 0."""
    nothing = {"combination": np.zeros(24), "day_naive": np.zeros(24), "week_naive": np.zeros(24)}
    return Attempt(fitted, LEVEL, truth, {**nothing, **points}, planned=np.full(24, 100.0), scale=10.0)


def by_name(records: tuple[Record, ...]) -> Mapping[str, Record]:
    return {record.name: record for record in records}


def test_scores_are_worked_out_by_hand(fitted: FittedForecast) -> None:
    truths = np.full(24, 50.0), np.concatenate([[120.0], np.full(23, 80.0)])
    tries = [an_attempt(fitted, truth, combination=np.full(24, 60.0)) for truth in truths]

    ours = by_name(records_of(tries))["combination"]

    assert ours.first_hour.mase == pytest.approx((1 + 6) / 2)
    assert ours.first_hour.wape == pytest.approx((10 + 60) / (50 + 120))
    assert ours.first_hour.quantile_loss == pytest.approx((0.1 * 50 + 0.9 * 20) / 2 / 10)
    assert ours.first_hour.coverage == 0.5
    assert ours.full_horizon.mase == pytest.approx((1 + (6 + 23 * 2) / 24) / 2)
    assert ours.full_horizon.coverage == pytest.approx(47 / 48)


def test_the_first_hour_is_a_whole_hour_of_finer_steps() -> None:
    step = timedelta(minutes=15)
    trace = a_series(noisy_week(3, step=step), step=step)
    fitted = fit(trace.between(trace.start, trace.end - DAY))
    points = np.where(np.arange(96) < 4, 60.0, 50.0)
    tries = [Attempt(fitted, LEVEL, np.full(96, 50.0), dict.fromkeys(ALWAYS, points), points, 10.0)] * 2

    ours = by_name(records_of(tries))["combination"]

    assert (ours.first_hour.mase, ours.full_horizon.mase) == pytest.approx((1.0, 4 / 96))


def test_missing_truth_counts_for_nobody(fitted: FittedForecast) -> None:
    half = np.concatenate([np.full(12, 50.0), np.full(12, np.nan)])
    tries = [an_attempt(fitted, half, combination=np.full(24, 60.0)), an_attempt(fitted, np.full(24, np.nan))]

    ours = by_name(records_of(tries))["combination"]

    assert (ours.full_horizon.mase, ours.full_horizon.wape, ours.full_horizon.coverage) == pytest.approx(
        (1.0, 0.2, 1.0)
    )


def test_a_horizon_without_any_truth_has_no_scores(fitted: FittedForecast) -> None:
    ours = records_of([an_attempt(fitted, np.full(24, np.nan))] * 2)[0]

    assert np.isnan([ours.full_horizon.mase, ours.full_horizon.quantile_loss, ours.full_horizon.coverage]).all()


def test_others_are_bounded_by_their_errors_at_the_other_origins(fitted: FittedForecast) -> None:
    always_double = [
        an_attempt(fitted, np.full(24, 2 * level + 1), day_naive=np.full(24, level)) for level in (10, 20, 40)
    ]

    naive = by_name(records_of(always_double))["day_naive"]

    assert naive.full_horizon.coverage == 1
    assert naive.full_horizon.quantile_loss == pytest.approx(0, abs=1e-12)


def test_an_origins_own_errors_do_not_move_its_bound(fitted: FittedForecast) -> None:
    calm, wild = np.full(24, 10.0), np.full(24, 1000.0)

    naive = by_name(records_of([an_attempt(fitted, truth, day_naive=calm) for truth in (calm, calm, wild)]))[
        "day_naive"
    ]

    assert naive.full_horizon.coverage == pytest.approx(2 / 3)


def test_a_member_that_came_later_is_scored_where_it_was(fitted: FittedForecast) -> None:
    tries = [an_attempt(fitted, np.full(24, 50.0)), an_attempt(fitted, np.full(24, 50.0), late=np.full(24, 50.0))]

    late = by_name(records_of(tries))["late"]

    assert (late.origins, late.full_horizon.mase, late.weight) == (1, 0.0, None)
    assert math.isnan(late.full_horizon.coverage)


def test_the_combination_leads_then_the_naive_then_members_by_weight(trace: Series, fitted: FittedForecast) -> None:
    rising = tuple(replace(each, weight=float(i)) for i, each in enumerate(fitted.weights))
    heavy = replace(fitted, evaluation=replace(fitted.evaluation, weights=rising))
    tries = [attempt(trace, heavy, horizon=DAY, level=LEVEL)] * 2

    records = records_of(tries)

    assert [record.name for record in records[:3]] == list(ALWAYS)
    weights = [record.weight for record in records[3:]]
    assert weights == sorted(weights, key=lambda weight: -(weight or 0))
    assert records[0].weight is None


def test_on_a_load_with_a_season_the_combination_beats_the_naive() -> None:
    trace = a_series(noisy_week(42, step=HOUR), step=HOUR)
    tries = [
        attempt(trace, fit(trace.between(trace.start, origin)), horizon=DAY, level=LEVEL)
        for origin in rolling_origins(trace, 8, DAY)
    ]

    records = by_name(records_of(tries))

    ours, week = records["combination"].full_horizon, records["week_naive"].full_horizon
    assert ours.mase < week.mase
    assert ours.coverage > LEVEL - 0.1


def test_a_perfect_season_is_forecast_perfectly() -> None:
    trace = a_series(usual_week(35, step=HOUR), step=HOUR)
    tries = [
        attempt(trace, fit(trace.between(trace.start, origin)), horizon=DAY, level=LEVEL)
        for origin in rolling_origins(trace, 3, DAY)
    ]

    assert by_name(records_of(tries))["week_naive"].full_horizon.mase == pytest.approx(0, abs=1e-9)


# ── Conformal quantiles ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "level", "expected"),
    [(9, 0.9, 9), (9, 0.95, 9), (19, 0.9, 18), (99, 0.5, 50), (99, 0.95, 95), (99, 0.001, 1)],
)
def test_a_conformal_quantile_is_one_of_the_errors(count: int, level: float, expected: float) -> None:
    errors = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))

    assert conformal_quantile(np.append(errors, np.nan), level) == expected


def test_without_errors_there_is_no_quantile() -> None:
    assert math.isnan(conformal_quantile(np.array([np.nan]), LEVEL))


def test_a_conformal_quantile_covers_what_it_promises() -> None:
    errors = noise(20 * 2000, seed=2).reshape(2000, 20)

    covered = [row[-1] <= conformal_quantile(row[:-1], LEVEL) for row in errors]

    assert np.mean(covered) == pytest.approx(LEVEL, abs=0.02)
