"""What learning leaves out: windows that multiply the usual, with the ramps after them."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from controller.scaling.dates.calendars import calendar_of, calendar_of_days
from forecasting import Calendar, Series
from tests.builders import NOON, a_policy, an_event

HOUR = timedelta(hours=1)
DAY = Series(NOON - 12 * HOUR, HOUR, np.ones(24))
EVENING = {"name": "sale", "weekdays": ["Monday"], "start": "18:00", "end": "20:00", "rampInSeconds": 3600}


@pytest.mark.parametrize(
    ("schedule", "left_out"),
    [
        ({"multiplierPercent": 200}, [(6, 8)]),
        ({"multiplierPercent": 200, "rampOutSeconds": 7200}, [(6, 10)]),
        ({"minReplicas": 5, "rampOutSeconds": 7200}, []),
    ],
    ids=["the window, not the ramp before it", "and the ramp after it", "a floor leaves nothing out"],
)
def test_a_schedule_that_multiplies_is_not_learned_from(
    schedule: dict[str, int], left_out: list[tuple[int, int]]
) -> None:
    calendar = calendar_of(a_policy(schedules=[{**EVENING, **schedule}]).spec, DAY)
    assert [((each.start - NOON) / HOUR, (each.end - NOON) / HOUR) for each in calendar.events] == left_out


@pytest.mark.parametrize("calendar", [calendar_of, calendar_of_days], ids=["of minutes", "of days"])
def test_an_event_is_not_learned_from_to_the_end_of_its_ramp(calendar: Callable[..., Calendar]) -> None:
    event = an_event(rampInSeconds=1800, rampOutSeconds=7200)
    (left_out,) = calendar(a_policy().spec, DAY, events=[event]).events
    assert (left_out.start, left_out.end) == (event.spec.start, event.spec.end + 2 * HOUR)
