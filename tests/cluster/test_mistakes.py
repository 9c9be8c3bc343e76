"""Common mistakes: refused by the API server, or ended in a condition, with one precise sentence each."""

from typing import Any

import pytest

from testbed.errors import CommandFailed
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, REQUESTS, Scene

RULE = {"name": "busy", "signal": "requests", "steps": [{"above": 10, "addPercent": 50}]}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "minReplicas above maxReplicas": (
        {"minReplicas": 9, "maxReplicas": 3},
        "minReplicas must not be above maxReplicas",
    ),
    "a negative threshold": (
        {"stepScaling": [{**RULE, "steps": [{"above": -5, "addPercent": 50}]}]},
        "spec.stepScaling[0].steps[0].above",
    ),
    "a rule on a signal that is not there": (
        {"stepScaling": [{**RULE, "signal": "nonsense"}]},
        "every step rule must name one of spec.signals",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_in_the_spec_is_refused_by_the_api_server(mistake: str, scene: Scene) -> None:
    spec, sentence = REFUSED[mistake]

    with pytest.raises(CommandFailed) as refusal:
        scene.policy(REQUESTS, **spec)

    assert sentence in str(refusal.value)


def test_what_only_the_operator_can_see_ends_in_a_condition(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=3)
    scene.policy({**REQUESTS, "preset": "http-request-rat"}, name="unknown-preset")
    scene.policy(REQUESTS, name="no-target", target="nobody")
    scene.policy(REQUESTS, name="no-source", metricsSource="nowhere")
    scene.policy(REQUESTS, name="no-data")

    operate()

    scene.wait_for_condition("Acting", "UnknownPreset", "unknown-preset")
    scene.wait_for_condition("Acting", "TargetNotFound", "no-target")
    scene.wait_for_condition("Acting", "MetricsSourceNotFound", "no-source")
    scene.wait_for_condition("SignalsHealthy", "SignalUnhealthy", "no-data")
    said = {name: scene.condition("Acting", name)["message"] for name in ("unknown-preset", "no-target", "no-source")}
    assert "has no preset 'http-request-rat'; it has" in said["unknown-preset"]
    assert "nobody" in said["no-target"]
    assert "'nowhere' does not exist" in said["no-source"]
    assert "signal requests has no data" in scene.condition("SignalsHealthy", "no-data")["message"]
    assert scene.replicas() == 3
