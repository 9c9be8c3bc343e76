from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forecasting import Series, SeriesRefused
from tests.forecasting.loads import FIVE_MINUTES, MONDAY, a_series

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("start", "step", "values", "sentence"),
    [
        (datetime(2026, 1, 5), MINUTE, [1.0], "start must carry a time zone"),  # noqa: DTZ001 -- what is refused
        (MONDAY, timedelta(0), [1.0], "step must be positive"),
        (MONDAY, MINUTE, [[1.0]], "one-dimensional"),
        (MONDAY, MINUTE, [1.0, -2.0], "sample 1 is -2.0"),
        (MONDAY, MINUTE, [np.inf], "sample 0 is inf"),
        (MONDAY, MINUTE, [1.0, np.nan, 1e101], "sample 2 is 1e\\+101"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(
    start: datetime, step: timedelta, values: list[float], sentence: str
) -> None:
    with pytest.raises(SeriesRefused, match=sentence):
        Series(start, step, np.asarray(values))


def test_values_cannot_be_changed_from_outside() -> None:
    values = np.array([1.0, 2.0])
    series = Series(MONDAY, MINUTE, values)

    values[0] = 9.0

    assert series.values[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 9.0


def test_coarser_steps_are_means_of_what_is_known() -> None:
    series = a_series([1, 3, np.nan, 5, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 7], step=MINUTE)

    coarse = series.at_step(FIVE_MINUTES)

    assert coarse == a_series([3.0, np.nan, 7.0])


def test_buckets_follow_the_anchor() -> None:
    series = a_series([1, 2, 3, 4], step=MINUTE, start=MONDAY + timedelta(minutes=1))

    coarse = series.at_step(timedelta(minutes=2), anchor=MONDAY + timedelta(minutes=1))

    assert coarse.start == series.start
    assert coarse.values.tolist() == [1.5, 3.5]


def test_a_step_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(SeriesRefused, match="not a multiple"):
        a_series([1, 2]).at_step(timedelta(minutes=7))


def test_between_keeps_the_steps_that_touch_the_window() -> None:
    series = a_series(range(6))

    part = series.between(MONDAY + timedelta(minutes=7), MONDAY + timedelta(minutes=16))

    assert part == a_series([1, 2, 3], start=MONDAY + FIVE_MINUTES)
    assert len(series.between(MONDAY - timedelta(days=2), MONDAY - timedelta(days=1))) == 0


def test_the_same_samples_are_equal_in_any_time_zone() -> None:
    start = datetime.fromisoformat("2026-01-05T01:00:00+01:00")

    series = Series(start, MINUTE, np.array([np.nan, 1.0]))

    assert series.start.tzinfo is UTC
    assert series == a_series([np.nan, 1.0], step=MINUTE)
    assert series != a_series([0.0, 1.0], step=MINUTE)
    assert series != object()
