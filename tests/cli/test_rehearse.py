import json
from functools import partial
from pathlib import Path

import pytest

from controller.__main__ import main
from controller.cli.rehearse import rehearse
from controller.errors import InputRefused
from controller.scaling.capacity import p95_wait
from tests.builders import LATENCY, QUEUED_REQUESTS, a_policy
from tests.cli.resource_files import written
from tests.cli.running import run_command

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy.yaml"
P95 = {"p95Milliseconds": 250}


run = partial(run_command, rehearse)


def test_the_example_keeps_all_its_promises() -> None:
    done = run("--policy", EXAMPLE)

    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    for part in ("steady", "ramp", "spike", "recovery", "overload", "queue-is-long", "0 fail", "shop/checkout: 200"):
        assert part in said


def test_json_holds_every_pattern_and_every_verdict() -> None:
    answer = json.loads(
        run("--policy", EXAMPLE, "--pattern", "spike", "--pattern", "steady", "--format", "json").output
    )

    assert [each["name"] for each in answer["patterns"]] == ["steady", "spike"]
    assert answer["results"]["fail"] == 0
    assert answer["results"]["pass"] == sum(each["result"] == "pass" for each in answer["promises"])
    fired = next(each for each in answer["promises"] if each["promise"] == "queue-is-long fires above 1000")
    assert (fired["pattern"], fired["result"]) == ("spike", "pass")


def test_a_broken_promise_is_told_first_and_fails_the_pipeline() -> None:
    done = run("--policy", EXAMPLE, "--pattern", "ramp", "--startup", "10m")

    assert done.exit_code == 1
    rows = [line.split() for line in done.output.splitlines()]
    results = [row[0] for row in rows if row and row[0] in ("pass", "fail")]
    assert results[0] == "fail"
    assert "lead time" in done.output


def test_what_is_not_rehearsed_fails_nothing(tmp_path: Path) -> None:
    done = run(
        "--policy", written(tmp_path, a_policy(QUEUED_REQUESTS, {"name": "lag", "preset": "kafka-lag"}, objective=P95))
    )

    assert done.exit_code == 0, done.output
    assert "which a replay cannot measure" in " ".join(done.output.split())


def test_a_load_test_says_what_a_replica_takes(tmp_path: Path) -> None:
    learned = {"name": "requests", "preset": "http-request-rate", "load": {}}
    policy = written(tmp_path, a_policy(learned, LATENCY, objective={**P95, "latencySignal": "latency"}))
    test = tmp_path / "test.csv"
    rows = [f"{load},{100 + 1000 * p95_wait(load / 10, 1, 0.1).item()}" for load in (1, 3, 5, 7, 8, 9, 9.5)]
    test.write_text("\n".join(["load_per_replica,p95_ms", *rows]) + "\n", encoding="utf-8")

    done = run("--policy", policy, "--load-test", test, "--pattern", "steady", "--format", "json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["peak_rps"] == pytest.approx(982, rel=0.1)  # of 100 replicas that take 10 each


def test_the_timeline_holds_every_pattern(tmp_path: Path) -> None:
    path = tmp_path / "timeline.csv"
    run("--policy", EXAMPLE, "--pattern", "steady", "--pattern", "ramp", "--timeline", path)
    names = [line.partition(",")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert list(dict.fromkeys(names)) == ["steady", "ramp"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--policy", "missing.yaml"], "missing.yaml cannot be read"),
        (["--policy", EXAMPLE, "--startup", "0s"], "--startup must be above 0s"),
        (["--policy", EXAMPLE, "--timeline", "missing/t.csv"], "--timeline missing/t.csv cannot be written"),
        (["--policy", EXAMPLE, "--load-test", "missing.csv"], "missing.csv cannot be read"),
    ],
    ids=["no policy", "no time", "no folder", "no load test"],
)
def test_wrong_input_is_refused_with_one_sentence(flags: list[object], sentence: str) -> None:
    refused = run(*flags).exception
    assert isinstance(refused, InputRefused)
    assert sentence in str(refused)


def test_bad_input_is_another_exit_code_than_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["headroom", "rehearse", "--policy", "missing.yaml"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
