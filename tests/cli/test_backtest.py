import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from controller.cli.backtest import backtest
from controller.cli.explain import explain
from controller.errors import InputRefused
from tests.cli.fleets import fleet
from tests.telemetry.loopback import LoopbackServer

TRACE = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"
POLICY = TRACE.parent / "policy.yaml"
LAST_TWO_HOURS = ["--evaluate-from", "2014-10-26T22:00Z"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(backtest, [str(TRACE), *LAST_TWO_HOURS, *arguments])


def test_the_table_shows_the_policy_and_both_kinds_of_hpa() -> None:
    result = run()
    assert result.exit_code == 0
    for word in ("headroom", "hpa-cpu=0.7/2", "hpa-rps=0.7/2", "pod-hours", "violated", "actions", "too few days"):
        assert word in result.output


def test_json_holds_every_measure_of_every_policy() -> None:
    answer = json.loads(run("--format", "json", "--rivals", "hpa-cpu=0.8/2").output)
    assert answer["evaluated"] == {"from": "2014-10-26T22:00:00Z", "to": "2014-10-27T00:00:00Z"}
    assert [score["policy"] for score in answer["scores"]] == ["headroom", "hpa-cpu=0.8/2"]
    assert {"violation_minutes", "late_share", "pod_hours", "actions", "reversals"} <= answer["scores"][0].keys()
    assert [(each["policy"], each["rival"]) for each in answer["comparisons"]] == [("headroom", "hpa-cpu=0.8/2")]
    assert {"violation_minutes", "pod_hours", "elastic_speedup", "fewer_violations"} <= answer["comparisons"][0].keys()


def test_a_stranger_can_recompute_the_scores_from_the_timeline(tmp_path: Path) -> None:
    path = tmp_path / "timeline.csv"
    answer = json.loads(run("--format", "json", "--timeline", str(path)).output)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "policy",
        "timestamp",
        "demand_rps",
        "measured_rps",
        "desired_replicas",
        "created_replicas",
        "ready_replicas",
        "backlog",
        "p95_ms",
    ]
    for score in answer["scores"]:
        mine = [row for row in rows if row["policy"] == score["policy"]]
        assert len(mine) == 480
        assert sum(float(row["created_replicas"]) for row in mine) / 240 == pytest.approx(score["pod_hours"])
        violated = {row["timestamp"][:16] for row in mine if float(row["p95_ms"]) > 250}
        assert len(violated) == score["violation_minutes"]


def test_a_policy_of_ones_own_is_replayed_with_all_its_signals() -> None:
    answer = json.loads(run("--format", "json", "--policy", str(POLICY), "--rivals", "").output)
    assert [score["policy"] for score in answer["scores"]] == ["headroom"]
    ours = answer["scores"][0]
    assert ours["error_budget_minutes"] == pytest.approx(40.32)
    assert ours["error_budget_burnt_minutes"] == ours["violation_minutes"]


def test_the_table_shows_what_is_left_of_the_error_budget_of_the_policy() -> None:
    words = " ".join(run("--policy", str(POLICY), "--rivals", "").output.split())
    assert "error budget of 99.9 % over 28 days: 40.3 minutes" in words


def test_the_traces_own_values_can_be_taken_as_requests_per_second(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,value\n2026-01-01T00:00:00Z,20\n2026-01-01T00:00:15Z,30\n2026-01-01T00:00:30Z,40\n")
    timeline = tmp_path / "timeline.csv"
    flags = ["--scale", "none", "--noise", "0", "--evaluate-from", "2026-01-01T00:00Z", "--timeline", str(timeline)]
    result = CliRunner().invoke(backtest, [str(path), *flags, "--rivals", "hpa-rps=0.7/2"])
    assert result.exit_code == 0
    with timeline.open(newline="") as file:
        demand = [float(row["demand_rps"]) for row in csv.DictReader(file)]
    assert demand == [20, 30, 40] * 2


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--startup", "soon"], "is not a duration"),
        (["--startup", "0s"], "'0s' is not above 0s and at most 12h"),
        (["--scale", "-5"], "neither peak, nor none, nor a number above 0"),
        (["--scale", "inf"], "neither peak, nor none, nor a number above 0"),
        (["--scale", "high"], "neither peak, nor none, nor a number above 0"),
        (["--noise", "2"], "not in the range"),
        (["--evaluate-from", "2014-10-26"], "has no time zone"),
    ],
)
def test_a_wrong_flag_is_refused_with_what_to_write(flags: list[str], sentence: str) -> None:
    result = run(*flags)
    assert result.exit_code == 2
    assert sentence in result.output


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--rivals", "vpa=1"], "there is no 'vpa'"),
        (["--policy", "missing.yaml"], "missing.yaml cannot be read"),
        (["--timeline", "missing/timeline.csv"], "cannot be written"),
        (["--decisions", "missing/all.jsonl"], "--decisions missing/all.jsonl cannot be written"),
        (["--report", "missing/page.html"], "--report missing/page.html cannot be written"),
        (["--evaluate-from", "2013-01-01T00:00Z"], "lies outside of the trace"),
    ],
)
def test_wrong_input_is_refused_with_one_sentence(flags: list[str], sentence: str) -> None:
    refused = run(*flags).exception
    assert isinstance(refused, InputRefused)
    assert sentence in str(refused)


