"""The calendar: events, exclusions and marked days by the local clock."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from forecasting import Calendar, Event, ForecastingError
from forecasting.occasions import MarkedDay
from tests.forecasting.loads import HOUR, MONDAY


@pytest.mark.parametrize(
    ("start", "end", "multiplier", "sentence"),
    [
        (datetime(2026, 1, 5), MONDAY, None, "must carry a time zone"),  # noqa: DTZ001 -- what is refused
        (MONDAY, MONDAY, None, "must end after it starts"),
        (MONDAY, MONDAY + HOUR, -1.0, "finite and at least 0"),
        (MONDAY, MONDAY + HOUR, float("nan"), "finite and at least 0"),
    ],
)
def test_an_impossible_event_is_refused(
    start: datetime, end: datetime, multiplier: float | None, sentence: str
) -> None:
    with pytest.raises(ForecastingError, match=sentence):
        Event(start, end, multiplier)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ForecastingError, match="unknown time zone"):
        Calendar(time_zone=name)


def test_events_touch_every_step_they_overlap() -> None:
    calendar = Calendar(events=(Event(MONDAY + timedelta(minutes=30), MONDAY + 2 * HOUR),))

    touched = calendar.touched(MONDAY.timestamp() + 3600 * np.arange(4), 3600)

    assert touched.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("events", "factors"),
    [
        ([], [1, 1, 1]),
        ([(0, 1, 3.0)], [3, 1, 1]),
        ([(0, 1, None)], [1, 1, 1]),
        ([(0, 1, 0.5)], [0.5, 1, 1]),
        ([(0, 2, 2.0), (1, 3, 4.0)], [2, 4, 4]),
        ([(0.5, 2, 3.0)], [2, 3, 1]),
    ],
    ids=["none", "inside", "no multiplier", "less demand", "the largest of two", "half a step"],
)
def test_multipliers_act_inside_their_window(
    events: list[tuple[float, float, float | None]], factors: list[float]
) -> None:
    calendar = Calendar(events=tuple(Event(MONDAY + a * HOUR, MONDAY + b * HOUR, by) for a, b, by in events))

    assert calendar.multipliers(MONDAY.timestamp() + 3600 * np.arange(3), 3600).tolist() == factors


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("UTC", datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)),
        ("Australia/Melbourne", datetime(2026, 1, 4, 13, tzinfo=UTC), datetime(2026, 1, 5, 13, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 1, 5, 5, tzinfo=UTC), datetime(2026, 1, 6, 5, tzinfo=UTC)),
    ],
)
def test_a_marked_day_lasts_from_local_midnight_to_the_next(zone: str, first: datetime, last: datetime) -> None:
    calendar = Calendar(zone, marked_days=(MarkedDay(date(2026, 1, 5), "Holiday"),))
    begins = np.arange(first.timestamp() - 7200, last.timestamp() + 7200, 3600)

    marked = begins[calendar.marked(begins, 3600) == 0]

    assert (marked[0], marked[-1] + 3600) == (first.timestamp(), last.timestamp())
    assert len(marked) == 24


@pytest.mark.parametrize(("day", "hours"), [(date(2013, 10, 6), 23), (date(2013, 4, 7), 25)], ids=["spring", "autumn"])
def test_a_marked_day_on_which_the_clock_changes_is_as_long_as_that_day(day: date, hours: int) -> None:
    calendar = Calendar("Australia/Melbourne", marked_days=(MarkedDay(day, "Changeover"),))
    begins = datetime(day.year, day.month, day.day - 1, tzinfo=UTC).timestamp() + 3600 * np.arange(72)

    assert np.sum(calendar.marked(begins, 3600) == 0) == hours


def test_marked_days_that_meet_are_told_apart_by_their_order_in_time() -> None:
    boxing, christmas = MarkedDay(date(2025, 12, 26), "Boxing Day"), MarkedDay(date(2025, 12, 25), "Christmas Day")
    calendar = Calendar(marked_days=(boxing, christmas, boxing))
    begins = datetime(2025, 12, 24, 12, tzinfo=UTC).timestamp() + 12 * 3600 * np.arange(6)

    assert calendar.marked_days == (christmas, boxing)
    assert calendar.marked(begins, 12 * 3600).tolist() == [-1, 0, 0, 1, 1, -1]


def test_a_day_marked_by_two_names_is_refused() -> None:
    day = date(2025, 12, 25)

    with pytest.raises(ForecastingError, match="2025-12-25 is marked twice: as 'Christmas Day' and as 'Noel'"):
        Calendar(marked_days=(MarkedDay(day, "Noel"), MarkedDay(day, "Christmas Day")))


@pytest.mark.parametrize("name", ["", "x" * 201], ids=["empty", "too long"])
def test_a_marked_day_needs_a_name(name: str) -> None:
    with pytest.raises(ForecastingError, match="2025-12-25 needs a name of 1 to 200 letters"):
        MarkedDay(date(2025, 12, 25), name)


def test_ordinary_days_learn_neither_from_events_nor_from_marked_days() -> None:
    calendar = Calendar(
        events=(Event(MONDAY, MONDAY + 2 * HOUR),), marked_days=(MarkedDay(date(2026, 1, 6), "Epiphany"),)
    )

    unusual = calendar.unusual(MONDAY.timestamp() + 3600 * np.arange(72), 3600)

    assert np.flatnonzero(unusual).tolist() == [0, 1, *range(24, 48)]
