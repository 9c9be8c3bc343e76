from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasting import SeriesRefused
from forecasting.seasons import check_step, hourly, local_steps, median_season, newest, smooth, stack
from tests.forecasting.loads import MONDAY

BERLIN = ZoneInfo("Europe/Berlin")


def slots(start: datetime, hours: int, zone: tzinfo) -> list[int]:
    steps = local_steps(start.timestamp(), 3600, hours, zone)
    return [int(tick) for tick in steps.ticks % steps.per_day]


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        (datetime(2026, 1, 4, 22, tzinfo=UTC), UTC, [22, 23, 0, 1, 2]),
        (datetime(2026, 1, 4, 22, tzinfo=UTC), BERLIN, [23, 0, 1, 2, 3]),
        (datetime(2026, 3, 29, 0, tzinfo=UTC), BERLIN, [1, 3, 4, 5, 6]),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), BERLIN, [1, 2, 2, 3, 4]),
        (datetime(2026, 1, 4, 18, tzinfo=UTC), ZoneInfo("Asia/Kolkata"), [23, 0, 1, 2, 3]),
    ],
    ids=["utc", "an hour ahead", "spring leaves an hour out", "autumn repeats one", "half an hour off"],
)
def test_slots_follow_the_local_clock(start: datetime, zone: tzinfo, expected: list[int]) -> None:
    assert slots(start, 5, zone) == expected


def test_slots_agree_with_the_clock_over_a_year() -> None:
    steps = local_steps(MONDAY.timestamp(), 1800, 365 * 48, BERLIN)

    clock = [datetime.fromtimestamp(begin, BERLIN) for begin in steps.begins]

    assert (steps.ticks % steps.per_week).tolist() == [
        (each.weekday() * 24 + each.hour) * 2 + each.minute // 30 for each in clock
    ]


def test_no_steps_have_no_slots() -> None:
    assert len(local_steps(MONDAY.timestamp(), 60, 0, BERLIN)) == 0


@pytest.mark.parametrize("seconds", [15, 60, 300, 1800, 2700, 3600])
def test_steps_that_divide_a_day_are_supported(seconds: int) -> None:
    check_step(timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [1, 14, 420, 3601, 7200, 86400])
def test_other_steps_are_refused(seconds: int) -> None:
    with pytest.raises(SeriesRefused, match="divides a day"):
        check_step(timedelta(seconds=seconds))


def test_values_are_stacked_season_upon_season() -> None:
    stacked = stack(np.array([[1.0, 2, 3, 4, 5]]), np.arange(2, 7), season=3)

    np.testing.assert_array_equal(stacked, [[[np.nan, np.nan, 1], [2, 3, 4], [5, np.nan, np.nan]]])


def test_the_newest_sample_of_a_slot_wins() -> None:
    table = newest(np.array([[1.0, 2, 3, 4]]), np.array([0, 1, 2, 0]), season=4)

    np.testing.assert_array_equal(table, [[4, 2, 3, np.nan]])


def test_a_slots_median_leaves_missing_samples_out() -> None:
    values = np.array([[1.0, np.nan, 3, np.nan, 9, np.nan, 5, 7, np.nan]])

    np.testing.assert_array_equal(median_season(values, np.arange(9), season=3), [[3, 8, 3]])


def test_smoothing_goes_around_the_circle_and_keeps_edges() -> None:
    season = np.array([[9.0, 9, 0, 0, 0, 5, 0, 0, 9]])

    np.testing.assert_array_equal(smooth(season, 3), [[9, 9, 0, 0, 0, 0, 0, 0, 9]])
    assert smooth(season, 1) is season


def test_hours_are_counted_back_from_the_end() -> None:
    np.testing.assert_array_equal(hourly(np.array([[7.0, 1, 2, 3, 4]]), 2), [[1.5, 3.5]])


@pytest.mark.parametrize("width", [1, 3, 5, 7, 15])
def test_a_season_is_smoothed_by_the_median_of_its_neighbours_around_the_circle(width: int) -> None:
    season = np.random.default_rng(4).normal(size=(3, 40))
    half = width // 2

    smoothed = smooth(season, width)

    for slot in range(40):
        neighbours = season[:, np.arange(slot - half, slot + half + 1) % 40]
        np.testing.assert_array_equal(smoothed[:, slot], np.median(neighbours, axis=1))


@pytest.mark.parametrize("seasons", [1, 2, 3, 4, 5, 9])
def test_the_median_season_is_the_median_of_what_is_known_of_each_slot(seasons: int) -> None:
    generator = np.random.default_rng(seasons)
    values = np.where(generator.random((2, seasons * 12)) < 0.3, np.nan, generator.normal(size=(2, seasons * 12)))

    median = median_season(values, np.arange(seasons * 12), 12)

    for slot in range(12):
        known = [row[slot::12][~np.isnan(row[slot::12])] for row in values]
        expected = [np.median(each) if each.size else np.nan for each in known]
        np.testing.assert_allclose(median[:, slot], expected, atol=1e-12)
