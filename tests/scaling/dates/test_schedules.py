"""Schedules against tables of hand-made dates, and against python-dateutil, a calendar library of other people's."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dateutil.rrule  # type: ignore[import-untyped]  # it ships no types
import dateutil.tz  # type: ignore[import-untyped]  # the same
import numpy as np
import pytest
from numpy.typing import NDArray

from controller.api.schedule import Weekday
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.plan import plan_capacity
from controller.scaling.reasons import Reason
from controller.scaling.voices.demand_events import asked_of, share_of
from tests.builders import a_policy, an_observation

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MARGIN = 7 * DAY  # on both sides: windows and ramps reach into the year, and out of it
OFFICE = {"name": "office", "weekdays": ["Monday", "Friday"], "start": "08:00", "end": "18:00", "minReplicas": 10}
NIGHT = {"name": "night", "weekdays": ["Saturday"], "start": "22:00", "end": "02:00", "minReplicas": 10}

Minutes = NDArray[np.int64]


def windows(
    begin: datetime, length: timedelta, *schedules: Mapping[str, Any], forecast: Mapping[str, Any] | None = None
) -> list[str]:
    """Return the windows of schedules around a time as `begin/end` in UTC."""
    found = schedule_windows(a_policy(schedules=list(schedules), forecast=forecast or {}).spec, begin, begin + length)
    return [f"{each.start:%a %d %H:%M}/{each.end:%a %d %H:%M}" for each in found]


MARCH = datetime(2026, 3, 1, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("schedule", "expected", "why"),
    [
        (OFFICE, ["Mon 02 08:00/Mon 02 18:00", "Fri 06 08:00/Fri 06 18:00"], "on its weekdays"),
        (
            {**NIGHT, "weekdays": ["Saturday", "Sunday"]},
            ["Sat 28 22:00/Sun 01 02:00", "Sun 01 22:00/Mon 02 02:00", "Sat 07 22:00/Sun 08 02:00"],
            "across midnight it belongs to the day it begins on, the last of February too",
        ),
        (
            {**OFFICE, "weekdays": ["Tuesday"], "start": "00:00", "end": "00:00"},
            ["Tue 03 00:00/Wed 04 00:00"],
            "a whole day where it ends as it begins",
        ),
        ({**OFFICE, "firstDate": "2026-03-03"}, ["Fri 06 08:00/Fri 06 18:00"], "not before its first date"),
        ({**OFFICE, "lastDate": "2026-03-03"}, ["Mon 02 08:00/Mon 02 18:00"], "not after its last date"),
        ({**OFFICE, "exceptDates": ["2026-03-02"]}, ["Fri 06 08:00/Fri 06 18:00"], "not on a date that is left out"),
        (
            {**OFFICE, "timeZone": "Asia/Kolkata"},
            ["Mon 02 02:30/Mon 02 12:30", "Fri 06 02:30/Fri 06 12:30"],
            "by the clock of its own zone",
        ),
        (
            {**OFFICE, "weekdays": ["Sunday"], "start": "23:00", "end": "01:00", "timeZone": "Pacific/Kiritimati"},
            ["Sun 01 09:00/Sun 01 11:00"],
            "the weekday is the zone's: there it is Sunday 14 hours before",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_window_comes_again(schedule: dict[str, Any], expected: list[str], why: str) -> None:
    assert windows(MARCH, 7 * DAY - HOUR, schedule) == expected, why


# Berlin's clock goes from 02:00 to 03:00 on 29 March (01:00 UTC) and from 03:00 to 02:00 on 25 October (01:00 UTC).
@pytest.mark.parametrize(
    ("day", "start", "end", "expected", "why"),
    [
        (29, "02:30", "05:00", ["Sun 29 01:00/Sun 29 03:00"], "a skipped start comes with the next time there is"),
        (29, "00:30", "02:30", ["Sat 28 23:30/Sun 29 01:00"], "and so does a skipped end"),
        (29, "02:10", "02:50", [], "what is skipped as a whole does not come"),
        (29, "02:59", "03:01", ["Sun 29 01:00/Sun 29 01:01"], "its rest comes"),
        (29, "22:00", "04:00", ["Sat 28 21:00/Sun 29 02:00", "Sun 29 20:00/Mon 30 02:00"], "an hour shorter"),
        (25, "02:30", "05:00", ["Sun 25 00:30/Sun 25 04:00"], "of a start that comes twice the first counts"),
        (25, "01:00", "02:30", ["Sat 24 23:00/Sun 25 01:30"], "of an end the second, with nothing off in between"),
        (25, "02:10", "02:50", ["Sun 25 00:10/Sun 25 01:50"], "and both from the first to the second"),
        (25, "22:00", "04:00", ["Sat 24 20:00/Sun 25 03:00", "Sun 25 21:00/Mon 26 03:00"], "an hour longer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_window_follows_the_clock_across_its_changes(
    day: int, start: str, end: str, expected: list[str], why: str
) -> None:
    begin = datetime(2026, 3 if day == 29 else 10, day, tzinfo=UTC) - 2 * HOUR
    schedule = {"name": "night", "start": start, "end": end, "minReplicas": 5}
    assert windows(begin, 25 * HOUR, schedule, forecast={"timeZone": "Europe/Berlin"})[: len(expected)] == expected, why
    assert len(windows(begin + 2 * HOUR, 4 * HOUR, schedule, forecast={"timeZone": "Europe/Berlin"})) == bool(expected)


def test_a_day_that_a_zone_skipped_has_no_window() -> None:
    apia = {**OFFICE, "weekdays": ["Friday"], "timeZone": "Pacific/Apia"}  # went over the date line at its midnight
    assert windows(datetime(2011, 12, 28, tzinfo=UTC), 4 * DAY, apia) == []


def test_a_window_is_not_on_a_public_holiday_that_counts() -> None:
    days = {**OFFICE, "weekdays": ["Monday", "Thursday", "Friday"], "exceptHolidays": True}
    holidays = {"country": "US", "subdivision": "NY", "ignored": ["Columbus Day"]}
    forecast = {"timeZone": "America/New_York", "holidays": holidays}
    columbus, thanksgiving = (datetime(2026, *day, 12, tzinfo=UTC) for day in ((10, 12), (11, 26)))
    assert windows(columbus, 4 * HOUR, days, forecast=forecast) == ["Mon 12 12:00/Mon 12 22:00"]
    assert windows(thanksgiving, 2 * DAY, days, forecast=forecast) == ["Fri 27 13:00/Fri 27 23:00"]


def test_a_place_without_known_holidays_keeps_its_windows() -> None:
    days = {**OFFICE, "exceptHolidays": True}
    assert windows(MARCH, 7 * DAY, days, forecast={"holidays": {"country": "ZZ"}}) == windows(MARCH, 7 * DAY, OFFICE)


@pytest.mark.parametrize(
    ("hour", "floor", "source"),
    [
        (7, 10, "requests"),
        (8, 20, "early"),
        (10, 40, "late"),
        (12, 40, "late"),
        (13, 20, "early"),
        (14, 10, "requests"),
    ],
)
def test_where_schedules_overlap_the_largest_counts(hour: int, floor: int, source: str) -> None:
    early = {"name": "early", "start": "08:00", "end": "14:00", "minReplicas": 20}
    late = {"name": "late", "start": "10:00", "end": "13:00", "minReplicas": 40}
    policy = a_policy(schedules=[early, late], capacity={"leadTimeSeconds": 1})
    now = MARCH + hour * HOUR
    plan = plan_capacity(an_observation(policy, now=now, schedules_until=now + MINUTE, requests=70))
    assert (plan.recommended_replicas, plan.winner and plan.winner.source) == (floor, source)


def test_a_schedule_asks_ahead_of_its_start_and_says_so() -> None:
    policy = a_policy(schedules=[{**OFFICE, "rampInSeconds": 1800, "description": "opening hours"}])
    now = datetime(2026, 3, 2, 7, 42, tzinfo=UTC)  # 15 minutes of ramp and 3 of lead time before the start
    plan = plan_capacity(an_observation(policy, now=now, schedules_until=now + 3 * MINUTE, requests=7))
    (asked,) = (candidate for candidate in plan.candidates if candidate.reason is Reason.SCHEDULE)
    assert (asked.replicas, asked.message) == (
        5,
        "schedule office (opening hours) from 2026-03-02 08:00 UTC: 1.00 times the usual demand, at least 5 replicas",
    )


def test_a_schedule_is_found_until_its_ramp_has_fallen() -> None:
    ramped = {**NIGHT, "rampOutSeconds": 24 * 3600}
    sunday = datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert windows(sunday, 25 * HOUR, ramped) == ["Sat 28 22:00/Sun 01 02:00"]
    assert windows(sunday + 24 * HOUR - MINUTE, MINUTE, ramped) == ["Sat 28 22:00/Sun 01 02:00"]
    assert windows(sunday + 24 * HOUR, MINUTE, ramped) == []


# ── A year, minute by minute ─────────────────────────────────────────────────────────────────────────────────────────
# Half an hour of daylight saving, clocks changed at midnight, the southern hemisphere, and none at all are among these.
SCHEDULES: tuple[dict[str, Any], ...] = (
    {
        "timeZone": "Europe/Berlin",
        "weekdays": ["Saturday", "Sunday", "Monday"],
        "start": "22:15",
        "end": "02:30",
        "rampInSeconds": 64 * 60,  # shares of powers of two are exact
        "rampOutSeconds": 512 * 60,
    },
    {"timeZone": "America/New_York", "weekdays": list(Weekday), "start": "02:30", "end": "01:45"},
    {
        "timeZone": "Australia/Lord_Howe",
        "weekdays": ["Sunday"],
        "start": "02:10",
        "end": "09:00",
        "rampOutSeconds": 128 * 60,
    },
    {
        "timeZone": "America/Santiago",
        "weekdays": ["Sunday", "Wednesday"],
        "start": "00:00",
        "end": "23:30",
        "firstDate": "2026-02-01",
        "lastDate": "2026-11-29",
        "exceptDates": ["2026-05-20", "2026-05-24"],
    },
    {"timeZone": "Asia/Kolkata", "weekdays": ["Friday"], "start": "09:00", "end": "09:00"},
)
FLOORS = (20, 5, 30, 10, 15)


def year_of_schedules() -> list[dict[str, Any]]:
    numbered = enumerate(zip(SCHEDULES, FLOORS, strict=True))
    return [{**schedule, "name": f"s{number}", "minReplicas": floor} for number, (schedule, floor) in numbered]


def ours() -> Minutes:
    """Return the floor of every minute of the year, as decisions would see it hour by hour."""
    spec = a_policy(schedules=year_of_schedules()).spec
    floors = np.zeros((YEAR[1] - YEAR[0]) // MINUTE, dtype=np.int64)
    for hour in range(len(floors) // 60):
        begin = YEAR[0] + hour * HOUR
        for window in schedule_windows(spec, begin, begin + HOUR):
            for minute in range(60):
                now = begin + minute * MINUTE
                _, floor = asked_of(window, share_of(window, now, now))
                floors[hour * 60 + minute] = max(floors[hour * 60 + minute], floor)
    return floors


def theirs() -> Minutes:
    """Return the same from recurrence rules, naive local times, and the zones of another library."""
    floors = np.zeros((YEAR[1] - YEAR[0] + 2 * MARGIN) // MINUTE, dtype=np.int64)
    for schedule, floor in zip(SCHEDULES, FLOORS, strict=True):
        zone = dateutil.tz.gettz(schedule["timeZone"])
        rise, fall = (schedule.get(ramp, 0) // 60 for ramp in ("rampInSeconds", "rampOutSeconds"))
        for naive_start, naive_end in occurrences(schedule):
            start, end = existing(naive_start, zone, 0), existing(naive_end, zone, 1)
            if start < end:
                shares = [*(np.arange(rise) / rise), *np.ones((end - start) // MINUTE), *(1 - np.arange(fall) / fall)]
                first = (start - YEAR[0] + MARGIN) // MINUTE - rise
                on = slice(first, first + len(shares))
                floors[on] = np.maximum(floors[on], np.ceil(floor * np.array(shares)).astype(np.int64))
    return floors[MARGIN // MINUTE : -MARGIN // MINUTE]


def occurrences(schedule: Mapping[str, Any]) -> Iterator[tuple[datetime, datetime]]:
    start, end = (timedelta(hours=int(schedule[at][:2]), minutes=int(schedule[at][3:])) for at in ("start", "end"))
    first = date.fromisoformat(schedule.get("firstDate", "2025-12-29"))
    last = date.fromisoformat(schedule.get("lastDate", "2027-01-02"))
    days = dateutil.rrule.rruleset()
    weekdays = [list(Weekday).index(Weekday(day)) for day in schedule["weekdays"]]
    days.rrule(dateutil.rrule.rrule(dateutil.rrule.DAILY, dtstart=first, until=last, byweekday=weekdays))
    for excluded in schedule.get("exceptDates", ()):
        days.exdate(datetime.fromisoformat(excluded))
    for day in days:
        yield day + start, day + (end if end > start else end + DAY)


def existing(naive: datetime, zone: Any, fold: int) -> datetime:  # noqa: ANN401  dateutil's
    """Return a local time, or the next one that exists, the first or the second time that the clock shows it."""
    while not dateutil.tz.datetime_exists(naive, zone):
        naive += MINUTE
    moment: datetime = dateutil.tz.enfold(naive.replace(tzinfo=zone), fold=fold).astimezone(dateutil.tz.UTC)
    return moment.replace(tzinfo=UTC)


def test_overlapping_schedules_in_five_time_zones_hold_to_the_minute_for_a_year() -> None:
    mine, others = ours(), theirs()
    assert len(mine) == 365 * 24 * 60
    assert np.flatnonzero(mine != others).tolist() == []
    assert set(mine.tolist()) == {0, *range(5, 31)}
