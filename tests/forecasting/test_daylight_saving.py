"""Daylight saving: seasons follow the local clock, shown on the electricity demand of Victoria, kept on a UTC grid."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from benchmarks.traces import judged
from forecasting import Calendar, Series, fit

DAY = timedelta(days=1)
MELBOURNE = "Australia/Melbourne"
FIRST_WEEKEND, LAST_WEEKEND = date(2012, 2, 4), date(2014, 12, 20)  # Saturdays; five weeks come before the first
# Sundays on which the clock went back (April) or forward (October).
CHANGEOVERS = (
    date(2012, 4, 1),
    date(2012, 10, 7),
    date(2013, 4, 7),
    date(2013, 10, 6),
    date(2014, 4, 6),
    date(2014, 10, 5),
)


@cache
def trace() -> Series:
    return judged("vic_electricity")


def error(first: date, days: int, *, zone: str = MELBOURNE) -> float:
    """The weighted absolute percentage error of so many days, forecast from the first one's local midnight."""
    begin, end = (
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(MELBOURNE)).astimezone(UTC)
        for day in (first, first + days * DAY)
    )
    truth = trace().between(begin, end).values
    fitted = fit(trace().between(trace().start, begin), calendar=Calendar(zone))
    return float(np.abs(truth - fitted.forecast(end - begin).point.values).sum() / truth.sum())


@pytest.mark.slow
def test_a_weekend_on_which_the_clock_changes_is_forecast_like_any_other() -> None:
    weeks = (LAST_WEEKEND - FIRST_WEEKEND).days // 7 + 1
    errors = {(saturday := FIRST_WEEKEND + 7 * week * DAY) + DAY: error(saturday, 2) for week in range(weeks)}

    changed = np.mean([errors.pop(sunday) for sunday in CHANGEOVERS])

    assert changed <= 1.2 * np.median(list(errors.values()))


@pytest.mark.parametrize("sunday", CHANGEOVERS, ids=str)
def test_the_week_after_the_clock_changed_is_forecast_better_by_the_local_clock(sunday: date) -> None:
    assert error(sunday, 7) < error(sunday, 7, zone="UTC")
