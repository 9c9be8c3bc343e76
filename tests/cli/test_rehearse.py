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


@pytest.fixture
def learns(tmp_path: Path) -> Path:
    """A policy that leaves what a replica takes to be learned."""
    requests = {"name": "requests", "preset": "http-request-rate", "load": {}}
    return written(tmp_path, a_policy(requests, LATENCY, objective={**P95, "latencySignal": "latency"}))


def load_test(folder: Path, throughput: float = 10) -> Path:
    """Write what a load test measures of a replica with this throughput."""
    loads = (throughput * share for share in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95))
    rows = [f"{load},{100 + 1000 * p95_wait(load / throughput, 1, 1 / throughput).item()}" for load in loads]
    path = folder / "test.csv"
    path.write_text("\n".join(["load_per_replica,p95_ms", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("throughput", [10, 40])
def test_a_load_test_says_what_a_replica_takes(learns: Path, tmp_path: Path, throughput: float) -> None:
    rehearsed = ("--policy", learns, "--load-test", load_test(tmp_path, throughput), "--pattern", "steady")

    answer, text = json.loads(run(*rehearsed, "--format", "json").output), " ".join(run(*rehearsed).output.split())

    per_replica = answer["per_replica"]["requests"]
    assert per_replica == pytest.approx(throughput, rel=0.1)
    assert answer["peak_rps"] == pytest.approx(100 * throughput, rel=0.15)  # what 100 replicas serve within 250 ms
    assert f"a replica takes {per_replica:g} of requests, from a load test of 7 rows" in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("load_per_replica,p95_ms\n1,100\n3,\n9,300\n", "test.csv, line 3, p95_ms: '' is not a number above 0"),
        ("load_per_replica,p95_ms\n1,100\n\n9,300\n", "test.csv, line 3: 2 fields are needed, there are 0"),
        ("rps,latency\n1,100\n3,110\n9,300\n", "line 1: the header must be load_per_replica,p95_ms, and may go on"),
        ("load_per_replica,p95_ms\n1,100\n2,101\n3,102\n", "does not show what a replica can take"),
    ],
    ids=["no number", "an empty line", "other columns", "far from the limit"],
)
def test_a_load_test_that_says_nothing_ends_with_one_sentence_and_code_2(
    learns: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    sentence: str,
) -> None:
    (tmp_path / "test.csv").write_text(text, encoding="utf-8")
    flags = ["--policy", str(learns), "--load-test", str(tmp_path / "test.csv"), "--pattern", "steady"]
    monkeypatch.setattr("sys.argv", ["headroom", "rehearse", *flags])

    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert sentence in said.err


@pytest.mark.parametrize(("pattern", "code"), [("steady", 0), ("ramp", 1)])
def test_with_a_load_test_broken_promises_decide_the_exit_code(
    learns: Path, tmp_path: Path, pattern: str, code: int
) -> None:
    late = ("--pattern", pattern, "--startup", "10m")

    done = run("--policy", learns, "--load-test", load_test(tmp_path), *late)

    assert (done.exit_code, done.stderr) == (code, "")


def test_without_a_load_test_what_is_to_be_learned_is_refused(learns: Path) -> None:
    refused = run("--policy", learns).exception
    assert isinstance(refused, InputRefused)
    assert "give --load-test, or load.perReplica" in str(refused)


def test_the_timeline_holds_every_pattern(tmp_path: Path) -> None:
    path = tmp_path / "timeline.csv"
    run("--policy", EXAMPLE, "--pattern", "steady", "--pattern", "ramp", "--timeline", path)
    names = [line.partition(",")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert list(dict.fromkeys(names)) == ["steady", "ramp"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--policy", "missing.yaml"], "missing.yaml cannot be read"),
        (["--policy", EXAMPLE, "--timeline", "missing/t.csv"], "--timeline missing/t.csv cannot be written"),
        (["--policy", EXAMPLE, "--load-test", "missing.csv"], "missing.csv cannot be read"),
    ],
    ids=["no policy", "no folder", "no load test"],
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
