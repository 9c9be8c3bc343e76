import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from controller.cli.whatif import whatif
from controller.errors import InputRefused
from tests.cli.fleets import fleet
from tests.cli.traces import TAXI, write_trace
from tests.telemetry.loopback import LoopbackServer

STEP = timedelta(minutes=5)
EXAMPLE = TAXI.parent / "policy.yaml"
FROM_SIX = ["--evaluate-from", "2026-01-05T18:00Z"]  # of the Monday that traces begin on
FLOORS = ["--vary", "minReplicas=2,40,60,70"]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hours that are quiet until seven, and then three times as busy within minutes: only a floor is ready for it."""
    minutes = np.arange(0, 21 * 60, 5)
    return write_trace(tmp_path_factory.mktemp("traces") / "evening.csv", 100 + 200.0 * (minutes >= 19 * 60), STEP)


def run(trace: Path, *arguments: str) -> Result:
    return CliRunner().invoke(whatif, [str(trace), *FROM_SIX, "--jobs", "1", *arguments])


@pytest.fixture(scope="module")
def answer(evening: Path) -> dict[str, Any]:
    done = run(evening, *FLOORS, "--price-per-pod-hour", "0.05", "--budget", "0.5%", "--format", "json")
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.output)
    return document


def dominated(each: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    def measures(one: dict[str, Any]) -> tuple[float, float]:
        return one["pod_hours"], one["violation_minutes"]

    mine = measures(each)
    return any(
        hours <= mine[0] and missed <= mine[1] and (hours, missed) != mine for hours, missed in map(measures, others)
    )


def test_every_setting_is_replayed_and_the_front_is_that_of_brute_force(answer: dict[str, Any]) -> None:
    settings = answer["settings"]
    assert [each["setting"] for each in settings] == [f"minReplicas={floor}" for floor in (2, 40, 60, 70)]
    best = {each["setting"] for each in settings if not dominated(each, settings)}
    assert set(answer["front"]) == best
    assert len(best) > 1


def test_the_setting_to_take_is_the_cheapest_of_the_front_within_the_budget(answer: dict[str, Any]) -> None:
    taken = answer["recommended"]
    assert answer["allowed_minutes"] == pytest.approx(0.005 * 180)
    within = [each for each in answer["settings"] if each["violation_minutes"] <= answer["allowed_minutes"]]
    assert taken["setting"] == min(within, key=lambda each: each["pod_hours"])["setting"]
    assert taken["setting"] in answer["front"]
    assert taken["keeps_budget"]
    assert taken["judged_on_days_it_was_chosen_on"]


def test_the_cost_curve_says_what_each_minute_less_costs(answer: dict[str, Any]) -> None:
    known = {each["setting"]: each for each in answer["settings"]}
    costs = [known[name] for name in answer["front"]]
    for before, after, step in zip(costs[:-1], costs[1:], answer["cost_curve"], strict=True):
        assert step["more_pod_hours"] == pytest.approx(after["pod_hours"] - before["pod_hours"])
        assert step["fewer_minutes"] == before["violation_minutes"] - after["violation_minutes"]
        assert step["cost_per_minute"] == pytest.approx(0.05 * step["more_pod_hours"] / step["fewer_minutes"])
        assert after["cost"] == pytest.approx(0.05 * after["pod_hours"])


def test_what_a_replica_takes_is_the_workloads_whatever_a_setting_counts_on(evening: Path) -> None:
    flags = ["--vary", "signals.requests.load.perReplica=5,10,15", "--format", "json"]
    careful, told, bold = json.loads(run(evening, *flags).output)["settings"]
    assert careful["violation_minutes"] < told["violation_minutes"] < bold["violation_minutes"]
    assert careful["pod_hours"] > told["pod_hours"] > bold["pod_hours"]


def test_days_may_be_kept_to_judge_on(evening: Path) -> None:
    flags = ["--vary", "minReplicas=2,70", "--judge-from", "2026-01-05T20:00Z"]
    found = json.loads(run(evening, *flags, "--format", "json").output)
    for each in found["settings"]:
        assert (each["minutes"], each["judged"]["minutes"]) == (120, 60)
        assert each["judged"]["violation_minutes"] <= each["violation_minutes"]
    assert not found["recommended"]["judged_on_days_it_was_chosen_on"]
    assert "On the days kept to judge on it was over for 0 of 60" in " ".join(run(evening, *flags).output.split())


def test_policies_are_compared_by_the_names_of_their_files(evening: Path, tmp_path: Path) -> None:
    careful = tmp_path / "careful.yaml"
    careful.write_text(EXAMPLE.read_text(encoding="utf-8").replace("minReplicas: 2", "minReplicas: 80"))
    found = json.loads(run(evening, "--policy", str(EXAMPLE), "--policy", str(careful), "--format", "json").output)
    assert [each["setting"] for each in found["settings"]] == ["policy", "careful"]
    first, second = found["settings"]
    assert first["pod_hours"] < second["pod_hours"]
    assert first["violation_minutes"] > second["violation_minutes"]


def test_a_price_that_the_policy_states_is_taken(evening: Path, tmp_path: Path) -> None:
    priced = tmp_path / "priced.yaml"
    priced.write_text(EXAMPLE.read_text(encoding="utf-8") + "  cost:\n    hourlyPerReplica: 250m\n", encoding="utf-8")
    found = json.loads(run(evening, "--policy", str(priced), "--vary", "minReplicas=80", "--format", "json").output)
    (only,) = found["settings"]
    assert only["cost"] == pytest.approx(0.25 * only["pod_hours"])


def test_a_workload_of_a_prometheus_is_what_settings_are_tried_on() -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251  the command reads it too
    flags = ["--evaluate-from", an_hour_ago.isoformat(), "--scale", "none", "--vary", "minReplicas=2,40", "--jobs", "1"]
    with LoopbackServer(fleet("web-7d9f8c6b54-x2x4z", "api-7d9f8c6b54-x2x4z")) as server:
        asked = ["--prometheus", server.url, "--workload", "shop/web", *flags, "--format", "json"]
        done = CliRunner().invoke(whatif, asked)
    assert done.exit_code == 0, done.output
    assert [each["setting"] for each in json.loads(done.output)["settings"]] == ["minReplicas=2", "minReplicas=40"]


def test_the_table_marks_the_setting_to_take_and_says_how_it_was_chosen(evening: Path) -> None:
    said = " ".join(run(evening, "--vary", "minReplicas=2,70,90").output.split())
    for part in (
        "minReplicas=70 *",
        "dominated",
        "for each minute less",
        "Take minReplicas=70: the cheapest within",
    ):
        assert part in said
    assert "Chosen and judged on the same days" in said


def test_the_page_shows_every_setting(evening: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run(evening, "--vary", "minReplicas=2,70", "--price-per-pod-hour", "0.05", "--report", str(page))
    text = page.read_text(encoding="utf-8")
    for part in ("What more pods buy", "minReplicas=2", "the one to take", "evening.csv, what if"):
        assert part in text


def test_processes_side_by_side_say_what_one_says(evening: Path) -> None:
    flags = [str(evening), "--evaluate-from", "2026-01-05T20:30Z", "--vary", "minReplicas=2,70", "--format", "json"]
    one, two = (CliRunner().invoke(whatif, [*flags, "--jobs", jobs]).output for jobs in ("1", "2"))
    assert json.loads(one)["front"]
    assert one == two


@pytest.mark.slow
def test_on_a_real_trace_the_setting_to_take_lies_on_the_brute_force_front() -> None:
    flags = ["--evaluate-from", "2014-10-26T18:00Z", "--spikes", "--vary", "forecast.planningPercentile=50,90,98"]
    done = CliRunner().invoke(whatif, [str(TAXI), *flags, "--format", "json"])
    found = json.loads(done.output)
    settings = {each["setting"]: each for each in found["settings"]}
    assert len(settings) == 3
    assert not dominated(settings[found["recommended"]["setting"]], list(settings.values()))
    assert set(found["front"]) <= {
        name for name, each in settings.items() if not dominated(each, list(settings.values()))
    }


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--vary", "maxReplica=5"], "spec.maxReplica: unknown field; did you mean maxReplicas?"),
        (["--policy", "missing.yaml"], "missing.yaml cannot be read"),
        (["--judge-from", "2026-01-08T00:00Z"], "must lie within what is replayed"),
        (["--report", "missing/page.html"], "--report missing/page.html cannot be written"),
    ],
)
def test_wrong_input_is_refused_with_one_sentence(evening: Path, flags: list[str], sentence: str) -> None:
    refused = run(evening, *flags).exception
    assert isinstance(refused, InputRefused)
    assert sentence in str(refused)


@pytest.mark.parametrize("budget", ["0.1", "much%", "-1%", "101%"])
def test_a_budget_is_a_percentage(evening: Path, budget: str) -> None:
    done = run(evening, "--budget", budget)
    assert done.exit_code == 2
    assert "is not a percentage; write it like 0.1%" in done.output
