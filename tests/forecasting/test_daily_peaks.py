from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from forecasting import Calendar, DailyPeaks, Event, MarkedDay, Series, SeriesRefused
from forecasting.series import Values

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def hours(days: int, *, start: datetime = MONDAY) -> Series:
    """Return hours that count up within each day of UTC, 1 to 24, times the number of the day."""
    return Series(start, HOUR, np.outer(1.0 + np.arange(days), 1.0 + np.arange(24)).ravel())


def test_a_peak_is_the_highest_sample_of_its_day() -> None:
    peaks = DailyPeaks.of(hours(3))

    assert peaks.first == date(2026, 3, 2)
    assert peaks.end == date(2026, 3, 5)
    np.testing.assert_array_equal(peaks.values, [24, 48, 72])


def test_days_are_those_of_the_local_clock_and_whole() -> None:
    peaks = DailyPeaks.of(hours(3), Calendar("America/New_York"))

    # From 5:00 UTC on; the first five hours and the last nineteen are of days that are not wholly there.
    assert peaks.first == date(2026, 3, 2)
    np.testing.assert_array_equal(peaks.values, [24, 48])


def test_days_of_23_and_25_hours_are_days() -> None:
    spring = DailyPeaks.of(hours(4, start=datetime(2026, 3, 27, 23, tzinfo=UTC)), Calendar("Europe/Berlin"))
    autumn = DailyPeaks.of(hours(4, start=datetime(2026, 10, 23, 22, tzinfo=UTC)), Calendar("Europe/Berlin"))

    assert (spring.first, len(spring)) == (date(2026, 3, 28), 4)
    assert (autumn.first, len(autumn)) == (date(2026, 10, 24), 3)


def test_a_day_that_lacks_a_quarter_is_not_known() -> None:
    values = hours(3).values.copy()
    values[24:30] = np.nan
    values[48:55] = np.nan

    peaks = DailyPeaks.of(Series(MONDAY, HOUR, values))

    np.testing.assert_array_equal(peaks.values, [24, 48, np.nan])


def test_what_is_not_ordinary_is_not_known() -> None:
    event = Event(MONDAY + 30 * HOUR, MONDAY + 31 * HOUR)
    calendar = Calendar(events=(event,), marked_days=(MarkedDay(date(2026, 3, 4), "a holiday"),))

    peaks = DailyPeaks.of(hours(4), calendar)

    np.testing.assert_array_equal(peaks.values, [24, np.nan, np.nan, 96])


def test_less_than_a_day_has_no_peak() -> None:
    assert len(DailyPeaks.of(hours(2).between(MONDAY + 2 * HOUR, MONDAY + 30 * HOUR))) == 0


def test_samples_of_more_than_a_day_are_refused() -> None:
    with pytest.raises(SeriesRefused, match="a day or less"):
        DailyPeaks.of(Series(MONDAY, timedelta(days=7), np.ones(10)))


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_peaks_that_no_demand_has_are_refused(value: float) -> None:
    with pytest.raises(SeriesRefused, match="finite and at least 0"):
        DailyPeaks(date(2026, 3, 2), np.array([1.0, value]))


def test_peaks_of_hours_are_raised_by_what_happens_within_them() -> None:
    coarse = DailyPeaks(date(2026, 1, 1), np.arange(1.0, 101.0))
    finer = DailyPeaks(date(2026, 4, 1), 1.5 * np.arange(91.0, 101.0))

    np.testing.assert_allclose(coarse.raised_to(finer).values, 1.5 * np.arange(1.0, 101.0))


@pytest.mark.parametrize(
    ("first", "values"),
    [
        (date(2026, 1, 1), np.full(6, 9.0)),
        (date(2026, 1, 1), np.full(30, np.nan)),
        (date(2026, 7, 1), np.full(30, 9.0)),
        (date(2025, 1, 1), np.full(30, 9.0)),
        (date(2026, 1, 1), np.full(30, 0.5)),
    ],
    ids=["less than a week", "nothing known", "only later days", "only earlier days", "lower peaks"],
)
def test_without_a_week_in_common_nothing_is_raised(first: date, values: Values) -> None:
    coarse = DailyPeaks(date(2026, 1, 1), np.ones(100))

    np.testing.assert_array_equal(coarse.raised_to(DailyPeaks(first, values)).values, coarse.values)
