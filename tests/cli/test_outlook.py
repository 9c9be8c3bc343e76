"""`headroom outlook`: the operator's own, from a recorded trace or from a ForecastReport of a pretend API server."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.cli.outlook import outlook
from controller.errors import InputRefused
from tests.builders import REQUESTS, a_policy, an_event
from tests.cli.kubeconfigs import kubeconfig
from tests.cli.resource_files import written
from tests.cli.running import answer_of, rows_of, run_command
from tests.reporting.examples import forecast_report_object
from tests.telemetry.loopback import Asked, LoopbackServer, Reply

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 100
END = START + timedelta(days=DAYS)
HOURLY = 0.1 / 30 / 24  # 10 % of the first day a month


run = partial(run_command, outlook)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Return a hundred days that peak at 210 requests/s at first, and grow steadily."""
    path = tmp_path / "trace.csv"
    hours = np.arange(DAYS * 24)
    values = 210 * (1 + HOURLY * hours) * (0.6 + 0.4 * np.cos(2 * np.pi * (hours - 20) / 24))
    rows = (
        f"{(START + int(hour) * timedelta(hours=1)).isoformat()},{value:.2f}\n"
        for hour, value in zip(hours, values, strict=True)
    )
    path.write_text("timestamp,value\n" + "".join(rows))
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return written(tmp_path, a_policy(maxReplicas=45))


def rows(*arguments: object) -> list[dict[str, str]]:
    return rows_of(answer_of(outlook, *arguments, "--format", "csv"))


def test_a_trace_is_looked_ahead_of_day_by_day(trace: Path, policy: Path) -> None:
    found = rows("--trace", trace, "--policy", policy)

    assert [row["date"] for row in found] == [str(END.date() + timedelta(days=day)) for day in range(90)]
    assert int(found[0]["expected"]) == pytest.approx(210 * 1.33 / 7, abs=2)
    assert all(int(row["lower"]) <= int(row["expected"]) <= int(row["bound80"]) <= int(row["bound95"]) for row in found)


def test_a_past_moment_knows_only_what_came_before(trace: Path, policy: Path) -> None:
    found = rows("--trace", trace, "--policy", policy, "--at", "2026-02-10T00:00Z", "--days", "30")

    assert (found[0]["date"], len(found)) == ("2026-02-10", 30)
    assert int(found[0]["expected"]) == pytest.approx(210 * 1.13 / 7, abs=2)


def test_people_read_weeks_and_how_long_the_limit_lasts(trace: Path, policy: Path) -> None:
    text = " ".join(run("--trace", trace, "--policy", policy).stdout.split())

    assert "week from" in text
    assert "More than maxReplicas (45) may be needed from 2026-0" in text
    assert "from 100 days." in text
    assert "Values of trace.csv are taken as they are" in text


def test_what_its_budget_pays_for_is_a_limit_beside_it(trace: Path, tmp_path: Path) -> None:
    cost = {"hourlyPerReplica": 1, "budget": {"name": "team", "hourly": 43}}
    policy = written(tmp_path, a_policy(maxReplicas=45, cost=cost))

    text = " ".join(run("--trace", trace, "--policy", policy).stdout.split())

    assert "More than the 43 replicas that budget team pays for may be needed from 2026-0" in text
    assert text.index("budget team") < text.index("maxReplicas (45)")


def test_programs_read_dates_and_growth(trace: Path, policy: Path) -> None:
    told = json.loads(run("--trace", trace, "--policy", policy, "--format", "json").stdout)

    assert told["policy"] == "shop/web"
    (runway,) = told["runways"]
    assert END.date() < date.fromisoformat(runway["earliest"]) < date.fromisoformat(runway["likely"])
    assert told["signals"][0]["growthPercent"] == pytest.approx(100 * 0.1 / 1.33, abs=3)


def test_an_event_is_in_the_outlook(trace: Path, policy: Path, tmp_path: Path) -> None:
    launch = an_event(
        start=END + timedelta(hours=1), end=END + timedelta(hours=2), multiplierPercent=None, minReplicas=99
    )

    found = rows("--trace", trace, "--policy", policy, "--event", written(tmp_path, launch))

    assert [row["expected"] == "99" for row in found[:2]] == [True, False]


def test_a_page_shows_the_chart(trace: Path, policy: Path, tmp_path: Path) -> None:
    page = tmp_path / "outlook.html"

    assert run("--trace", trace, "--policy", policy, "--plot", page).exit_code == 0

    text = page.read_text(encoding="utf-8")
    assert "The next 90 days" in text
    assert "spec.maxReplicas (45)" in text
    assert 'id="chart-months-ahead"' in text


def test_a_live_policy_tells_its_own_outlook(tmp_path: Path) -> None:
    day = {"date": "2026-03-02", "lower": 3, "expected": 4, "bound80": 5, "bound95": 6}
    limit = {"limit": "MaxReplicas", "replicas": 40, "source": "spec.maxReplicas", "basis": "so it is"}
    report: dict[str, Any] = forecast_report_object(outlook={"days": [day], "runways": [limit]})

    def api(asked: Asked) -> Reply:
        found = "forecastreports/web" in asked.path
        return Reply(200 if found else 404, [json.dumps(report if found else {"kind": "Status"}).encode()])

    with LoopbackServer(api) as server:
        result = run("web", "-n", "shop", "--kubeconfig", kubeconfig(tmp_path, server.url))

    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "2026-03-02 3 4 5 6" in text
    assert "No more than maxReplicas (40) may be needed within 90 days (95 % bound); so it is." in text
    assert "taken as they are" not in text


def test_too_short_a_trace_is_refused_with_what_it_has(trace: Path, policy: Path) -> None:
    problem = run("--trace", trace, "--policy", policy, "--at", "2026-01-10T00:00Z").exception

    assert isinstance(problem, InputRefused)
    assert "28 days of known peaks, there are 9" in str(problem)


def test_a_policy_that_learns_its_capacity_says_why_there_are_no_days(trace: Path, tmp_path: Path) -> None:
    latency = {"name": "latency", "preset": "http-p95-latency"}
    objective = {"p95Milliseconds": 250, "latencySignal": "latency"}
    learning = written(tmp_path, a_policy({**REQUESTS, "load": {}}, latency, objective=objective))

    text = " ".join(run("--trace", trace, "--policy", learning).stdout.split())

    assert text.startswith("Requests: it is not known yet what a replica can take of requests")


@pytest.mark.parametrize("arguments", [[], ["web", "--at", "2026-01-10T00:00Z"]], ids=["nobody named", "a live past"])
def test_what_makes_no_sense_is_a_usage_error(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
