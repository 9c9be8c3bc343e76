"""`headroom plan`: the operator's own plan, from a recorded trace or from a ForecastReport of a pretend API server."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controller.cli.plan import plan
from controller.errors import InputRefused
from tests.builders import a_policy, an_event
from tests.cli.kubeconfigs import kubeconfig
from tests.cli.resource_files import written
from tests.cli.running import answer_of, rows_of, run_command
from tests.cli.traces import TAXI
from tests.reporting.examples import forecast_report_object
from tests.telemetry.loopback import Asked, LoopbackServer, Reply

NOON = datetime(2014, 10, 20, 12, tzinfo=UTC)
A_HALF_HOUR_OF_TAXIS = {"name": "rides", "preset": "http-request-rate", "load": {"perReplica": 400}}


run = partial(run_command, plan)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return written(tmp_path, a_policy(A_HALF_HOUR_OF_TAXIS))


def steps(*arguments: object) -> list[dict[str, str]]:
    return rows_of(answer_of(plan, *arguments, "--format", "csv"))


def test_a_trace_is_planned_for_from_a_moment_on(policy: Path) -> None:
    found = steps("--trace", TAXI, "--policy", policy, "--at", NOON.isoformat())

    begins = [datetime.fromisoformat(row["start"]) for row in found]
    assert begins[0] == NOON
    assert begins == sorted(begins)
    assert begins[-1] < NOON + timedelta(hours=48)
    assert {(row["reason"], row["source"]) for row in found} == {("Forecast", "rides")}


def test_an_event_is_in_the_plan(policy: Path, tmp_path: Path) -> None:
    begin = NOON + timedelta(hours=12)
    launch = an_event(start=begin, end=begin + timedelta(hours=1), multiplierPercent=None, minReplicas=99)

    found = steps("--trace", TAXI, "--policy", policy, "--at", NOON.isoformat(), "--event", written(tmp_path, launch))

    (peak,) = (row for row in found if row["replicas"] == "99")
    assert (peak["start"], peak["reason"], peak["source"]) == ("2014-10-21T00:00:00Z", "DemandEvent", "launch")


def test_people_read_changes_and_how_many_they_are_spared(policy: Path) -> None:
    text = " ".join(run("--trace", TAXI, "--policy", policy, "--at", NOON.isoformat()).stdout.split())

    assert "Mon 2014-10-20 12:00" in text
    assert "changes where following demand takes" in text
    assert "Values of nyc-taxi-30min.csv are taken as they are" in text


def test_a_plan_that_a_budget_caps_says_so(tmp_path: Path) -> None:
    cost = {"hourlyPerReplica": 1, "budget": {"name": "team", "hourly": 40}}
    capped = written(tmp_path, a_policy(A_HALF_HOUR_OF_TAXIS, cost=cost))
    arguments = ("--trace", TAXI, "--policy", capped, "--at", NOON.isoformat())

    text, found = " ".join(run(*arguments).stdout.split()), steps(*arguments)

    most = max(int(row["wanted"] or 0) for row in found)
    assert f"BudgetShared budget team, where {most} are asked for" in text
    assert f"Up to {most} are asked for, first from" in text
    assert {row["replicas"] for row in found if row["wanted"]} == {"40"}
    assert any(not row["wanted"] for row in found)


def test_a_page_shows_the_plan(policy: Path, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"

    assert run("--trace", TAXI, "--policy", policy, "--at", NOON.isoformat(), "--plot", page).exit_code == 0

    assert "replicas in the next 48 hours" in page.read_text(encoding="utf-8")


def test_a_live_policy_tells_its_own_plan(tmp_path: Path) -> None:
    report: dict[str, Any] = {**forecast_report_object()}

    def api(asked: Asked) -> Reply:
        found = "forecastreports/web" in asked.path
        return Reply(200 if found else 404, [json.dumps(report if found else {"kind": "Status"}).encode()])

    with LoopbackServer(api) as server:
        result = run("web", "-n", "shop", "--kubeconfig", kubeconfig(tmp_path, server.url), "--format", "json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["policy"], told["verdict"]) == ("shop/web", report["status"]["verdict"])
    assert [step["replicas"] for step in told["plan"]] == [step["replicas"] for step in report["status"]["plan"]]


@pytest.mark.parametrize(
    ("signals", "names"),
    [((), "--trace needs --policy"), ((A_HALF_HOUR_OF_TAXIS, {**A_HALF_HOUR_OF_TAXIS, "name": "more"}), "rides, more")],
    ids=["no policy", "two loads and one trace"],
)
def test_a_trace_is_refused_without_one_load_to_plan_for(
    signals: tuple[dict[str, Any], ...], names: str, tmp_path: Path
) -> None:
    told = ["--policy", written(tmp_path, a_policy(*signals))] if signals else []

    problem = run("--trace", TAXI, *told).exception

    assert isinstance(problem, InputRefused)
    assert names in str(problem)


@pytest.mark.parametrize("arguments", [[], ["web", "--at", NOON.isoformat()]], ids=["nobody named", "a live past"])
def test_what_makes_no_sense_is_a_usage_error(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
