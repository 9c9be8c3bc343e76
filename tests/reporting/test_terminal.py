"""The report in a terminal: figures first, safe to print anywhere."""

from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from rich.console import Console

from controller.api.forecast_report import ForecastReport
from controller.reporting.forecast_report import from_forecast_report
from controller.reporting.report import Report
from controller.reporting.terminal import print_report
from tests.reporting.examples import forecast_report_object, replay_report


@pytest.fixture(scope="module")
def replayed() -> Report:
    return replay_report(days=1)


@pytest.fixture(scope="module")
def forecast() -> Report:
    return from_forecast_report(ForecastReport.model_validate(forecast_report_object()))


def printed(report: Report, page: Path | None = None) -> str:
    out = StringIO()
    print_report(report, Console(file=out, width=80), page=page)
    return out.getvalue()


def test_a_replay_prints_its_verdict_and_a_row_a_policy(replayed: Report) -> None:
    text = printed(replayed)

    assert replayed.verdict.replace("\u202f", "") in " ".join(text.split())
    for row in replayed.scores:
        cells = next(line.split() for line in text.splitlines() if line.startswith(f" {row.policy}  "))
        assert cells[:2] == [row.policy, str(row.violation_minutes)]
        assert cells[-1] == str(row.actions)


def test_numbers_are_not_broken_over_lines() -> None:
    text = printed(Report("t", "s", f"{'x' * 74} 12\u202f480 and 9.2\u202f% fewer"))

    assert "12,480 and 9.2% fewer" in text


def test_the_curves_of_demand_and_replicas_fit_eighty_columns(replayed: Report) -> None:
    curves = [line for line in printed(replayed).splitlines() if "▁" in line]

    assert len(curves) == 3
    assert all("up to" in line for line in curves)


def test_a_forecast_prints_its_headlines_and_whether_it_acts(forecast: Report) -> None:
    text = printed(forecast)

    assert all(figure.label in text for figure in forecast.figures)
    assert "Forecast of requests acts quantile loss is 0.58" in " ".join(text.split())


def test_the_page_is_named_last_and_whole(forecast: Report) -> None:
    path = Path("/a/very/long/path") / ("x" * 90) / "report.html"

    text = printed(forecast, path)

    assert text.rstrip().endswith(str(path))


def test_escape_sequences_from_a_cluster_do_not_steer_the_terminal(forecast: Report) -> None:
    text = printed(replace(forecast, verdict="\x1b]0;owned\x07 [bold]not markup[/bold]\r"))

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text
    assert "[bold]not markup[/bold]" in text


def test_a_terminal_without_unicode_gets_ascii(replayed: Report) -> None:
    raw = BytesIO()
    console = Console(file=TextIOWrapper(raw, encoding="ascii", write_through=True), width=80)

    print_report(replayed, console, page=Path("report.html"))

    text = raw.getvalue().decode("ascii")
    assert "Headroom" in text
    assert "report.html" in text
    assert "?" not in text


def test_an_empty_report_prints_its_verdict_alone() -> None:
    assert printed(Report("web", "shop/web", "Nothing yet.")).split() == ["web", "shop/web", "Nothing", "yet."]
