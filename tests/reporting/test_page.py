"""The page: complete, self-contained, harmless, and true to its report. How it looks is checked by eye."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from controller.api.forecast_report import ForecastReport
from controller.reporting.charts import MAX_DECISIONS
from controller.reporting.forecast_report import from_forecast_report
from controller.reporting.page import render_page
from controller.reporting.report import DecisionRow, Demand, Figure, Latency, Lines, Report
from controller.reporting.wording import claim, number, ratio, share, times
from controller.scaling.decision import Candidate, Limiter
from controller.scaling.reasons import Reason
from tests.builders import NOON
from tests.reporting.examples import START, forecast_report_object, replay_report

MEGABYTE = 1_000_000
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'@y0{safe}$$x$$"
SAFE_IN_DATA = "\\u003c/script\\u003e"


class Page(HTMLParser):
    """A page as a browser sees it: elements with their attributes, scripts, and the text in sight."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.data = ""
        self.words: list[str] = []
        self.open = ""
        self.feed(html)
        self.text = re.sub(r"[ \n]+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open = tag
        if tag == "script" and dict(attrs).get("type") is None:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  the parser's signature
        self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open == "script" and self.elements[-1][1].get("type") is None:
            self.scripts[-1] += data
        elif self.open == "script":
            self.data += data
        elif self.open != "style":
            self.words.append(data)

    @property
    def policy(self) -> str:
        contents = [a["content"] for tag, a in self.elements if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(contents) == 1
        return contents[0] or ""

    @property
    def charts(self) -> set[str]:
        return {str(a["id"]) for _, a in self.elements if a.get("class") == "chart"}


@pytest.fixture(scope="module")
def report() -> Report:
    return replay_report(days=1.5)


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return render_page(report)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def spoilt(report: Report) -> Page:
    return Page(render_page(hostile(report)))


def hostile(report: Report) -> Report:
    """The same report with markup wherever a word can come from a user or a cluster."""

    def renamed(lines: Lines) -> Lines:
        return Lines(lines.seconds, {f"{HOSTILE}{name}": values for name, values in lines.values.items()})

    def spoilt(demand: Demand) -> Demand:
        assert demand.measured is not None
        season = tuple(replace(part, name=HOSTILE, unit=HOSTILE) for part in demand.season)
        spoilt = replace(demand, measured=renamed(demand.measured), season=season)
        return replace(spoilt, name=HOSTILE, unit=HOSTILE, basis=HOSTILE, season_sentence=HOSTILE)

    assert report.latency is not None
    return replace(
        report,
        title=HOSTILE,
        subtitle=HOSTILE,
        verdict=HOSTILE,
        notes=(HOSTILE,),
        figures=(Figure(HOSTILE, HOSTILE, HOSTILE),),
        scores=tuple(replace(row, policy=HOSTILE) for row in report.scores),
        comparisons=tuple(replace(row, policy=HOSTILE, rival=HOSTILE) for row in report.comparisons),
        demands=tuple(spoilt(demand) for demand in report.demands),
        latency=Latency(renamed(report.latency.p95_ms), report.latency.limit_ms),
        decisions=tuple(replace(row, reason=HOSTILE, message=HOSTILE) for row in report.decisions),
    )


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Every Bokeh model in a document, however deep."""
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def test_the_policy_allows_exactly_the_scripts_of_the_page(page: Page) -> None:
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts}

    assert set(re.findall(r"'sha256-([^']+)'", page.policy)) == digests
    assert len(page.scripts) == 2


def test_the_policy_grants_no_host_no_eval_and_no_inline_script(page: Page) -> None:
    directives = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))

    assert directives.pop("default-src") == "'none'"
    assert all(source.startswith("'sha256-") for source in directives.pop("script-src").split())
    assert directives == {
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    loading = {"src", "href", "srcset", "action", "data", "poster", "background"}

    assert [(tag, a) for tag, a in page.elements if loading & set(a)] == []


def test_no_chart_carries_code(page: Page) -> None:
    names = {model["name"] for model in objects(json.loads(page.data))}

    assert {name for name in names if "CustomJS" in name} == set()
    assert "HoverTool" in names


def test_scripts_do_not_depend_on_what_is_reported(page: Page, spoilt: Page) -> None:
    assert spoilt.scripts == page.scripts


def test_hostile_words_are_shown_as_words(page: Page, spoilt: Page) -> None:
    assert [tag for tag, _ in spoilt.elements if tag == "script"] == [
        tag for tag, _ in page.elements if tag == "script"
    ]
    assert [tag for tag, _ in spoilt.elements if tag == "img"] == []
    assert spoilt.text.count(HOSTILE) > 10
    assert SAFE_IN_DATA in spoilt.data


def test_every_chart_has_its_place_and_every_place_its_chart(page: Page) -> None:
    (item,) = json.loads(page.data)["items"]

    assert set(item["roots"].values()) == page.charts
    assert {slot.removeprefix("chart-") for slot in page.charts} == {
        *("overview", "demand-0", "replicas", "misses", "latency", "reasons"),
        *("violation-minutes", "pod-hours", "season-0"),
    }


def test_a_part_without_data_is_not_there() -> None:
    page = Page(render_page(Report("web", "shop/web", "Nothing has been computed yet.")))

    assert page.charts == set()
    assert [tag for tag, _ in page.elements if tag in {"section", "table", "dl", "h2"}] == []
    assert "Nothing has been computed yet." in page.text


def test_a_forecast_of_a_cluster_shows_its_forecast_plan_and_basis_only() -> None:
    raw = forecast_report_object()

    page = Page(render_page(from_forecast_report(ForecastReport.model_validate(raw))))

    assert page.charts == {"chart-demand-0", "chart-replicas"}
    assert "gate open" in page.text
    assert "The daily season explains 88 % of the variation" in page.text


def test_the_figures_shown_are_the_report_s(page: Page, report: Report) -> None:
    assert report.verdict in page.text
    for figure in report.figures:
        assert f"{figure.label} {figure.value} {figure.note}" in page.text
    for row in report.scores:
        shares = f"{share(row.violation_minutes / row.minutes)} {share(row.late_share)}"
        shown = f"{row.policy} {number(row.violation_minutes)} {shares} {number(row.pod_hours)} {number(row.actions)}"
        assert shown in page.text


def test_every_rival_is_compared_with_in_figures(page: Page, report: Report) -> None:
    for row in report.comparisons:
        assert f"{row.rival} {ratio(row.violation_minutes)} {ratio(row.pod_hours)}" in page.text
        assert f"{times(row.elastic_speedup)} {claim(row)}" in page.text


def test_every_change_is_listed(page: Page, report: Report) -> None:
    for row in report.decisions[:20]:
        assert f"{row.time:%H:%M:%S} {row.before} → {row.after} {row.reason} {row.message}" in page.text


def test_a_decision_is_shown_with_its_voices_and_limits() -> None:
    forecast = Candidate(Reason.FORECAST, "requests", 3, "the forecast needs 3")
    silent = Candidate(Reason.BELOW_THRESHOLD, "backlog", None, "queue is 12, fires above 1000")
    limit = Limiter(Reason.SCALE_DOWN_STABILIZED, 3, 5, "5 is the highest of the last 300 s")
    row = DecisionRow(NOON, 8, 5, limit.reason, limit.message, (forecast, silent), (limit,))

    page = Page(render_page(Report("web", "shop/web", "v", decisions=(row,))))

    assert "12:00:00 8 → 5 ScaleDownStabilized 5 is the highest of the last 300 s" in page.text
    assert "3 Forecast (requests): the forecast needs 3" in page.text
    assert "silent BelowThreshold (backlog): queue is 12, fires above 1000" in page.text
    assert "3 → 5 ScaleDownStabilized: 5 is the highest of the last 300 s" in page.text


def test_days_sum_up_their_reasons(page: Page, report: Report) -> None:
    first = [row for row in report.decisions if row.time.date() == START.date()]
    ups = sum(row.reason == "Forecast" for row in first)

    assert f"Mon 03 Mar 2025 {len(first)} changes:" in page.text
    assert f"Forecast {ups}" in page.text


def test_more_decisions_than_anybody_reads_are_counted_and_said() -> None:
    many = MAX_DECISIONS + 5
    rows = tuple(DecisionRow(START + timedelta(minutes=i), 1, 2, "Forecast", f"number {i}.") for i in range(many))

    page = Page(render_page(Report("web", "shop/web", "v", decisions=rows)))

    assert "Only the last 3\u202f000 of 3\u202f005 are listed." in page.text
    assert "number 4." not in page.text
    assert "number 5." in page.text
    assert page.charts == set()


def test_the_same_report_gives_the_same_page(html: str) -> None:
    assert render_page(replay_report(days=1.5)) == html


def test_two_weeks_of_ticks_stay_a_few_megabytes() -> None:
    page = render_page(replay_report(days=14))

    library = max(len(script) for script in Page(page).scripts)
    assert len(page.encode()) - library < 5 * MEGABYTE
