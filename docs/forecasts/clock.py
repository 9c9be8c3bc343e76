"""Step: logarithms of demand, by the clock that people live by."""

import math
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import VICTORIA, Loads, victorian_holidays
from docs.forecasts.step import DAY, HOUR, Step, line, percent, time_axis
from docs.marks import Axis, Ink, Line, measured
from forecasting import Series
from forecasting.seasons import local_steps
from forecasting.series import Values

CHANGE = date(2013, 10, 6)  # a Sunday on which summer time begins in Victoria
DAYS_AROUND = 13  # what the recording still holds after it
SATURDAY = 5
NINE = time(9)
A_TENTH = 1.1
SHOWN = 3 * DAY


def clock(loads: Loads) -> Step:
    """Return the taxis in both spaces, and working days before and after a change of clocks by both clocks."""
    utc, local = (_working_days(loads.electricity, zone) for zone in (UTC, VICTORIA))
    return Step(
        figures={
            "tenth": percent(A_TENTH - 1),
            "tenth_in_logs": f"{math.log(A_TENTH):.2f}",
            "change": f"{CHANGE.day} {CHANGE:%B %Y}",
            "moved_utc": percent(_moved(*utc), 1),
            "moved_local": percent(_moved(*local), 1),
            "hours_of_change": f"{(_midnight(CHANGE + DAY) - _midnight(CHANGE)) / HOUR:.0f}",
        },
        holds={
            "By the clock of the place they resemble each other more.": _moved(*local) < _moved(*utc),
            "On $change Victoria set its clocks forward.": _midnight(CHANGE + DAY) - _midnight(CHANGE) < DAY,
            "Nine in the morning stays nine in the morning.": len({_slot_of_nine(days) for days in (-1, 1)}) == 1,
        },
        picture=drawn(
            "Taxi passengers as they are and as logarithms; working days in Victoria by two clocks",
            [
                _taxis(loads.taxi),
                [_panel("Victoria, hours of UTC", utc), _panel("Victoria, hours of its own clock", local)],
            ],
        ),
    )


def _working_days(series: Series, zone: tzinfo) -> tuple[Values, Values]:
    """Return the mean working day before and after the change, (steps of a day,) each, by a clock."""
    free = {day.date for day in victorian_holidays()}
    days = [CHANGE + timedelta(days=back) for back in range(-DAYS_AROUND, DAYS_AROUND)]
    working = [day for day in days if day.weekday() < SATURDAY and day not in free]
    seen = {day: series.between(_midnight(day, zone), _midnight(day, zone) + DAY).values for day in working}
    before, after = (np.mean([seen[day] for day in seen if (day > CHANGE) == later], axis=0) for later in (False, True))
    return before, after


def _moved(before: Values, after: Values) -> float:
    """Return how far two days differ, as a share of demand."""
    return float(np.abs(before - after).mean() / before.mean())


def _midnight(day: date, zone: tzinfo = VICTORIA) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _slot_of_nine(days: int) -> int:
    """Return in which slot of the day the engine sees nine o'clock so many days from the change."""
    at = datetime.combine(CHANGE + timedelta(days=days), NINE, VICTORIA)
    steps = local_steps(at.timestamp(), 1800.0, 1, VICTORIA)
    return int(steps.ticks[0]) % steps.per_day


def _taxis(taxi: Series) -> list[Panel]:
    begin = taxi.end - 16 * DAY
    part = taxi.between(begin, begin + SHOWN)
    logs = Line(line(part, begin).xs, np.log1p(part.values))
    axis = time_axis(begin, SHOWN, every=24)
    return [
        Panel("Taxis, as counted", axis, measured("passengers in 30 min", part.values), [line(part, begin)]),
        Panel("Taxis, as the engine sees them", axis, measured("log(1 + passengers)", logs.ys, low=None), [logs]),
    ]


def _panel(title: str, days: tuple[Values, Values]) -> Panel:
    hours = np.arange(len(days[0])) * 24 / len(days[0]) + 0.25
    axis = Axis("", 0.0, 24.0, tuple((float(hour), f"{hour}:00") for hour in range(0, 25, 6)))
    before, after = days
    marks = [Line(hours, before, name="before"), Line(hours, after, Ink.BLUE, "after", dashed=True)]
    return Panel(title, axis, measured("MW", before, after, low=None), marks)
