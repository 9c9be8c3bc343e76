from datetime import UTC, datetime, timedelta

import numpy as np

from controller.telemetry.minutes import KEPT_MINUTES, MINUTE, Minutes, filling_grid

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_the_last_sample_of_a_minute_is_its_mean() -> None:
    minutes = Minutes()
    for seconds, value in ((15, 1.0), (30, 2.0), (45, 3.0), (60, 4.0)):
        minutes.record(value, NOON + timedelta(seconds=seconds))

    series = minutes.series(NOON + MINUTE)

    assert series is not None
    assert (series.start, series.step, list(series.values)) == (NOON, MINUTE, [4.0])


def test_the_minute_that_is_going_on_is_not_told_yet() -> None:
    minutes = Minutes()
    minutes.record(1.0, NOON + timedelta(seconds=59))

    assert minutes.series(NOON + timedelta(seconds=59)) is None


def test_a_gap_stays_a_gap() -> None:
    minutes = Minutes()
    minutes.record(1.0, NOON)
    minutes.record(2.0, NOON + 3 * MINUTE)

    series = minutes.series(NOON + 3 * MINUTE)

    assert series is not None
    np.testing.assert_array_equal(series.values, [1.0, np.nan, np.nan, 2.0])


def test_the_series_ends_where_the_newest_sample_ends() -> None:
    minutes = Minutes()
    minutes.record(1.0, NOON)

    series = minutes.series(NOON + 30 * MINUTE)

    assert series is not None
    assert series.end == NOON


def test_what_is_older_than_the_kept_hours_is_forgotten() -> None:
    minutes = Minutes()
    for number in range(2 * KEPT_MINUTES):
        minutes.record(float(number), NOON + number * MINUTE)

    series = minutes.series(NOON + (2 * KEPT_MINUTES - 1) * MINUTE)

    assert series is not None
    assert list(series.values) == list(range(KEPT_MINUTES, 2 * KEPT_MINUTES))


def test_after_a_long_silence_nothing_old_comes_back() -> None:
    minutes = Minutes()
    minutes.record(1.0, NOON)

    assert minutes.series(NOON + 2 * KEPT_MINUTES * MINUTE) is None


def test_the_past_fills_what_was_not_recorded() -> None:
    minutes, now = Minutes(), NOON + timedelta(seconds=10)
    grid = filling_grid(now)
    minutes.record(7.0, NOON)
    minutes.record(9.0, now)
    minutes.fill(grid, np.arange(grid.count, dtype=np.float64))

    series = minutes.series(now)

    assert series is not None
    assert (series.start, series.end) == (NOON - (KEPT_MINUTES - 1) * MINUTE, NOON)
    assert list(series.values[-3:]) == [177.0, 178.0, 7.0]


def test_the_past_may_have_gaps() -> None:
    minutes, grid = Minutes(), filling_grid(NOON)
    values = np.full(grid.count, np.nan)
    values[-4], values[-2] = 1.0, 2.0
    minutes.fill(grid, values)

    series = minutes.series(NOON)

    assert series is not None
    np.testing.assert_array_equal(series.values, [1.0, np.nan, 2.0])


def test_a_sample_at_the_end_of_a_minute_changes_what_was_told_of_it() -> None:
    minutes = Minutes()
    minutes.record(1.0, NOON)
    before = minutes.series(NOON)
    minutes.record(2.0, NOON)

    after = minutes.series(NOON)

    assert before is not None
    assert after is not None
    assert (list(before.values), list(after.values)) == ([1.0], [2.0])
