import numpy as np
import pytest

from forecasting.cleaning import fill_gaps
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, usual_week


def filled(values: Values) -> Values:
    return np.asarray(np.expm1(fill_gaps(a_panel(values)).panel.logs[0]))


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
    values = with_gap(np.full(288, 5.0), 100, 288)

    np.testing.assert_allclose(filled(values), 5.0)


def test_gaps_at_the_ends_are_seasonal_even_where_short() -> None:
    week = usual_week(21)

    cleaned = filled(with_gap(with_gap(week, 0, 6), len(week) - 6, len(week)))

    np.testing.assert_allclose(cleaned, week)


def test_a_single_missing_hour_of_an_hourly_series_is_short() -> None:
    values = np.full(72, 5.0)
    values[10] = np.nan

    cleaned = fill_gaps(a_panel(values, HOUR))

    assert np.flatnonzero(cleaned.filled).tolist() == [10]
    assert np.expm1(cleaned.panel.logs[0, 10]) == pytest.approx(5.0)


def test_what_was_filled_is_told_and_the_rest_is_untouched() -> None:
    week = usual_week(8)
    panel = a_panel([with_gap(week, 100, 103), week])

    cleaned = fill_gaps(panel)

    assert np.flatnonzero(cleaned.filled[0]).tolist() == [100, 101, 102]
    assert not cleaned.filled[1].any()
    known = ~cleaned.filled
    np.testing.assert_array_equal(cleaned.panel.logs[known], panel.logs[known])


def test_a_panel_without_gaps_is_returned_as_it_is() -> None:
    panel = a_panel(usual_week(2))

    assert fill_gaps(panel).panel is panel
