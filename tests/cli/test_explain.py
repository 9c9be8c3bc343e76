"""`headroom explain`: a recorded decision with its voices and limits, and a live policy as its status tells."""

import gzip
import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.explain import explain, fetch_policy, print_policy, show_policy
from controller.errors import InputRefused
from controller.scaling.evaluate import evaluate
from controller.scaling.publishing.record import record_of
from tests.builders import NOON, REQUESTS, a_policy, an_observation, an_outlook
from tests.cli.kubeconfigs import kubeconfig
from tests.cli.running import run_command
from tests.cluster_door.fake_api import FakeApi

GROUP = "/apis/headroom.dev/v1alpha1/namespaces/shop"
POLICY = json.loads(a_policy(REQUESTS).model_dump_json(by_alias=True, exclude_none=True))
STATUS = {
    "currentReplicas": 6,
    "desiredReplicas": 40,
    "forecastReplicas": 40,
    "reason": "Forecast",
    "message": "requests may reach 400 (p98) by 12:10:00 UTC",
    "learned": {"leadTimeSeconds": 96, "leadTimeSource": "Learned", "leadTimeSteps": 7},
    "conditions": [
        {
            "type": "Acting",
            "status": "False",
            "reason": "Recommending",
            "message": "mode is Recommend",
            "lastTransitionTime": "2026-03-02T12:00:00Z",
        }
    ],
}


