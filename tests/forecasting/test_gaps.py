import numpy as np
import pytest

from forecasting.gaps import fill_gaps
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, usual_week

DAY = 288


def filled(values: Values, *, hindsight: bool = True) -> Values:
    return np.asarray(np.expm1(fill_gaps(a_panel(values), hindsight=hindsight).logs[0]))


def with_gap(values: Values, first: int, last: int) -> Values:
    gapped = values.copy()
    gapped[first:last] = np.nan
    return gapped


def test_short_gaps_are_a_line_in_log_space() -> None:
    values = np.full(600, 9.0)
    values[300:] = 99.0

    cleaned = filled(with_gap(values, 299, 300))

    assert cleaned[299] == pytest.approx(np.sqrt(10.0 * 100.0) - 1)


def test_long_gaps_take_the_median_of_their_slot_of_the_week() -> None:
    week = usual_week(21)

    cleaned = filled(with_gap(week, 1000, 2000))

    np.testing.assert_allclose(cleaned, week)


def test_a_slot_of_the_week_never_seen_takes_its_slot_of_the_day() -> None:
    days = usual_week(4)

    cleaned = filled(with_gap(days, 300, 500))

    np.testing.assert_allclose(cleaned, days)


def test_a_slot_of_the_day_never_seen_takes_the_median_of_all() -> None:
    values = with_gap(np.full(DAY, 5.0), 100, DAY)

    np.testing.assert_allclose(filled(values), 5.0)


def test_gaps_at_the_ends_are_seasonal_even_where_short() -> None:
    week = usual_week(21)

    cleaned = filled(with_gap(with_gap(week, 0, 6), len(week) - 6, len(week)))

    np.testing.assert_allclose(cleaned, week)


def test_a_single_missing_hour_of_an_hourly_series_is_short() -> None:
    values = np.full(72, 5.0)
    values[10] = np.nan

    logs = fill_gaps(a_panel(values, HOUR)).logs

    np.testing.assert_allclose(np.expm1(logs[0]), 5.0)


def test_what_is_known_stays_as_it_is_and_nothing_stays_missing() -> None:
    week = usual_week(8)
    panel = a_panel([with_gap(week, 100, 1103), week])

    logs = fill_gaps(panel).logs

    known = ~np.isnan(panel.logs)
    np.testing.assert_array_equal(logs[known], panel.logs[known])
    assert not np.isnan(logs).any()


def test_a_panel_without_gaps_is_returned_as_it_is() -> None:
    panel = a_panel(usual_week(2))

    assert fill_gaps(panel) is panel


def test_without_hindsight_the_newest_sample_holds_for_the_first_hour_of_a_gap() -> None:
    week = usual_week(21)

    cleaned = filled(with_gap(week, 5000, 5050), hindsight=False)

    np.testing.assert_allclose(cleaned[5000:5012], week[4999])
    np.testing.assert_allclose(cleaned[5012:5050], week[5012:5050])


@pytest.mark.parametrize(
    ("first", "seasons"),
    [(20 * DAY, [7 * DAY, 14 * DAY]), (8 * DAY, [7 * DAY]), (2 * DAY, [DAY, 2 * DAY])],
    ids=["of two weeks", "of one week", "of days in the first week"],
)
def test_without_hindsight_long_gaps_take_their_slots_from_before(first: int, seasons: list[int]) -> None:
    growing = 100.0 + np.arange(21 * DAY)
    gap = np.arange(first + 12, first + 50)

    cleaned = filled(with_gap(growing, first, first + 50), hindsight=False)

    before = np.log1p([growing[gap - season] for season in seasons])
    np.testing.assert_allclose(cleaned[gap], np.expm1(np.median(before, axis=0)))


@pytest.mark.parametrize(("first", "last", "source"), [(100, 150, 99), (0, 50, 50)], ids=["a first day", "a beginning"])
def test_without_hindsight_and_a_day_before_the_newest_sample_fills_a_gap(first: int, last: int, source: int) -> None:
    growing = 100.0 + np.arange(2 * DAY)

    cleaned = filled(with_gap(growing, first, last), hindsight=False)

    np.testing.assert_allclose(cleaned[first:last], growing[source])


def test_without_hindsight_nothing_after_a_position_changes_what_fills_before_it() -> None:
    week = usual_week(21)
    holes = np.random.default_rng(5).random(len(week)) < 0.02
    gapped = np.where(holes | (np.arange(len(week)) % 700 < 60), np.nan, week)

    for position in range(10 * DAY, 20 * DAY, 131):
        changed = gapped.copy()
        changed[position:] = 7.0

        np.testing.assert_array_equal(
            filled(gapped, hindsight=False)[:position], filled(changed, hindsight=False)[:position]
        )
