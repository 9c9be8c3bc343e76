"""`headroom scan`: many workloads ranked, from files and from a Prometheus; what fails is told and keeps nobody."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

from controller.api.forecast import Holidays
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import LoadSpec
from controller.cli.scan import scan, show_csv, show_table
from controller.cli.trying.gains import Gain, workload_of
from controller.cli.trying.tuned_policies import Chosen, Known, policy_of
from controller.errors import InputRefused, TelemetryUnavailable
from controller.simulation.world import DEFAULT_OBJECTIVE
from forecasting import Gate
from forecasting.scan import Finding
from tests.cli.fleets import DAY, fleet
from tests.cli.running import rows_of, run_command
from tests.cli.traces import write_trace
from tests.forecasting.loads import HOUR, noisy_week
from tests.telemetry.loopback import Asked, LoopbackServer, Reply, replying, result

run = partial(run_command, scan)


def listed(*arguments: object) -> list[dict[str, str]]:
    return rows_of(run(*arguments, "--format", "csv").stdout)


def refused(*arguments: object) -> str:
    problem = run(*arguments).exception
    assert isinstance(problem, InputRefused)
    return str(problem)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three traces, among them one that is too young and a compressed one, and a file of another kind."""
    write_trace(tmp_path / "a-young.csv", noisy_week(1, step=HOUR), HOUR)
    write_trace(tmp_path / "b-week.csv", noisy_week(28, step=HOUR), HOUR)
    plain = write_trace(tmp_path / "plain", noisy_week(28, seed=5, step=HOUR), HOUR)
    (tmp_path / "c-week.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "notes.md").write_text("not a trace", encoding="utf-8")
    return tmp_path


def test_the_folders_traces_are_ranked_by_gain_open_gates_first(folder: Path) -> None:
    found = listed(folder)

    assert {row["name"] for row in found[:2]} == {"b-week.csv", "c-week.csv.gz"}
    assert [row["gate"] for row in found] == ["open", "open", "closed"]
    assert float(found[0]["gain"]) >= float(found[1]["gain"]) > 0.1
    assert (found[2]["name"], found[2]["reason"], found[2]["gain"]) == ("a-young.csv", "HistoryTooShort", "")


def test_files_can_be_named_one_by_one_and_go_by_their_paths(folder: Path) -> None:
    first, second = folder / "b-week.csv", folder / "c-week.csv.gz"

    assert {row["name"] for row in listed(first, second)} == {str(first), str(second)}


def test_the_same_file_twice_has_two_rows(folder: Path) -> None:
    file = folder / "b-week.csv"

    assert [row["name"] for row in listed(file, file)] == [str(file)] * 2


def test_the_table_names_what_gates_said(folder: Path) -> None:
    done = run(folder)

    assert (done.exit_code, done.stderr) == (0, "")
    assert "of week naive" in done.stdout
    assert "a-young.csv: HistoryTooShort, 1.0 of 3 days of history" in done.stdout


def test_json_has_every_figure(folder: Path) -> None:
    best, *_ = json.loads(run(folder, "--format", "json").stdout)["workloads"]

    assert best["gate"]["open"] is True
    assert best["history_seconds"] == 28 * DAY
    assert {"gain", "rival", "wape", "of_week_naive", "coverage", "origins"} <= best.keys()


def test_what_cannot_be_read_or_fitted_is_told_on_its_row_and_by_the_exit_code(folder: Path) -> None:
    (folder / "d-odd.csv").write_text("timestamp,value\n2026-01-05T00:00:00Z,-1\n", encoding="utf-8")
    write_trace(folder / "e-empty.csv", np.full(48, np.nan), HOUR)

    done = run(folder, "--format", "csv")

    found = {row["name"]: row for row in rows_of(done.stdout)}
    assert done.exit_code == 1
    assert "d-odd.csv, line 2: -1 is negative" in found["d-odd.csv"]["problem"]
    assert "no sample to learn from" in found["e-empty.csv"]["problem"]
    assert [name for name, row in found.items() if row["gate"]] == list(found)[:3]


@pytest.mark.parametrize("shape", ["table", "json"])
def test_failures_are_told_in_every_shape(tmp_path: Path, shape: str) -> None:
    done = run(tmp_path / "missing.csv", "--format", shape)

    assert done.exit_code == 1
    assert "cannot be read" in done.stdout.replace("\n", " ")


def test_less_of_the_past_can_be_asked_for(folder: Path) -> None:
    (row,) = json.loads(run(folder / "b-week.csv", "--days", "9", "--format", "json").stdout)["workloads"]

    assert row["history_seconds"] == 9 * DAY


def test_a_long_lead_time_is_judged_by_the_whole_day(folder: Path) -> None:
    near, far = (listed(folder / "b-week.csv", "--lead-time", lead)[0]["gain"] for lead in ("1h", "2h"))

    assert near != far


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "give files or folders"),
        ([".", "--prometheus", "http://127.0.0.1:9"], "give files or folders"),
        ([".", "--preset", "cpu-cores"], "go with --prometheus"),
        ([".", "--namespace", "shop"], "go with --prometheus"),
        ([".", "--jobs", "2"], "--jobs goes with --best or --write"),
        ([".", "--lead-time", "0s"], "is not above 0s and at most 24h"),
        ([".", "--days", "29"], "not in the range"),
    ],
    ids=["nothing", "both", "a preset of files", "a namespace of files", "idle jobs", "no lead time", "too many days"],
)
def test_a_wrong_flag_is_refused(flags: list[str], sentence: str) -> None:
    done = run(*flags)

    assert done.exit_code == 2
    assert sentence in done.output


