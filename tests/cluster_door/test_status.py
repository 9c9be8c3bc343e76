from datetime import timedelta

import pytest

from controller.api.forecast_report import ForecastReport
from controller.api.metadata import Condition, ConditionStatus, ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.address import FORECAST_REPORTS, METRICS_SOURCES, SCALING_POLICIES
from controller.cluster.client import KubernetesClient
from controller.cluster.status import apply_policy_status, apply_report, apply_source_status
from controller.errors import InputRefused, NotFound
from tests.builders import NOON, a_policy
from tests.cluster_door.fake_api import FakeApi

POLICY = SCALING_POLICIES.at("shop", "web").path
REPORT = FORECAST_REPORTS.at("shop", "web").path


def a_report(verdict: str = "steady") -> ForecastReport:
    return ForecastReport.model_validate(
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"policy": "web"},
            "status": {"verdict": verdict, "generatedAt": NOON + timedelta(hours=1)},
        }
    )


async def test_a_status_is_what_was_said_last_and_nothing_else(world: FakeApi, client: KubernetesClient) -> None:
    world.put(POLICY, {"metadata": {"name": "web"}, "spec": {"maxReplicas": 9}})
    await apply_policy_status(client, ObjectKey("shop", "web"), {"desiredReplicas": 4, "forecastReplicas": 4})

    await apply_policy_status(client, ObjectKey("shop", "web"), {"desiredReplicas": 5})

    assert world.objects[POLICY]["status"] == {"desiredReplicas": 5}
    assert world.objects[POLICY]["spec"] == {"maxReplicas": 9}


async def test_a_policy_that_is_gone_is_not_made_again(world: FakeApi, client: KubernetesClient) -> None:
    with pytest.raises(NotFound):
        await apply_policy_status(client, ObjectKey("shop", "web"), {"desiredReplicas": 4})

    assert world.objects == {}


async def test_a_report_is_made_with_its_policy_as_controller(world: FakeApi, client: KubernetesClient) -> None:
    await apply_report(client, a_report(), a_policy())

    report = world.objects[REPORT]
    assert report["spec"] == {"policy": "web"}
    assert report["status"]["verdict"] == "steady"
    assert report["status"]["generatedAt"] == "2026-03-02T13:00:00Z"


async def test_a_report_that_is_there_is_updated(world: FakeApi, client: KubernetesClient) -> None:
    await apply_report(client, a_report(), a_policy())

    await apply_report(client, a_report("rising"), a_policy())

    assert world.objects[REPORT]["status"]["verdict"] == "rising"


async def test_a_report_of_a_policy_that_was_never_stored_is_refused(client: KubernetesClient) -> None:
    offline = ScalingPolicy.model_validate({"metadata": {"name": "web"}, "spec": a_policy().spec})

    with pytest.raises(InputRefused, match="no uid"):
        await apply_report(client, a_report(), offline)


async def test_a_source_is_told_a_condition_and_keeps_its_spec(world: FakeApi, client: KubernetesClient) -> None:
    path = METRICS_SOURCES.at("", "default").path
    world.put(path, {"metadata": {"name": "default"}, "spec": {"url": "http://prometheus:9090"}})
    condition = Condition(type="Reachable", status=ConditionStatus.TRUE, reason="Answering", last_transition_time=NOON)

    await apply_source_status(client, "default", condition)

    assert world.objects[path]["status"]["conditions"][0]["lastTransitionTime"] == "2026-03-02T12:00:00Z"
    assert world.objects[path]["spec"] == {"url": "http://prometheus:9090"}
    assert "namespace" not in world.objects[path]["metadata"]
