"""Forecasts of a calendar with marked days: on them, after them, and while one is under way."""

from datetime import timedelta

import numpy as np
import pytest

from forecasting import Calendar, FittedForecast, MarkedDay, SeriesRefused, fit
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, MONDAY, a_series, noisy_week, usual_week

DAY = timedelta(days=1)
PER_DAY = DAY // FIVE_MINUTES
SUNDAY = 0.6  # of a weekday, in usual_week
LEVEL = 0.95


def marked(*numbers: int) -> Calendar:
    """The days so many days after the first, which is a Monday, marked."""
    return Calendar(marked_days=tuple(MarkedDay((MONDAY + each * DAY).date(), "Holiday") for each in numbers))


def days(first: int, last: int, holidays: dict[int, float] | None = None) -> Values:
    """Usual days [first, last), in which holidays have so much of the ordinary day they would have been."""
    values = usual_week(last)
    for number, factor in (holidays or {}).items():
        values[number * PER_DAY : (number + 1) * PER_DAY] *= factor
    return values[first * PER_DAY :]


def fitted(calendar: Calendar, *, end: int = 28, holidays: dict[int, float] | None = None) -> FittedForecast:
    return fit(a_series(days(0, end, holidays)), calendar=calendar)


def expected(forecaster: FittedForecast, count: int = 1) -> Values:
    return forecaster.forecast(count * DAY).point.values


def test_the_first_marked_day_is_forecast_as_a_sunday_and_the_next_as_ever() -> None:
    monday, tuesday = np.split(expected(fitted(marked(28)), 2), 2)

    np.testing.assert_allclose(monday, SUNDAY * days(28, 29), rtol=0.03)
    np.testing.assert_allclose(tuesday, days(29, 30), rtol=0.03)


def test_the_bound_of_a_first_marked_day_is_ready_for_an_ordinary_day() -> None:
    bound = fitted(marked(28)).forecast(DAY, (LEVEL,)).quantile(LEVEL).values

    assert (bound >= 0.97 * days(28, 29)).all()


def test_the_bound_of_a_marked_day_narrows_when_earlier_ones_were_as_expected() -> None:
    holidays = {2: SUNDAY, 10: SUNDAY, 18: SUNDAY}

    unseen, seen = (
        fitted(marked(*past, 28), holidays=past).forecast(DAY, (LEVEL,)).quantile(LEVEL).values.mean()
        for past in ({}, holidays)
    )

    assert seen < 0.85 * unseen


@pytest.mark.parametrize("holiday", [25, 21], ids=["three days ago", "a week ago"])
def test_a_marked_day_of_the_past_changes_no_ordinary_day(holiday: int) -> None:
    with_it = fitted(marked(holiday), holidays={holiday: 0.1})

    np.testing.assert_allclose(expected(with_it, 7), days(28, 35), rtol=0.02)


def test_the_day_after_a_marked_day_as_expected_is_ordinary() -> None:
    calendar = marked(16, 23, 28)
    before = fitted(calendar, holidays={16: SUNDAY, 23: SUNDAY})
    lived = days(28, 29, {28: SUNDAY})

    after = before.update(a_series(lived, FIVE_MINUTES, before.origin))

    np.testing.assert_allclose(expected(after), days(29, 30), rtol=0.02)


def test_on_a_marked_day_that_goes_as_expected_nothing_surprises() -> None:
    before = fitted(marked(28))
    lived = days(28, 29, {28: SUNDAY})[: PER_DAY // 2]

    during = before.update(a_series(lived, FIVE_MINUTES, before.origin))

    np.testing.assert_allclose(during.forecast(DAY / 2).point.values, SUNDAY * days(28, 29)[PER_DAY // 2 :], rtol=0.03)


def test_on_a_marked_day_that_goes_otherwise_the_hours_to_come_follow() -> None:
    before = fit(a_series(noisy_week(28, persistence=0.99, scale=0.2)), calendar=marked(28))
    lived = 0.5 * days(28, 29, {28: SUNDAY})[: PER_DAY // 2]

    during = before.update(a_series(lived, FIVE_MINUTES, before.origin))

    next_hour = during.forecast(timedelta(hours=1)).point.values
    assert next_hour.mean() < 0.8 * expected(before)[PER_DAY // 2 : PER_DAY // 2 + 12].mean()


def test_samples_of_a_marked_day_reach_no_member() -> None:
    before = fitted(marked(28))

    after = before.update(a_series(np.zeros(PER_DAY), FIVE_MINUTES, before.origin))

    for old, new in zip(before.members, after.members, strict=True):
        steps = before._steps(PER_DAY)
        np.testing.assert_array_equal(old.pattern(steps), new.pattern(steps))


def test_a_history_longer_than_four_weeks_teaches_marked_days_and_nothing_else() -> None:
    holidays = {9: 0.3, 30: 0.3}
    values = days(0, 63, holidays)
    values[: 5 * PER_DAY] *= 7.0
    calendar = marked(*holidays, 63)

    long = fit(a_series(values), calendar=calendar)
    short = fit(a_series(values[35 * PER_DAY :], start=MONDAY + 35 * DAY), calendar=calendar)

    assert [seen.day for seen in long.marked.past] == list(calendar.marked_days[:2])
    assert short.marked.past == ()
    assert expected(long).mean() < 0.8 * expected(short).mean()
    np.testing.assert_allclose(expected(long, 2)[PER_DAY:], expected(short, 2)[PER_DAY:])


def test_a_history_of_marked_days_alone_is_refused() -> None:
    with pytest.raises(SeriesRefused, match="no sample to learn from"):
        fit(a_series(days(0, 1)), calendar=marked(0))