def test_a_folder_without_traces_is_refused(tmp_path: Path) -> None:
    assert "holds no trace" in refused(tmp_path)


def test_a_prometheus_is_asked_for_all_its_workloads() -> None:
    with LoopbackServer(fleet("web-7d9f8c6b54-x2x4z", "api-7d9f8c6b54-x2x4z", "api-7d9f8c6b54-b2b4z")) as server:
        found = listed("--prometheus", server.url, "--days", "14")

    assert [row["name"] for row in found] == ["shop/api http-request-rate", "shop/web http-request-rate"]
    assert [row["gate"] for row in found] == ["open", "open"]
    kinds = [asked.path.rpartition("/")[2] for asked in server.asked]
    assert kinds == ["query", "query", "query_range"]


def test_the_past_is_asked_for_up_to_now() -> None:
    with LoopbackServer(fleet("web-7d9f8c6b54-x2x4z")) as server:
        run("--prometheus", server.url, "--days", "7", "--preset", "http-request-rate", "--namespace", "shop")

    discovery, history = (asked.form for asked in server.asked)
    assert 'namespace=~"shop"' in discovery["query"]
    ends = datetime.fromtimestamp(float(history["end"]), UTC)
    assert timedelta(0) < datetime.now(UTC) - ends < timedelta(minutes=10)  # noqa: TID251  the command reads it too
    assert float(history["end"]) - float(history["start"]) == 7 * DAY - 300


def test_a_source_in_a_file_brings_its_own_presets(tmp_path: Path) -> None:
    with LoopbackServer(replying(result({"metric": {"namespace": "shop", "app": "web"}, "value": [0, "1"]}))) as server:
        file = tmp_path / "source.yaml"
        preset = "{name: orders, metric: orders_total, type: Counter, workloadLabel: app}"
        spec = f"{{url: '{server.url}', presets: [{preset}]}}"
        file.write_text(f"kind: MetricsSource\nmetadata: {{name: shop}}\nspec: {spec}\n", encoding="utf-8")
        run("--prometheus", file, "--preset", "orders")

    assert '__name__="orders_total"' in server.asked[0].form["query"]


def test_a_prometheus_that_fails_on_the_way_is_told_of_each_workload_left() -> None:
    whole = fleet("web-7d9f8c6b54-x2x4z")

    def answer(asked: Asked) -> Reply:
        return whole(asked) if asked.form["query"].startswith("group by") else Reply(502)

    with LoopbackServer(answer) as server:
        done = run("--prometheus", server.url, "--format", "csv")

    assert done.exit_code == 1
    assert "shop/web http-request-rate" in done.stdout
    assert "MetricsSource prometheus answered with HTTP status 502" in done.stdout


def test_a_prometheus_that_does_not_answer_is_one_sentence() -> None:
    with LoopbackServer(replying({}, status=502)) as server:
        problem = run("--prometheus", server.url).exception

    assert isinstance(problem, TelemetryUnavailable)
    assert str(problem) == f"MetricsSource prometheus answered with HTTP status 502; asked was {server.url}"


@pytest.mark.parametrize(
    "where",
    ["http://me:hunter2@127.0.0.1:9090", "me:hunter2@prometheus", "http://127.0.0.1/?token=hunter2", "hunter2"],
    ids=["in the address", "without a scheme", "in the query", "no address"],
)
def test_credentials_in_an_address_are_refused_and_never_repeated(where: str) -> None:
    told = refused("--prometheus", where)

    assert "bearerTokenFile" in told
    assert "hunter2" not in told


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    assert "cpu-cores, http-error-ratio" in refused("--prometheus", "http://127.0.0.1:9", "--preset", "requests")


