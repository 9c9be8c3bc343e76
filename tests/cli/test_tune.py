import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from controller.api.forecast import Holidays
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load
from controller.cli.rehearse import rehearse
from controller.cli.tune import tune
from controller.errors import InputRefused
from controller.scaling.capacity import p95_wait, replicas_for
from tests.cli.traces import write_trace

STEP = timedelta(minutes=5)
WINDOW = ["--evaluate-from", "2026-01-06T11:00Z", "--judge-from", "2026-01-06T13:00Z"]
GIVEN = ["--per-replica", "10", "--service-time-ms", "100"]
HIGHEST = 300.0


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day and a half that is busy around noon; what is kept to be shown is busier than all before."""
    hours = np.arange(0, 38, 1 / 12)
    rps = 60 + (HIGHEST - 60) * np.exp(-(((hours % 24 - 12) / 2) ** 2))
    rps[hours >= 37] *= 3
    return write_trace(tmp_path_factory.mktemp("traces") / "Web shop.csv", rps, STEP)


def run(trace: Path, *arguments: object) -> Result:
    flags = [*WINDOW, "--noise", "0", "--jobs", "1", *arguments]
    return CliRunner().invoke(tune, [str(trace), *map(str, flags)])


@pytest.fixture(scope="module")
def tuned(days: Path) -> Result:
    done = run(days, *GIVEN, "--name", "shop/web", "--budget", "1%")
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def policy(tuned: Result) -> ScalingPolicy:
    return ScalingPolicy.model_validate(yaml.safe_load(tuned.stdout))


def test_the_policy_is_one_that_a_cluster_would_take(policy: ScalingPolicy, tuned: Result) -> None:
    assert str(policy.key) == "shop/web"
    again = yaml.safe_load(yaml.safe_dump(yaml.safe_load(tuned.stdout)))
    assert ScalingPolicy.model_validate(again) == policy
    assert policy.spec.mode == "Recommend"


def test_bounds_serve_the_demand_before_the_days_that_are_shown(policy: ScalingPolicy) -> None:
    load = Load(per_replica=10, service_time_milliseconds=100)
    assert policy.spec.max_replicas == pytest.approx(replicas_for(1.5 * HIGHEST, load, policy.spec.objective), abs=1)
    assert policy.spec.min_replicas >= 2


def test_the_objective_and_the_capacity_are_what_was_given(policy: ScalingPolicy) -> None:
    (signal,) = policy.spec.load_signals
    assert policy.spec.objective.p95_milliseconds == 250
    assert signal.load is not None
    assert signal.load.service_time_milliseconds == 100
    assert signal.load.per_replica in (10, 9.5, 9, 8, 7)


def test_the_comments_say_where_it_was_chosen_and_shown_and_beside_whom(tuned: Result) -> None:
    said = " ".join(line.removeprefix("#").strip() for line in tuned.stdout.splitlines() if line.startswith("#"))
    for part in (
        "on 2026-01-06 11:00 to 2026-01-06 13:00 UTC",
        "Shown on 2026-01-06 13:00 to 2026-01-06 14:00 UTC, tuned: over the objective for",
        "shipped default: over the objective for",
        "hpa-rps=0.7/2: over the objective for",
        "The gate is",
    ):
        assert part in said


def test_what_could_not_be_learned_is_said_in_the_policy_and_to_the_person(tuned: Result) -> None:
    for where in (tuned.stdout, tuned.stderr):
        said = " ".join(where.replace("#", " ").split())
        for part in ("how long pods take to be Ready", "whose clock seasons follow", "public holidays, schedules"):
            assert f"Not learned: {part}" in said


@pytest.mark.slow
def test_nothing_of_the_days_that_are_shown_moves_the_policy(days: Path, tuned: Result, tmp_path: Path) -> None:
    rows = days.read_text(encoding="utf-8").splitlines()
    quiet = [row if row < "2026-01-06T13:00" else f"{row.partition(',')[0]},1" for row in rows[1:]]
    other = tmp_path / days.name
    other.write_text("\n".join([rows[0], *quiet]) + "\n", encoding="utf-8")
    again = run(other, *GIVEN, "--name", "shop/web", "--budget", "1%")
    assert yaml.safe_load(again.stdout) == yaml.safe_load(tuned.stdout)


@pytest.mark.slow
def test_a_load_test_says_what_a_replica_takes(days: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "test.csv", tmp_path / "policy.yaml"
    rows = [f"{load},{100 + 1000 * p95_wait(load / 10, 1, 0.1).item()}" for load in (1, 3, 5, 7, 8, 9, 9.5)]
    path.write_text("\n".join(["load_per_replica,p95_ms", *rows]) + "\n", encoding="utf-8")

    done = run(
        days, "--load-test", path, "--p95-ms", "250", "--startup", "2m", "--time-zone", "Europe/Berlin", "-o", out
    )

    assert done.exit_code == 0, done.output
    policy = ScalingPolicy.model_validate(yaml.safe_load(out.read_text(encoding="utf-8")))
    (signal,) = policy.spec.load_signals
    assert signal.load is not None
    assert signal.load.per_replica == pytest.approx(9, abs=1.5)
    assert policy.spec.capacity.lead_time_seconds == 1.4 * 120 + 45
    assert policy.spec.forecast.time_zone == "Europe/Berlin"
    assert (str(policy.key), done.stdout) == ("default/web-shop", "")


@pytest.mark.slow
def test_the_clock_and_the_holidays_of_the_people_are_in_the_policy(days: Path) -> None:
    done = run(days, *GIVEN, "--time-zone", "UTC", "--holidays", "US/NY", "--ignored-holiday", "Columbus Day")

    assert done.exit_code == 0, done.output
    forecast = ScalingPolicy.model_validate(yaml.safe_load(done.stdout)).spec.forecast
    assert forecast.holidays == Holidays(country="US", subdivision="NY", ignored=("Columbus Day",))
    assert "Not learned: schedules" in done.stdout
    assert "whose clock" not in done.stdout


def test_holidays_of_an_unknown_place_are_refused_before_anything_is_replayed(days: Path) -> None:
    assert "no public holidays are known of US, ZZ" in str(run(days, *GIVEN, "--holidays", "US/ZZ").exception)


def test_a_history_without_demand_is_refused(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "idle.csv", np.zeros(38 * 12), STEP)

    refused = run(trace, *GIVEN).exception

    assert isinstance(refused, InputRefused), refused
    assert "idle.csv is zero at every moment before 2026-01-06 13:00 UTC" in str(refused)


def test_a_tuned_policy_keeps_its_promises(tuned: Result, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(tuned.stdout, encoding="utf-8")
    done = CliRunner().invoke(rehearse, ["--policy", str(path), "--pattern", "steady", "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["results"]["fail"] == 0


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "give --per-replica (and --service-time-ms), or --load-test with --p95-ms"),
        ([*GIVEN, "--load-test", "test.csv"], "give one of them"),
        (["--load-test", "test.csv"], "--load-test needs --p95-ms"),
        (["--per-replica", "1e300"], "--per-replica or --service-time-ms: perReplica: 1e+300 is not a quantity"),
        (["--per-replica", "10", "--p95-ms", "250"], "--p95-ms needs --service-time-ms"),
        ([*GIVEN, "--p95-ms", "90"], "makes no valid ScalingPolicy: spec: objective.p95Milliseconds must be above"),
        ([*GIVEN, "--time-zone", "Mars"], "'Mars' is not an IANA time zone"),
        ([*GIVEN, "--holidays", "Mars"], "--holidays Mars: country"),
        ([*GIVEN, "--ignored-holiday", "Columbus Day"], "add --holidays"),
        ([*GIVEN, "--name", "web"], "must say NAMESPACE/NAME, like shop/web; it says 'web'"),
        ([*GIVEN, "-o", "missing/policy.yaml"], "--output missing/policy.yaml cannot be written"),
    ],
    ids=[
        "no load",
        "two loads",
        "no limit",
        "no number",
        "no time",
        "too fast",
        "no zone",
        "no country",
        "no place",
        "no namespace",
        "no folder",
    ],
)
def test_wrong_input_is_refused_with_one_sentence(days: Path, flags: list[str], sentence: str) -> None:
    refused = run(days, *flags).exception
    assert isinstance(refused, InputRefused), refused
    assert sentence in str(refused)
