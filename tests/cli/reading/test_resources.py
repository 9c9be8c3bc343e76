from pathlib import Path

import pytest

from controller.cli.reading.resources import load_policy, load_source
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


def test_a_policy_is_found_beside_resources_of_other_kinds(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"kind: HorizontalPodAutoscaler\n---{POLICY}")
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
        (
            POLICY.replace("ScalingPolicy", "DemandEvent"),
            "must hold one document with kind: ScalingPolicy; it holds DemandEvent",
        ),
        ("- a\n- list\n", "it holds a list"),
        ("", "it holds nothing"),
        ("spec: {}", "it holds no kind"),
        ("{not: yaml", "is not YAML"),
        (f"{POLICY}---{POLICY}", "it holds ScalingPolicy, ScalingPolicy"),
        (POLICY + "  maxReplicas: 20\n", "the key 'maxReplicas' is there twice"),
        (POLICY + "  maxReplicas: 20\n", 'policy.yaml", line 10, column 3'),
        ("? [a, b]\n: c\n", "is not YAML: while constructing a mapping"),
        ("[" * 5000, "is not YAML: maximum recursion depth exceeded"),
        (
            POLICY.replace("maxReplicas: 10", "maxReplicas: 10\n  minReplica: 1"),
            "unknown field; did you mean minReplicas?",
        ),
        (POLICY.replace("perReplica", "perReplicas"), "load.perReplicas: unknown field; did you mean perReplica?"),
        (POLICY.replace("maxReplicas: 10", "maxReplicas: 10\n  zzz: 1"), "spec.zzz: unknown field"),
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
    source = load_source(Path(__file__).parents[3] / "examples" / "metrics-source.yaml")

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

    with pytest.raises(InputRefused, match="with kind: MetricsSource; it holds ScalingPolicy"):
        load_source(path)


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        load_policy(tmp_path / "nothing.yaml")
