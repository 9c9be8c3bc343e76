"""A fitted forecast: what it answers, and how it takes new samples in."""

from datetime import timedelta

import numpy as np
import pytest

from forecasting import Calendar, Event, ForecastingError, Series, SeriesRefused, fit
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_series, noisy_week, usual_week

DAY = 288
MINUTE = timedelta(minutes=1)
END = MONDAY + timedelta(days=14)
FITTED = fit(a_series(noisy_week(14)))


def minutes(values: object, first: int = 0) -> Series:
    """Samples of a minute from so many minutes after the end of the fit on."""
    return a_series(np.asarray(values), MINUTE, END + first * MINUTE)


@pytest.mark.parametrize(
    ("horizon", "levels", "sentence"),
    [
        (timedelta(0), (0.5,), "horizon must be positive"),
        (HOUR, (0.5, 1.0), "levels must lie between 0 and 1"),
        (HOUR, (0.0,), "levels must lie between 0 and 1"),
    ],
)
def test_impossible_questions_are_refused(horizon: timedelta, levels: tuple[float, ...], sentence: str) -> None:
    with pytest.raises(ForecastingError, match=sentence):
        FITTED.forecast(horizon, levels)


def test_a_level_not_asked_for_is_refused() -> None:
    forecast = FITTED.forecast(HOUR, levels=(0.5, 0.9))

    with pytest.raises(ForecastingError, match=r"level 0.95 was not asked for \(levels: 0.5, 0.9\)"):
        forecast.quantile(0.95)


def test_levels_may_be_asked_for_in_any_order() -> None:
    rising, falling = FITTED.forecast(HOUR, (0.1, 0.5, 0.9)), FITTED.forecast(HOUR, (0.9, 0.5, 0.1))

    for level in (0.1, 0.5, 0.9):
        assert rising.quantile(level) == falling.quantile(level)


def test_a_short_horizon_is_the_beginning_of_a_long_one() -> None:
    short, long = FITTED.forecast(HOUR), FITTED.forecast(timedelta(days=2))

    np.testing.assert_allclose(short.paths, long.paths[:, :12])


@pytest.mark.parametrize(
    ("first", "count", "passed"),
    [(0, 4, 0), (0, 5, 5), (0, 12, 10), (-60, 60, 0), (-60, 61, 0), (-60, 75, 15), (-600, 100, 0), (2000, 5, 2005)],
    ids=["in progress", "one step", "two and a bit", "known", "known and a bit", "three", "old", "after a long gap"],
)
def test_the_origin_moves_to_the_first_step_not_all_measured(first: int, count: int, passed: int) -> None:
    updated = FITTED.update(minutes(np.full(count, 100.0), first))

    assert updated.origin == END + passed * MINUTE
    assert updated.forecast(HOUR).point.start == updated.origin


def test_missing_newest_samples_do_not_move_the_origin() -> None:
    updated = FITTED.update(minutes([100.0] * 7 + [np.nan] * 20))

    assert updated.origin == END + 5 * MINUTE


def test_an_update_without_samples_changes_nothing() -> None:
    assert FITTED.update(minutes([np.nan] * 5)) is FITTED
    assert FITTED.update(minutes([])) is FITTED


def test_an_update_leaves_the_forecaster_it_came_from_alone() -> None:
    before = FITTED.forecast().paths

    FITTED.update(minutes(np.full(90, 1e6)))

    np.testing.assert_array_equal(FITTED.forecast().paths, before)


def test_a_step_that_does_not_divide_is_refused() -> None:
    with pytest.raises(SeriesRefused, match="not a multiple"):
        FITTED.update(a_series([1.0], timedelta(minutes=2), END))


def test_samples_already_known_change_nothing() -> None:
    known = a_series(noisy_week(14)).between(END - 3 * HOUR, END)

    np.testing.assert_allclose(FITTED.update(known).forecast().paths, FITTED.forecast().paths)


def test_demand_above_the_usual_is_carried_forward_and_fades() -> None:
    fitted = fit(a_series(noisy_week(28, persistence=0.99, scale=0.2)))
    truth = usual_week(30)[28 * DAY :]

    ratios = [
        fitted.update(a_series(factor * truth[:12], FIVE_MINUTES, fitted.origin)).forecast().point.values
        for factor in (1.0, 1.3)
    ]

    lifted = ratios[1] / ratios[0]
    assert lifted[0] > 1.15
    assert (np.diff(lifted[:48]) <= 1e-9).all()
    assert lifted[200] == pytest.approx(1.0, abs=0.05)


def test_the_step_in_progress_is_heard_before_it_is_complete() -> None:
    usual, high = (FITTED.update(minutes([value] * 3)) for value in (150.0, 170.0))

    assert usual.origin == high.origin == END
    assert high.forecast(HOUR).point.values[0] > usual.forecast(HOUR).point.values[0]


def test_many_small_updates_equal_a_large_one() -> None:
    fresh = noisy_week(15)[14 * DAY : 14 * DAY + 30]
    series = a_series(fresh, FIVE_MINUTES, END)
    stepwise = FITTED

    for i in range(30):
        stepwise = stepwise.update(series.between(END + i * FIVE_MINUTES, END + (i + 1) * FIVE_MINUTES))

    np.testing.assert_allclose(stepwise.forecast().paths, FITTED.update(series).forecast().paths)


def test_yesterdays_new_samples_reach_the_naive_members() -> None:
    fresh = 1.05 * noisy_week(15)[14 * DAY :]

    updated = FITTED.update(a_series(fresh, FIVE_MINUTES, END))

    day_naive = updated.members[0].pattern(updated._steps(DAY))
    np.testing.assert_allclose(np.expm1(day_naive[0]), fresh)


def test_a_new_record_raises_the_cap() -> None:
    flat = fit(a_series(np.full(14 * DAY, 10.0)))

    updated = flat.update(a_series(np.full(DAY, 1000.0), FIVE_MINUTES, flat.origin))

    assert updated.forecast().point.values.max() > 30.0
    assert updated.forecast(levels=(0.999,)).paths.max() <= 3000.0


def test_an_event_in_progress_is_not_taken_for_a_surprise() -> None:
    launch = Event(END, END + 2 * HOUR, multiplier=3.0)
    values = usual_week(14)
    fitted = fit(a_series(values), calendar=Calendar(events=(launch,)))

    during = fitted.update(a_series(3 * values[:12], FIVE_MINUTES, END)).forecast(3 * HOUR).point.values

    np.testing.assert_allclose(during[:12], 3 * values[12:24], rtol=0.05)
    np.testing.assert_allclose(during[12:24], values[24:36], rtol=0.05)