def a_line(requests: float = 140, *, at: datetime = NOON, name: str = "web") -> str:
    """A decision at a live demand, whose forecast wants 30 replicas and whose bounds allow 25."""
    observation = an_observation(
        a_policy(REQUESTS, name=name, maxReplicas=25),
        requests=requests,
        outlooks={"requests": an_outlook([70, 140, 210])},
    )
    return json.dumps({**record_of(evaluate(observation)), "at": at.isoformat()}) + "\n"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Three decisions, a minute apart."""
    path = tmp_path / "decisions.jsonl"
    path.write_text("".join(a_line(at=NOON + minute * timedelta(minutes=1)) for minute in range(3)), encoding="utf-8")
    return path


run = partial(run_command, explain)


def refused(*arguments: object) -> str:
    problem = run(*arguments).exception
    assert isinstance(problem, InputRefused)
    return str(problem)


def test_a_decision_is_told_with_its_voices_its_winner_and_its_limits(record: Path) -> None:
    said = " ".join(run("--record", record).stdout.split())

    assert said.startswith("shop/web at 2026-03-02T12:02:00Z: from 10 to 25 replicas (TooManyReplicas)")
    assert "Forecast requests 30 wins" in said
    assert "LiveRatio requests" in said
    assert "TooManyReplicas 30 25" in said


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-02T12:01:00Z", "2026-03-02T12:01:00Z"),
        ("2026-03-02T12:01:59Z", "2026-03-02T12:01:00Z"),
        ("2026-03-02T23:00:00Z", "2026-03-02T12:02:00Z"),
    ],
)
def test_at_a_time_the_last_decision_up_to_it_is_told(record: Path, at: str, found: str) -> None:
    assert json.loads(run("--record", record, "--at", at, "--format", "json").stdout)["at"] == found


def test_json_holds_every_voice_and_limit(record: Path) -> None:
    told = json.loads(run("--record", record, "--format", "json").stdout)

    assert (told["current_replicas"], told["recommended_replicas"], told["desired_replicas"]) == (10, 30, 25)
    assert [voice["replicas"] for voice in told["candidates"]][:1] == [30]
    assert told["winner"] == told["candidates"][0]
    assert [limit["reason"] for limit in told["limiters"]] == ["TooManyReplicas"]


def test_a_decision_is_made_again_from_its_record(record: Path) -> None:
    assert "Made again from its record: the same." in run("--record", record).stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"desiredReplicas": 24}, "Made again from its record: 25 replicas (TooManyReplicas)."),
        ({"observation": {"scale": {"specReplicas": 10}}}, "another version wrote this record"),
    ],
    ids=["another number", "another version"],
)
def test_a_decision_that_would_differ_today_says_so(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text(json.dumps(json.loads(a_line()) | change), encoding="utf-8")

    assert sentence in " ".join(run("--record", path).stdout.split())


def test_a_silent_voice_says_why(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text(json.dumps(record_of(evaluate(an_observation(a_policy(REQUESTS), requests=50)))), encoding="utf-8")

    said = " ".join(run("--record", path).stdout.split())

    assert "silent no forecast of requests has been fitted yet" in said


def test_a_folder_holds_a_file_a_day_compressed_or_not(tmp_path: Path) -> None:
    tomorrow = NOON + timedelta(days=1)
    (tmp_path / "2026-03-02.jsonl").write_text(a_line(), encoding="utf-8")
    (tmp_path / "2026-03-03.jsonl.gz").write_bytes(gzip.compress(a_line(at=tomorrow).encode()))
    (tmp_path / "notes.txt").write_text("not a record", encoding="utf-8")

    told = json.loads(run("--record", tmp_path, "--format", "json").stdout)

    assert told["at"] == "2026-03-03T12:00:00Z"


def test_a_name_picks_one_of_several_policies(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text(a_line(name="web") + a_line(name="api"), encoding="utf-8")

    assert refused("--record", path) == f"{path} holds decisions of several policies; name one: shop/web, shop/api"
    assert run("api", "--record", path).stdout.startswith("shop/api at")
    assert run("shop/web", "--record", path).stdout.startswith("shop/web at")


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ("{}", [], "line 1 is not a recorded decision: at: Field required"),
        ("not json", [], "line 1 is not a recorded decision: it is not JSON"),
        ("[]", [], "line 1 is not a recorded decision: it is JSON, but no object"),
        (
            a_line(),
            ["--at", "2026-03-02T11:00:00Z"],
            "holds no decision up to 2026-03-02T11:00:00Z; its first is of 2026-03-02T12:",
        ),
        (a_line(), ["api"], "holds no decision of api; it has: shop/web"),
        ("", [], "holds no decision"),
    ],
    ids=["an empty object", "no JSON", "no object", "too early", "another policy", "an empty file"],
)
def test_what_cannot_be_explained_is_refused_in_one_sentence(
    tmp_path: Path, text: str, arguments: list[str], sentence: str
) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text(text, encoding="utf-8")

    assert sentence in refused(*arguments, "--record", path)


def test_a_record_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused("--record", tmp_path / "missing.jsonl")
    assert "holds no record" in refused("--record", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "name the policy, or give --record"), (["web", "--at", "2026-03-02T11:00:00Z"], "--at goes with --record")],
    ids=["nothing", "a live policy at a time"],
)
def test_wrong_flags_are_refused_with_what_to_write(arguments: list[str], sentence: str) -> None:
    done = run(*arguments)

    assert done.exit_code == 2
    assert sentence in done.output


async def test_a_live_policy_tells_why_as_its_status_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api = FakeApi()
    api.put(f"{GROUP}/scalingpolicies/web", {**POLICY, "status": STATUS})

    async with api.serve() as client:
        config = kubeconfig(tmp_path, client.configuration.host)
        show_policy(await fetch_policy("shop", "web", kubeconfig=config))

    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("shop/web: 6 replicas now, 40 desired (Forecast) requests may reach 400")
    assert "lead time: 96 s (learned from 7 scale-ups)" in said
    assert "Acting False Recommending mode is Recommend" in said


async def test_a_policy_of_another_version_is_refused(tmp_path: Path) -> None:
    api = FakeApi()
    api.put(f"{GROUP}/scalingpolicies/web", {**POLICY, "spec": {"novelty": 1}})

    async with api.serve() as client:
        config = kubeconfig(tmp_path, client.configuration.host)
        with pytest.raises(InputRefused, match="policy shop/web cannot be read"):
            await fetch_policy("shop", "web", kubeconfig=config)


def test_json_of_a_live_policy_leaves_out_what_only_the_operator_needs(capsys: pytest.CaptureFixture[str]) -> None:
    print_policy(ScalingPolicy.model_validate({**POLICY, "status": STATUS}))

    told = json.loads(capsys.readouterr().out)
    assert told["policy"] == "shop/web"
    assert told["status"]["desiredReplicas"] == 40
    assert "memory" not in told["status"]


def test_a_policy_that_was_never_decided_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_policy(a_policy(REQUESTS))

    assert capsys.readouterr().out == "shop/web: nothing has been decided yet\n"