def test_the_page_shows_every_policy_and_why_ours_scaled(tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    answer = json.loads(run("--format", "json", "--report", str(path)).output)

    page = path.read_text(encoding="utf-8")
    for part in [score["policy"] for score in answer["scores"]]:
        assert part in page
    assert "all voices and limits" in page
    assert "Planned for" in page


def test_a_page_is_drawn_where_nothing_was_forecast(tmp_path: Path) -> None:
    trace, page = tmp_path / "trace.csv", tmp_path / "report.html"
    trace.write_text("timestamp,value\n" + "".join(f"2026-01-01T{hour:02}:00:00Z,20\n" for hour in range(4)))

    done = CliRunner().invoke(
        backtest, [str(trace), "--evaluate-from", "2026-01-01T00:00Z", "--rivals", "", "--report", str(page)]
    )

    assert done.exit_code == 0, done.output
    assert "headroom" in page.read_text(encoding="utf-8")


def from_prometheus(*flags: str, pods: tuple[str, ...] = ("api-7d9f8c6b54-x2x4z", "web-7d9f8c6b54-x2x4z")) -> Result:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251  the command reads it too
    with LoopbackServer(fleet(*pods)) as server:
        return CliRunner().invoke(
            backtest,
            ["--prometheus", server.url, "--evaluate-from", an_hour_ago.isoformat(), "--format", "json", *flags],
        )


@pytest.mark.parametrize(
    ("flags", "pods"),
    [
        (["--workload", "shop/web"], ("api-7d9f8c6b54-x2x4z", "web-7d9f8c6b54-x2x4z")),
        ([], ("web-7d9f8c6b54-x2x4z",)),
    ],
    ids=["named", "the only one"],
)
def test_a_workload_of_a_prometheus_is_replayed(flags: list[str], pods: tuple[str, ...]) -> None:
    done = from_prometheus(*flags, pods=pods)

    assert done.exit_code == 0, done.output
    ours = json.loads(done.output)["scores"][0]
    assert ours["policy"] == "headroom"
    assert 50 < ours["minutes"] < 65


def test_a_policys_target_is_asked_for_where_no_workload_is_named() -> None:
    done = from_prometheus("--policy", str(POLICY))

    assert isinstance(done.exception, InputRefused)
    assert str(done.exception).endswith("as NAMESPACE/NAME; there are: shop/api, shop/web")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give a file with a trace, or --prometheus"),
        ([str(TRACE), "--prometheus", "http://127.0.0.1:9"], "not both"),
        ([str(TRACE), "--workload", "shop/web"], "--workload goes with --prometheus"),
        (["--prometheus", "http://127.0.0.1:9", "--workload", "web"], "--workload must be NAMESPACE/NAME"),
    ],
    ids=["nothing", "both", "a workload of a file", "a workload of no namespace"],
)
def test_demand_comes_from_one_place(arguments: list[str], sentence: str) -> None:
    done = CliRunner().invoke(backtest, arguments)

    assert done.exit_code == 2
    assert sentence in done.output


def test_jobs_without_a_sweep_are_refused() -> None:
    done = run("--jobs", "2")

    assert done.exit_code == 2
    assert "--jobs goes with --sweep" in done.output


@pytest.fixture(scope="module")
def swept() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("--sweep", "--format", "json").output)
    return answer


@pytest.mark.slow
def test_a_sweep_moves_the_main_setting_of_every_policy(swept: dict[str, Any]) -> None:
    curves = swept["curves"]

    assert list(curves) == ["headroom", "hpa-cpu", "hpa-rps"]
    assert [point["setting"] for point in curves["headroom"]][-3:] == ["headroom=95", "headroom=98", "headroom=99"]
    assert len(curves["hpa-cpu"]) == 13 * 3
    shipped = curves["headroom"][-3]
    assert shipped["pod_hours"] == swept["scores"][0]["pod_hours"]


@pytest.mark.slow
def test_a_sweep_matches_ours_with_each_rival_and_the_best_of_both_hpas(swept: dict[str, Any]) -> None:
    matched = [(each["rival"], each["budget"]) for each in swept["matched"]]

    assert matched[:2] == [("best HPA", 0.01), ("best HPA", 0.001)]
    assert {name for name, _ in matched} == {"best HPA", "hpa-cpu", "hpa-rps"}


@pytest.mark.slow
def test_the_table_of_a_sweep_shows_curves_and_where_they_meet() -> None:
    said = run("--sweep", "--rivals", "static=1").output

    for part in ("curve", "static", "headroom against", "minutes at equal", "cost at equal"):
        assert part in " ".join(said.split())


@pytest.mark.parametrize("name", ["decisions.jsonl", "decisions.jsonl.gz"])
def test_every_decision_of_a_backtest_can_be_explained(tmp_path: Path, name: str) -> None:
    path, timeline = tmp_path / name, tmp_path / "timeline.csv"
    run("--rivals", "", "--decisions", str(path), "--timeline", str(timeline))
    with timeline.open(newline="") as file:
        rows = list(csv.DictReader(file))

    told = [
        json.loads(
            CliRunner().invoke(explain, ["--record", str(path), "--at", row["timestamp"], "--format", "json"]).output
        )
        for row in (rows[0], rows[240], rows[-1])
    ]

    assert [each["at"] for each in told] == [rows[at]["timestamp"] for at in (0, 240, -1)]
    assert [each["desired_replicas"] for each in told] == [int(rows[at]["desired_replicas"]) for at in (0, 240, -1)]


def test_two_runs_of_the_same_backtest_are_byte_identical(tmp_path: Path) -> None:
    names = {"--timeline": "timeline.csv", "--decisions": "decisions.jsonl.gz", "--report": "report.html"}
    written = []
    for _ in range(2):
        flags = [part for flag, name in names.items() for part in (flag, str(tmp_path / name))]
        said = run("--rivals", "hpa-cpu=0.7/2", *flags).output
        written.append([said, *((tmp_path / name).read_bytes() for name in names.values())])

    assert written[0] == written[1]
