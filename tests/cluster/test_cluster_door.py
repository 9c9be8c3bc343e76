"""The Kubernetes door against a real API server: what a pretend one cannot know, because it has no rules of its own."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from kubernetes.aio.client.api_client import ApiClient

from controller.api.capacity_outlook import CapacityOutlook, OutlookDay, Runway, SignalOutlook
from controller.api.forecast_report import ForecastReport
from controller.api.metadata import ObjectKey
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import ScaleTargetRef, ScalingPolicy
from controller.cluster.address import LEASES, SCALING_POLICIES, Resource
from controller.cluster.applier import Outcome
from controller.cluster.client import ONE_TRY, KubernetesClient
from controller.cluster.connection import connect
from controller.cluster.discovery import Discovery
from controller.cluster.hpas import project_hpa
from controller.cluster.kubernetes_cluster import KubernetesCluster
from controller.cluster.lease import LeaderElection
from controller.cluster.parallel import in_parallel
from controller.cluster.pods import list_pods
from controller.cluster.scale import write_scale
from controller.cluster.status import apply_policy_status, apply_report
from controller.cluster.targets import TargetKey, project_target
from controller.errors import ClusterUnavailable, Conflict, NotFound
from controller.scaling.observation import Target
from controller.scaling.publishing.patch import EventNote, Patch, ScaleChange
from controller.scaling.reasons import Reason
from testbed.clock import now, wait_until
from testbed.cluster import Cluster
from testbed.pretend_node import NODE_NAME, READY_AFTER
from tests.api.bad_policies import a_document
from tests.builders import NOON
from tests.cluster_door.a_view import WrittenView
from tests.cluster_door.fake_clock import FakeClock

SOON = timedelta(seconds=30)
APPS = "apps/v1"


def a_workload(
    namespace: str, kind: str = "Deployment", *, replicas: int = 3, ready_after: str = "0s"
) -> dict[str, Any]:
    labels = {"app": "web"}
    containers = [{"name": "web", "image": "web:1"}]
    template = {
        "metadata": {"labels": labels, "annotations": {READY_AFTER: ready_after}},
        "spec": {"nodeName": NODE_NAME, "containers": containers, "tolerations": [{"operator": "Exists"}]},
    }
    return {
        "apiVersion": APPS,
        "kind": kind,
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


def a_policy(cluster: Cluster, namespace: str, **spec: object) -> ScalingPolicy:
    """Store a policy called `web`, and return it as the API server has it."""
    document = a_document("ScalingPolicy", **spec)
    document["metadata"]["namespace"] = namespace
    cluster.apply([document])
    return ScalingPolicy.model_validate(cluster.get("spol", "web", f"--namespace={namespace}"))


def asked_replicas(cluster: Cluster, namespace: str) -> int:
    replicas = cluster.get("deployment", "web", f"--namespace={namespace}")["spec"]["replicas"]
    assert isinstance(replicas, int)
    return replicas


def events_of(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = cluster.get("events.events.k8s.io", f"--namespace={namespace}")["items"]
    return [event for event in listed if event["regarding"]["kind"] == "ScalingPolicy"]


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[ApiClient]:
    async with connect(cluster.kubeconfig()) as api:
        yield api


@pytest.fixture
def client(api: ApiClient) -> KubernetesClient:
    return a_client(api)


def a_client(api: ApiClient) -> KubernetesClient:
    return KubernetesClient(api, jitter=lambda: 0.5)


def a_door(client: KubernetesClient, policy: ScalingPolicy, outcomes: list[Outcome] | None = None) -> KubernetesCluster:
    """Return the door of an operator that watches nothing but `policy`."""
    unread: dict[ObjectKey, ClusterUnavailable] = {}
    return KubernetesCluster(
        client,
        WrittenView(all_policies=(policy,), all_targets=()),
        clock=now,
        instance="test",
        on_outcome=([] if outcomes is None else outcomes).append,
        on_unread=unread.__setitem__,
    )


async def scale_to(client: KubernetesClient, namespace: str, *, before: int, after: int) -> None:
    address = Resource(APPS, "deployments").at(namespace, "web", subresource="scale")
    await write_scale(client, address, ScaleChange(ScaleTargetRef(name="web"), before, after))


async def test_a_deployment_is_scaled_from_what_was_seen(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    cluster.apply([a_workload(namespace)])

    await scale_to(client, namespace, before=3, after=5)

    assert asked_replicas(cluster, namespace) == 5


async def test_a_deployment_that_somebody_moved_is_left_to_them(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    cluster.apply([a_workload(namespace)])
    cluster.kubectl("scale", "deployment/web", "--replicas=7", f"--namespace={namespace}")

    with pytest.raises(Conflict, match="somebody else set 7"):
        await scale_to(client, namespace, before=3, after=5)

    assert asked_replicas(cluster, namespace) == 7


async def test_a_number_that_the_server_refuses_is_no_conflict(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    cluster.apply([a_workload(namespace)])

    with pytest.raises(ClusterUnavailable, match="must be greater than or equal to 0") as refused:
        await scale_to(client, namespace, before=3, after=-1)

    assert not isinstance(refused.value, Conflict)


async def test_kinds_are_found_by_discovery(client: KubernetesClient) -> None:
    discovery = Discovery(client, now)

    assert (await discovery.resource_of(ScaleTargetRef(kind="StatefulSet", name="web"))).plural == "statefulsets"
    for ref in (
        ScaleTargetRef(kind="DaemonSet", name="web"),
        ScaleTargetRef(api_version="apps/v9", name="web"),
        ScaleTargetRef(api_version="nobody.dev/v1", kind="Web", name="web"),
    ):
        with pytest.raises(NotFound, match=f"serves no namespaced kind {ref.kind}"):
            await discovery.resource_of(ref)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
async def test_a_settled_workload_is_projected_as_settled(cluster: Cluster, namespace: str, kind: str) -> None:
    cluster.apply([a_workload(namespace, kind)])
    cluster.kubectl("rollout", "status", f"{kind}/web", f"--namespace={namespace}", "--timeout=60s")

    view = project_target(cluster.get(kind, "web", f"--namespace={namespace}"))

    assert view.key == TargetKey(namespace, "apps", kind, "web")
    assert (view.spec_replicas, view.ready_replicas, view.in_flight, view.rolling_out) == (3, 3, False, False)
    assert view.selector == "app=web"


async def test_a_new_template_shows_as_a_rollout(cluster: Cluster, namespace: str) -> None:
    cluster.apply([a_workload(namespace)])
    cluster.kubectl("rollout", "status", "deployment/web", f"--namespace={namespace}", "--timeout=60s")
    slow = a_workload(namespace, ready_after="10m")

    cluster.apply([slow])

    def rolling() -> bool:
        raw = cluster.get("deployment", "web", f"--namespace={namespace}")
        is_observed = raw["status"]["observedGeneration"] == raw["metadata"]["generation"]
        return is_observed and project_target(raw).rolling_out

    assert wait_until(rolling, SOON)


async def test_pods_show_when_they_became_ready(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    cluster.apply([a_workload(namespace, replicas=2, ready_after="2s")])
    cluster.kubectl("rollout", "status", "deployment/web", f"--namespace={namespace}", "--timeout=60s")

    pods = await list_pods(client, namespace, "app=web")

    assert len(pods) == 2
    assert all(pod.ready_at and pod.ready_at - pod.created_at >= timedelta(seconds=1) for pod in pods)


async def test_pods_wait_without_being_ready(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    cluster.apply([a_workload(namespace, replicas=2, ready_after="10m")])
    created = ("get", "pods", "-o=name", f"--namespace={namespace}")
    assert wait_until(lambda: len(cluster.kubectl(*created).splitlines()) == 2, SOON)

    pods = await list_pods(client, namespace, "app=web")

    assert [(pod.ready_at, pod.unschedulable) for pod in pods] == [(None, False)] * 2


async def test_a_list_of_many_pages_is_read_whole(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    config_maps = Resource("v1", "configmaps").at(namespace)
    names = [f"page-{number:04}" for number in range(1010)]
    await in_parallel(names, lambda name: client.create(config_maps, {"metadata": {"name": name}}))

    listed = await client.list_objects(config_maps)

    assert {entry["metadata"]["name"] for entry in listed} >= set(names)


REPLICA_SET: Mapping[str, str] = {"apiVersion": APPS, "kind": "ReplicaSet", "name": "web"}


async def test_a_target_of_a_kind_that_is_not_watched_is_read_through_its_scale(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    cluster.apply([a_workload(namespace, "ReplicaSet", replicas=2)])
    ready = "--for=jsonpath={.status.readyReplicas}=2"
    cluster.kubectl("wait", ready, "replicaset/web", f"--namespace={namespace}", "--timeout=60s")
    policy = a_policy(cluster, namespace, scaleTargetRef=REPLICA_SET)

    target = (await a_door(client, policy).observe([policy], now()))[policy.key]

    assert target.scale is not None
    assert (target.scale.spec_replicas, target.scale.ready_replicas, target.obstacle) == (2, 2, None)


async def test_a_kind_the_operator_has_no_right_for_says_so(cluster: Cluster, namespace: str) -> None:
    policy = a_policy(cluster, namespace, scaleTargetRef=REPLICA_SET)

    async with connect(cluster.kubeconfig("nobody-in-particular")) as api:
        targets = await a_door(a_client(api), policy).observe([policy], now())

    obstacle = targets[policy.key].obstacle
    assert obstacle is not None
    assert obstacle.reason is Reason.TARGET_KIND_NOT_GRANTED
    assert "replicasets" in obstacle.message


async def test_a_target_that_does_not_exist_says_so(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    policy = a_policy(cluster, namespace, scaleTargetRef=REPLICA_SET)

    target: Target = (await a_door(client, policy).observe([policy], now()))[policy.key]

    assert target.obstacle is not None
    assert target.obstacle.reason is Reason.TARGET_NOT_FOUND
    assert "not found" in target.obstacle.message


async def test_an_hpa_is_read_as_the_owner_of_its_target(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "--filename=-", stdin=_hpa(namespace))

    view = project_hpa(cluster.get("hpa", "web", f"--namespace={namespace}"))

    assert (view.name, view.target) == ("web", TargetKey(namespace, "apps", "Deployment", "web"))


async def test_a_status_is_what_was_said_last(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    policy = a_policy(cluster, namespace)
    await apply_policy_status(client, policy.key, {"desiredReplicas": 4, "forecastReplicas": 4, "reason": "Forecast"})

    await apply_policy_status(client, policy.key, {"desiredReplicas": 5, "reason": "StepRule"})

    stored = cluster.get("spol", "web", f"--namespace={namespace}")
    assert stored["status"] == {"desiredReplicas": 5, "reason": "StepRule"}
    assert stored["metadata"]["generation"] == 1


async def test_a_status_of_a_policy_that_is_gone_makes_nothing(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    with pytest.raises(NotFound):
        await apply_policy_status(client, ObjectKey(namespace, "web"), {"desiredReplicas": 4})

    assert cluster.get("spol", f"--namespace={namespace}")["items"] == []


async def test_a_status_the_schema_refuses_is_no_conflict(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    policy = a_policy(cluster, namespace)

    with pytest.raises(ClusterUnavailable, match=r"desiredReplicas") as refused:
        await apply_policy_status(client, policy.key, {"desiredReplicas": -4})

    assert not isinstance(refused.value, Conflict)


async def test_a_report_goes_when_its_policy_goes(cluster: Cluster, namespace: str, client: KubernetesClient) -> None:
    policy = a_policy(cluster, namespace)
    metadata = {"name": "web", "namespace": namespace}
    report = {"metadata": metadata, "spec": {"policy": "web"}, "status": {"verdict": "steady", "generatedAt": NOON}}
    for _hour in range(2):
        await apply_report(client, ForecastReport.model_validate(report), policy)
    stored = cluster.get("fr", "web", f"--namespace={namespace}")

    cluster.kubectl("delete", "spol", "web", f"--namespace={namespace}")

    (owner,) = stored["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"], stored["status"]["verdict"]) == (policy.metadata.uid, True, "steady")
    assert wait_until(lambda: not cluster.get("fr", f"--namespace={namespace}")["items"], SOON)


async def test_months_ahead_are_kept_as_they_were_written(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    policy = a_policy(cluster, namespace)
    runway = Runway(limit="MaxReplicas", replicas=40, earliest=NOON.date(), basis="so it is")
    day = OutlookDay(date=NOON.date(), lower=1, expected=2, bound80=3, bound95=41)
    outlook = CapacityOutlook(days=(day,) * 90, runways=(runway,), signals=(SignalOutlook(name="requests"),))
    report = {"metadata": {"name": "web", "namespace": namespace}, "spec": {"policy": "web"}}

    await apply_report(client, ForecastReport.model_validate(report | {"status": {"outlook": outlook}}), policy)
    await apply_policy_status(client, policy.key, {"runway": runway.model_dump(mode="json", exclude_none=True)})

    stored = cluster.get("fr", "web", f"--namespace={namespace}")["status"]["outlook"]
    assert CapacityOutlook.model_validate(stored) == outlook
    told = cluster.get("spol", "web", f"--namespace={namespace}")["status"]["runway"]
    assert Runway.model_validate(told) == runway


async def test_a_patch_is_written_whole_and_its_event_counted_when_it_comes_back(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    cluster.apply([a_workload(namespace)])
    policy = a_policy(cluster, namespace)
    outcomes: list[Outcome] = []
    door = a_door(client, policy, outcomes)
    note = EventNote("Forecast", "5 replicas needed", warning=True)
    up = ScaleChange(policy.spec.scale_target_ref, from_replicas=3, to_replicas=5)

    await door.apply([Patch(policy.key, ScalingPolicyStatus(desired_replicas=5, reason="Forecast"), up, note)])
    await door.apply([Patch(policy.key, event=note)])

    (event,) = events_of(cluster, namespace)
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert asked_replicas(cluster, namespace) == 5
    assert (event["type"], event["note"], event["series"]["count"]) == ("Warning", "5 replicas needed", 2)
    assert "5 replicas needed" in cluster.kubectl("describe", "spol", "web", f"--namespace={namespace}")


def a_candidate(api: ApiClient, namespace: str, identity: str, clock: FakeClock) -> LeaderElection:
    client = KubernetesClient(api, jitter=lambda: 0.5, reads=ONE_TRY)
    return LeaderElection(client, LEASES.at(namespace, "headroom"), identity=identity, clock=clock)


def holder(cluster: Cluster, namespace: str) -> str:
    return str(cluster.get("lease", "headroom", f"--namespace={namespace}")["spec"].get("holderIdentity", ""))


async def test_of_two_candidates_one_leads_and_the_other_follows_after_its_release(
    cluster: Cluster, namespace: str, api: ApiClient
) -> None:
    clock = FakeClock()
    first, second = (a_candidate(api, namespace, identity, clock) for identity in ("first", "second"))

    led = [await first.attempt(), await second.attempt(), await first.attempt()]
    await first.release()
    released = holder(cluster, namespace)
    followed = await second.attempt()

    assert (led, released, followed) == ([True, False, True], "", True)
    assert holder(cluster, namespace) == "second"


async def test_a_dead_leader_is_replaced_when_its_lease_ends(cluster: Cluster, namespace: str, api: ApiClient) -> None:
    clock = FakeClock()
    dead, waiting = (a_candidate(api, namespace, identity, clock) for identity in ("dead", "waiting"))
    await dead.attempt()
    took_over = []
    for _second in range(16):
        took_over.append(await waiting.attempt())
        clock.seconds += 1

    assert took_over == [False] * 15 + [True]
    assert holder(cluster, namespace) == "waiting"
    assert not await dead.attempt()
    assert cluster.get("lease", "headroom", f"--namespace={namespace}")["spec"]["leaseTransitions"] == 1


async def test_who_does_not_lead_writes_nothing(cluster: Cluster, namespace: str, api: ApiClient) -> None:
    clock = FakeClock()
    leader, follower = (a_candidate(api, namespace, identity, clock) for identity in ("leader", "follower"))
    await leader.attempt()
    await follower.attempt()
    policy = a_policy(cluster, namespace)
    fenced = KubernetesClient(api, jitter=lambda: 0.5, before_write=follower.require_fresh)

    with pytest.raises(ClusterUnavailable, match="follower does not hold"):
        await apply_policy_status(fenced, policy.key, {"desiredReplicas": 4})

    assert "status" not in cluster.get("spol", "web", f"--namespace={namespace}")


async def test_a_read_of_a_single_object_is_the_dict_the_server_keeps(
    cluster: Cluster, namespace: str, client: KubernetesClient
) -> None:
    policy = a_policy(cluster, namespace)

    assert (await client.get(SCALING_POLICIES.at(namespace, "web")))["metadata"]["uid"] == policy.metadata.uid


def _hpa(namespace: str) -> str:
    return f"""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web, namespace: {namespace}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  minReplicas: 1
  maxReplicas: 3
"""
