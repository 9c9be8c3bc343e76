from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from controller.cli.inputs import Duration, Horizon, UtcTime, load_policy, load_source
from controller.errors import InputRefused

POLICY = """
apiVersion: headroom.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {name: web}
  maxReplicas: 10
  signals:
    - {name: requests, preset: http-request-rate, load: {perReplica: 10}}
"""


def test_a_policy_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    assert load_policy(path).spec.max_replicas == 10


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (POLICY.replace("perReplica: 10", "perReplica: -1"), "spec.signals[0].load.perReplica"),
        (POLICY.replace("maxReplicas", "maxreplicas"), "spec.maxReplicas: Field required"),
        (
            POLICY.replace("maxReplicas: 10", "maxReplicas: 10\n  minReplicas: 11"),
            "spec: minReplicas must not be above maxReplicas",
        ),
        (POLICY.replace("ScalingPolicy", "DemandEvent"), "must hold one ScalingPolicy"),
        ("- a\n- list\n", "must hold one ScalingPolicy"),
        ("", "must hold one ScalingPolicy"),
        ("{not: yaml", "is not one YAML document"),
        (f"{POLICY}---{POLICY}", "is not one YAML document"),
    ],
)
def test_a_wrong_policy_is_refused_by_file_and_field(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(InputRefused) as refused:
        load_policy(path)
    assert sentence in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_source_is_read_from_yaml() -> None:
    source = load_source(Path(__file__).parents[2] / "examples" / "metrics-source.yaml")

    assert source.spec.presets[0].name == "orders-per-second"


def test_a_wrong_source_is_refused_by_file_and_field(tmp_path: Path) -> None:
    path = tmp_path / "source.yaml"
    path.write_text("kind: MetricsSource\nmetadata: {name: a}\nspec: {url: 'http://me:hunter2@prometheus'}\n")

    with pytest.raises(InputRefused, match=r"source.yaml is not a valid MetricsSource: spec.url") as refused:
        load_source(path)
    assert "hunter2" not in str(refused.value)


def test_a_policy_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)

    with pytest.raises(InputRefused, match="must hold one MetricsSource"):
        load_source(path)


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        load_policy(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("24h", 86_400), ("7d", 604_800), ("0s", 0)])
def test_durations_carry_their_unit(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["90", "s", "-5s", "1.5h", "1w", ""])
def test_a_duration_without_count_or_unit_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(("text", "hours"), [("1h", 1), ("24h", 24), ("28d", 672)])
def test_a_horizon_is_a_duration(text: str, hours: int) -> None:
    assert Horizon().convert(text, None, None) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["0s", "29d", "673h"])
def test_a_horizon_goes_no_further_than_is_learned_from(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not above 0s and at most 28d"):
        Horizon().convert(text, None, None)


def test_times_are_brought_to_utc() -> None:
    assert UtcTime().convert("2026-01-31T09:00+01:00", None, None) == datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-01-31T09:00", "has no time zone"),
        ("noon", "is not an ISO 8601 time"),
        ("0001-01-01T00:00+14:00", "is not an ISO 8601 time"),
    ],
)
def test_a_time_without_a_zone_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(click.BadParameter, match=sentence):
        UtcTime().convert(text, None, None)
