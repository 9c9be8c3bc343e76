"""fit and fit_batch from outside: what comes back for any series."""

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting import Calendar, Event, FittedForecast, ForecastingError, Series, SeriesRefused, fit, fit_batch
from forecasting.models.profile import Profile
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_series, noisy_week, usual_week

DAY = 288
LEVELS = (0.01, 0.5, 0.95, 0.999)
RNG = np.random.default_rng(2)

AWKWARD = {
    "constant": np.full(28 * DAY, 7.0),
    "all zero": np.zeros(28 * DAY),
    "mostly zero": np.where(RNG.random(28 * DAY) < 0.77, 0.0, RNG.lognormal(3, 1, 28 * DAY)),
    "one sample": np.array([5.0]),
    "one sample, then nothing": np.concatenate([[5.0], np.full(5000, np.nan)]),
    "an hour": RNG.random(12),
    "a day": noisy_week(1),
    "two days and a half": noisy_week(3)[: 2 * DAY + DAY // 2],
    "huge": 1e12 * noisy_week(15),
    "enormous": np.full(4 * DAY, 1e99),
    "tiny": 1e-9 * noisy_week(15),
    "long holes": np.where(np.arange(20 * DAY) // 500 % 3 == 1, np.nan, noisy_week(20)),
    "hardly any sample": np.where(RNG.random(28 * DAY) < 0.99, np.nan, 5.0),
}


def assert_sound(fitted: FittedForecast, horizon: timedelta) -> None:
    forecast = fitted.forecast(horizon, LEVELS)
    paths = np.stack([forecast.point.values, *(forecast.quantile(level).values for level in LEVELS)])
    assert paths.shape[1] == -(-horizon // fitted.step)
    assert np.isfinite(paths).all()
    assert (paths >= 0).all()
    assert (np.diff(paths[1:], axis=0) >= 0).all()
    assert sum(each.weight for each in fitted.weights) == pytest.approx(1.0)


@pytest.mark.parametrize("values", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_series_get_an_answer(values: Values) -> None:
    fitted = fit(a_series(values))

    assert_sound(fitted, timedelta(days=9))


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]], ids=["empty", "nothing known"])
def test_a_series_without_samples_is_refused(values: list[float]) -> None:
    with pytest.raises(SeriesRefused, match="no sample to learn from"):
        fit(a_series(values))


def test_a_refused_series_is_named_among_others() -> None:
    with pytest.raises(SeriesRefused, match="series 1: a step of 0:07:00"):
        fit_batch([a_series([1.0]), a_series([1.0], step=timedelta(minutes=7))])


@pytest.mark.parametrize(
    ("level", "lead_time", "sentence"),
    [(0.0, HOUR, "planning_level"), (1.0, HOUR, "planning_level"), (0.9, -HOUR, "lead_time must not be negative")],
)
def test_impossible_plans_are_refused(level: float, lead_time: timedelta, sentence: str) -> None:
    with pytest.raises(ForecastingError, match=sentence):
        fit(a_series([1.0]), planning_level=level, lead_time=lead_time)


@given(
    values=arrays(
        np.float64,
        st.integers(1, 5 * 24),
        elements=st.one_of(
            st.floats(0, 1e12), st.floats(0, 1e-9), st.just(0.0), st.just(math.nan), st.integers(0, 9).map(float)
        ),
    ),
    step=st.sampled_from([timedelta(minutes=m) for m in (15, 30, 60)]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
@settings(max_examples=150)
def test_any_series_is_answered_or_refused(values: Values, step: timedelta, zone: str) -> None:
    series = Series(datetime(2026, 3, 27, 5, 13, tzinfo=UTC), step, values)
    if np.isnan(values).all():
        with pytest.raises(SeriesRefused):
            fit(series)
        return

    fitted = fit(series, calendar=Calendar(zone))

    assert_sound(fitted, timedelta(hours=30))
    assert_sound(fitted.update(Series(series.end - HOUR, step / 5, np.resize(values, 9))), timedelta(hours=3))


@pytest.mark.parametrize("seconds", [15, 60, 900, 2700, 3600])
def test_all_supported_steps_are_forecast(seconds: int) -> None:
    step = timedelta(seconds=seconds)

    fitted = fit(a_series(noisy_week(4, step=step), step))

    assert fitted.gate.reason != "HistoryTooShort"
    assert_sound(fitted, timedelta(hours=2))


def test_a_batch_equals_its_series_one_by_one() -> None:
    series = [a_series(noisy_week(15, seed)) for seed in range(5)]
    series += [
        a_series(noisy_week(15, 9)[100:]),
        a_series(noisy_week(3, 9)),
        a_series(noisy_week(15, step=HOUR), HOUR),
        a_series(np.where(np.arange(15 * DAY) % 977 < 40, np.nan, noisy_week(15, 7))),
    ]

    together = fit_batch(series)

    for alone, one in zip(map(fit, series), together, strict=True):
        np.testing.assert_allclose(one.forecast().paths, alone.forecast().paths, rtol=1e-9)
        assert [each.weight for each in one.weights] == pytest.approx([each.weight for each in alone.weights], abs=1e-9)
        assert (one.gate.open, one.gate.reason, one.origin) == (alone.gate.open, alone.gate.reason, alone.origin)


def test_no_series_make_no_forecasters() -> None:
    assert fit_batch([]) == []


def test_the_same_input_gives_the_same_output_in_any_thread() -> None:
    series = [a_series(noisy_week(15, seed)) for seed in range(4)]

    with ThreadPoolExecutor(4) as threads:
        threaded = list(threads.map(fit, series))

    for one, other in zip(threaded, map(fit, series), strict=True):
        np.testing.assert_array_equal(one.forecast().paths, other.forecast().paths)
        assert one.accuracy == other.accuracy


def test_a_fitted_forecast_travels_between_processes() -> None:
    fitted = fit(a_series(noisy_week(28)), calendar=Calendar("Europe/Berlin"))

    data = pickle.dumps(fitted)

    assert len(data) < 50_000
    np.testing.assert_array_equal(pickle.loads(data).forecast().paths, fitted.forecast().paths)  # noqa: S301 -- our own


@pytest.mark.parametrize(
    ("days", "members", "reason"),
    [
        (0.5, ["last_value"], "HistoryTooShort"),
        (1, ["day_naive", "profile", "harmonic", "smoothing"], "HistoryTooShort"),
        (4, ["day_naive", "profile", "harmonic", "smoothing"], "Predictable"),
        (7, ["day_naive", "week_naive", "profile", "harmonic", "smoothing", "ridge"], "NotBetterThanLastValue"),
        (14, ["day_naive", "week_naive", "profile", "harmonic", "smoothing", "ridge"], "Predictable"),
    ],
)
def test_members_join_as_the_history_grows(days: float, members: list[str], reason: str) -> None:
    values = noisy_week(14)[: round(days * DAY)]

    fitted = fit(a_series(values), lead_time=HOUR)

    assert [each.name for each in fitted.weights] == members
    assert fitted.gate.reason == reason
    assert fitted.history == timedelta(days=days)


def test_leading_gaps_and_old_weeks_are_not_history() -> None:
    fitted = fit(a_series(np.concatenate([np.full(2 * DAY, np.nan), noisy_week(5)])))

    assert fitted.history == timedelta(days=5)
    assert fit(a_series(noisy_week(40, step=HOUR), HOUR)).history == timedelta(days=28)


def test_a_weekly_load_is_forecast_far_better_than_by_yesterday() -> None:
    values = noisy_week(29)

    fitted = fit(a_series(values[: 26 * DAY]))  # the next day is a Saturday

    forecast, truth = fitted.forecast().point.values, values[26 * DAY : 27 * DAY]
    assert np.mean(np.abs(truth - forecast)) < 0.3 * np.mean(np.abs(truth - values[25 * DAY : 26 * DAY]))
    full = fitted.accuracy.full_horizon
    assert full["combination"].mase < 0.6 * full["day_naive"].mase
    assert fitted.accuracy.first_hour["combination"].mase < full["combination"].mase


def test_accuracy_covers_members_combination_and_baseline() -> None:
    accuracy = fit(a_series(noisy_week(28)), planning_level=0.9).accuracy

    names = {"day_naive", "week_naive", "profile", "harmonic", "smoothing", "ridge", "combination", "last_value"}
    assert set(accuracy.first_hour) == set(accuracy.full_horizon) == names
    assert (accuracy.origins, accuracy.planning_level, accuracy.horizon) == (12, 0.9, timedelta(days=1))


def test_members_can_be_chosen_and_the_naive_ones_take_part_anyway() -> None:
    fitted = fit(a_series(noisy_week(15)), members=(Profile(),))

    assert [each.name for each in fitted.weights] == ["day_naive", "week_naive", "profile"]
    assert set(fitted.accuracy.first_hour) == {"day_naive", "week_naive", "profile", "combination", "last_value"}


def test_members_can_be_alone() -> None:
    fitted = fit(a_series(noisy_week(15)), members=(Profile(),), yardsticks=())
    assert [(each.name, each.weight) for each in fitted.weights] == [("profile", 1.0)]
    assert_sound(fitted, timedelta(days=1))


def test_a_short_history_has_no_accuracy() -> None:
    accuracy = fit(a_series(noisy_week(1))).accuracy

    assert (accuracy.origins, accuracy.first_hour, accuracy.full_horizon) == (0, {}, {})


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [1, 24], ids=["the first hour", "a day"])
def test_the_bounds_cover_the_days_that_follow(horizon: int) -> None:
    covered = []

    for seed in range(120):
        load = noisy_week(40, seed, persistence=0.97, scale=0.1)
        known = 24 * DAY + 29 * seed  # from mixed hours of two weeks
        bound = fit(a_series(load[:known])).forecast(horizon * HOUR, levels=(0.95,)).quantile(0.95).values
        covered.append(np.mean(load[known : known + len(bound)] <= bound))

    assert 0.92 <= np.mean(covered) <= 0.99


def test_labelled_events_teach_nothing() -> None:
    values = noisy_week(28)
    launch = slice(24 * DAY, 25 * DAY)
    spoiled = values.copy()
    spoiled[launch] *= 8
    event = Event(MONDAY + timedelta(days=24), MONDAY + timedelta(days=25), None)
    hole = values.copy()
    hole[launch] = np.nan

    masked = fit(a_series(spoiled), calendar=Calendar(events=(event,)))

    np.testing.assert_allclose(masked.forecast().paths, fit(a_series(hole)).forecast().paths)


def test_a_multiplier_acts_inside_its_window_even_above_the_cap() -> None:
    start = MONDAY + timedelta(days=14)
    sale = Event(start + HOUR, start + 2 * HOUR, multiplier=10.0)

    usual = fit(a_series(usual_week(14))).forecast(3 * HOUR)
    special = fit(a_series(usual_week(14)), calendar=Calendar(events=(sale,))).forecast(3 * HOUR)

    factors = special.paths / usual.paths
    np.testing.assert_allclose(factors[:, 12:24], 10.0)
    np.testing.assert_allclose(np.delete(factors, np.s_[12:24], axis=1), 1.0)


def test_a_grid_off_the_round_minutes_is_fine() -> None:
    values = usual_week(14)

    fitted = fit(a_series(values, start=MONDAY + timedelta(seconds=17)))

    assert fitted.origin == MONDAY + timedelta(days=14, seconds=17)
    np.testing.assert_allclose(fitted.forecast().point.values, values[:DAY], rtol=0.05)


def test_the_step_is_kept() -> None:
    forecast = fit(a_series(noisy_week(14))).forecast(timedelta(minutes=12), levels=(0.9,))

    assert (forecast.step, len(forecast.point), forecast.point.start) == (FIVE_MINUTES, 3, MONDAY + timedelta(days=14))
