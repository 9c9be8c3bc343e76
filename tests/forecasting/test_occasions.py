from datetime import datetime, timedelta

import numpy as np
import pytest

from forecasting import Calendar, Event, ForecastingError
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
