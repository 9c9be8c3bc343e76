"""Forecasts of a trace as a report: the right numbers at the right times, gaps left open."""

from datetime import timedelta

import numpy as np
import pytest

from controller.reporting.forecast_plot import from_attempts, from_forecasts
from controller.reporting.page import render_page
from controller.reporting.report import Lines, Report
from forecasting import FittedForecast, Forecast, Series, fit
from forecasting.out_of_sample import Attempt, attempt, records_of
from tests.forecasting.loads import HOUR, a_series, noisy_week

DAY = timedelta(days=1)
LEVELS = (0.9, 0.1, 0.5)
NAMES = ["Measured", "Headroom", "90 % bound"]


@pytest.fixture(scope="module")
def trace() -> Series:
    return a_series(noisy_week(21, step=HOUR), step=HOUR)


def made(trace: Series, *days: int) -> list[tuple[FittedForecast, Forecast]]:
    """Forecasts of a day from the beginnings of these days of the trace."""
    fits = [fit(trace.between(trace.start, trace.start + day * DAY)) for day in days]
    return [(fitted, fitted.forecast(DAY, LEVELS)) for fitted in fits]


def lines_of(report: Report) -> Lines:
    lines = report.demands[0].measured
    assert lines is not None
    return lines


def known(lines: Lines, name: str) -> list[float]:
    """Days of the trace on which a line has something to say."""
    values = lines.values[name]
    return sorted(set(((lines.seconds[~np.isnan(values)] - lines.seconds[0]) // 86_400).tolist()))


def test_a_single_forecast_is_a_band_between_its_outer_levels(trace: Series) -> None:
    ((_, forecast),) = forecasts = made(trace, 20)

    band = from_forecasts("web.csv", trace, forecasts).demands[0].forecast

    assert band is not None
    assert band.lower is not None
    assert band.expected.tolist() == forecast.point.values.tolist()
    assert band.planned.tolist() == forecast.quantile(0.9).values.tolist()
    assert band.lower.tolist() == forecast.quantile(0.1).values.tolist()
    assert band.seconds[0] == forecast.origin.timestamp()


def test_what_was_measured_is_shown_from_a_week_before_and_beside_the_forecast(trace: Series) -> None:
    lines = lines_of(from_forecasts("web.csv", trace, made(trace, 15)))

    assert list(lines.values) == ["Measured"]
    assert lines.seconds[0] == (trace.start + 8 * DAY).timestamp()
    assert lines.values["Measured"].tolist() == trace.values[8 * 24 : 16 * 24].tolist()


def test_beyond_the_trace_nothing_was_measured(trace: Series) -> None:
    measured = lines_of(from_forecasts("web.csv", trace, made(trace, 21))).values["Measured"]

    assert np.isnan(measured[-24:]).all()
    assert not np.isnan(measured[:-24]).any()


def test_several_forecasts_are_lines_with_gaps_between_them(trace: Series) -> None:
    report = from_forecasts("web.csv", trace, made(trace, 17, 15))

    lines = lines_of(report)
    assert report.demands[0].forecast is None
    assert list(lines.values) == NAMES
    assert known(lines, "Headroom") == known(lines, "90 % bound") == [7, 9]
    assert report.subtitle.startswith("From 2 origins, Tue 20 Jan 2026, 00:00 UTC to Thu 22 Jan 2026, 00:00 UTC")


def test_where_horizons_overlap_the_newer_origin_counts(trace: Series) -> None:
    fits = [fit(trace.between(trace.start, trace.start + 15 * DAY + hours * HOUR)) for hours in (0, 6)]
    older, newer = ((fitted, fitted.forecast(DAY, LEVELS)) for fitted in fits)

    shown = lines_of(from_forecasts("web.csv", trace, [newer, older])).values["Headroom"]

    assert shown[-24:].tolist() == newer[1].point.values.tolist()
    assert shown[-30:-24].tolist() == older[1].point.values[:6].tolist()


@pytest.fixture(scope="module")
def attempts(trace: Series) -> list[Attempt]:
    return [attempt(trace, fitted, horizon=DAY, level=0.9) for fitted, _ in made(trace, 15, 17, 20)]


def test_attempts_are_shown_beside_last_weeks_copy(trace: Series, attempts: list[Attempt]) -> None:
    lines = lines_of(from_attempts("web.csv", trace, attempts, records_of(attempts)))

    assert list(lines.values) == [*NAMES, "Last week's copy"]
    assert known(lines, "Last week's copy") == [7, 9, 12]
    assert lines.values["Last week's copy"][-24:].tolist() == trace.values[13 * 24 : 14 * 24].tolist()


def test_everybodys_error_is_the_one_measured_from_outside(trace: Series, attempts: list[Attempt]) -> None:
    records = records_of(attempts)

    shown = from_attempts("web.csv", trace, attempts, records).demands[0].accuracy

    assert [row.name for row in shown[:3]] == ["Headroom", "Yesterday's copy", "Last week's copy"]
    assert [row.error_percent for row in shown] == [100 * record.full_horizon.wape for record in records]


def test_the_chart_of_several_origins_opens_on_the_newest(trace: Series, attempts: list[Attempt]) -> None:
    report = from_attempts("web.csv", trace, attempts, records_of(attempts))

    assert report.focus is not None
    assert report.focus.begin == (trace.start + 18 * DAY).timestamp()
    assert from_forecasts("web.csv", trace, made(trace, 20)).focus is None


def test_both_are_pages(trace: Series, attempts: list[Attempt]) -> None:
    reports = [
        from_forecasts("<b>.csv", trace, made(trace, 20)),
        from_forecasts("<b>.csv", trace, made(trace, 15, 20)),
        from_attempts("<b>.csv", trace, attempts, records_of(attempts)),
    ]

    for html in map(render_page, reports):
        assert 'id="chart-demand-0"' in html
        assert "&lt;b&gt;.csv" in html
        assert "gate open" in html