def test_a_prometheus_without_such_workloads_says_what_to_try() -> None:
    with LoopbackServer(fleet()) as server:
        told = refused("--prometheus", server.url)

    assert told == "no workload has http-request-rate or cpu-cores there now; name another --preset or --namespace"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two weeks' worth of traces: one with a season, one without."""
    hours = np.arange(0, 9 * 24, 0.5)
    draws = np.random.default_rng(4)
    write_trace(tmp_path / "Shop front.csv", 100 + 80 * np.sin(2 * np.pi * hours / 24), HOUR / 2)
    write_trace(tmp_path / "noise.csv", draws.uniform(50, 150, len(hours)), HOUR / 2)
    return tmp_path


def test_holidays_are_marked_in_every_history(tmp_path: Path) -> None:
    days = noisy_week(28, step=HOUR).reshape(28, 24)
    days[14] *= 0.2  # 19 January 2026, Martin Luther King Jr. Day
    trace = write_trace(tmp_path / "shop.csv", days.ravel(), HOUR)
    place = ["--holidays", "US"]

    plain, marked, ignored = (
        [float(row["wape"]) for row in listed(trace, trace, *more)]
        for more in ([], place, [*place, "--ignored-holiday", "Martin Luther King Jr. Day"])
    )

    assert plain == ignored
    assert all(told < untold for told, untold in zip(marked, plain, strict=True))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--holidays", "Mars"], "no public holidays are known of Mars"),
        (["--holidays", "Mars", "--best", "1"], "--holidays Mars: country"),
        (["--ignored-holiday", "Columbus Day"], "add --holidays"),
        (["--time-zone", "Mars/Base"], "unknown time zone"),
    ],
    ids=["a place", "a place that no policy can name", "no place", "a clock"],
)
def test_people_that_are_not_known_are_told(folder: Path, flags: list[str], sentence: str) -> None:
    assert sentence in str(run(folder, *flags).exception)


@pytest.mark.slow
def test_the_best_are_replayed_beside_an_hpa_and_get_policies(two: Path, tmp_path: Path) -> None:
    folder = tmp_path / "policies"

    done = run(
        two,
        "--best",
        "1",
        "--write",
        folder,
        "--jobs",
        "1",
        "--holidays",
        "DE/BE",
        "--time-zone",
        "Europe/Berlin",
        "--format",
        "json",
    )

    assert done.exit_code == 0, done.output
    (gain,) = json.loads(done.stdout)["gains"]
    assert gain["name"] == "Shop front.csv"
    assert 0 < gain["cost"] < 1
    (path,) = folder.iterdir()
    assert path.name == "01-default-shop-front.yaml"
    text = path.read_text(encoding="utf-8")
    policy = ScalingPolicy.model_validate(yaml.safe_load(text))
    assert (str(policy.key), policy.spec.mode) == ("default/shop-front", "Recommend")
    assert policy.spec.forecast.time_zone == "Europe/Berlin"
    assert policy.spec.forecast.holidays == Holidays(country="DE", subdivision="BE")
    assert policy.spec.load_signals[0].load == LoadSpec()
    assert "number 1 by gain" in text
    assert "Not learned: what a replica takes" in text
    assert "holidays, " not in text


def test_only_those_that_were_replayed_have_a_gain(capsys: pytest.CaptureFixture[str]) -> None:
    gate = Gate(open=True, reason="Predictable", message="")
    findings = [Finding(name, gate, 9, timedelta(days=9), 0.5, "day_naive", 0.5, 0.1, 0.98) for name in ("web", "api")]
    gains = [Gain("web", 0.1, None)]
    show_csv(findings, [("odd", "no sample")], gains)
    rows = rows_of(capsys.readouterr().out)
    assert [(row["name"], row["minutes_of_hpa"], row["cost_of_hpa"], row["problem"]) for row in rows] == [
        ("web", "0.1", "", ""),
        ("api", "", "", ""),
        ("odd", "", "", "no sample"),
    ]
    show_table(findings, [], gains)
    shown = capsys.readouterr().out
    assert "replayed" in shown
    assert "10.0%" in shown


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--write", "."], "must be a new or an empty folder"),
        (["--best", "1", "--level", "0.999"], "is none a policy plans for: 50 to 99 percent"),
        (["--best", "1", "--time-zone", "Mars"], "'Mars' is not an IANA time zone"),
    ],
    ids=["a folder with files", "a level", "a clock"],
)
def test_a_policy_that_cannot_be_written_is_told_before_the_work(two: Path, flags: list[str], sentence: str) -> None:
    assert sentence in refused(two, *(str(two) if flag == "." else flag for flag in flags))


def test_a_workload_of_a_prometheus_gets_a_policy_of_its_name_and_preset() -> None:
    key, preset = workload_of("shop/web cpu-cores")
    known = Known(key, DEFAULT_OBJECTIVE, preset=preset)
    (signal, latency) = policy_of(known, Chosen(2, 100, percentile=98, tolerance=5)).spec.signals
    assert (str(key), signal.preset, latency.preset) == ("shop/web", "cpu-cores", "http-p95-latency")
