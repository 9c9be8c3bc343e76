from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from kubernetes.aio.client.api_client import ApiClient

from controller.api.metadata import ObjectKey
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import ScaleTargetRef, ScalingPolicy
from controller.cluster.address import SCALING_POLICIES, Resource
from controller.cluster.applier import Outcome, Step
from controller.cluster.client import KubernetesClient, Patience
from controller.cluster.discovery import Discovery
from controller.cluster.hpas import HpaView, RaisedFloor
from controller.cluster.kubernetes_cluster import KubernetesCluster
from controller.cluster.parallel import in_parallel
from controller.cluster.target_reader import TargetReader
from controller.cycle import Cluster
from controller.errors import ClusterUnavailable, Conflict, NotFound
from controller.scaling.observation import HpaFloor, Obstacle, Scale, Target
from controller.scaling.publishing.patch import EventNote, Patch, ScaleChange, dump
from controller.scaling.reasons import Reason
from tests.builders import NOON, a_policy
from tests.cluster_door.a_view import WEB, WrittenView
from tests.cluster_door.fake_api import FakeApi, a_client, refusal
from tests.cluster_door.test_discovery import APPS, ROLLOUTS
from tests.cluster_door.test_pods import NOT_READY, READY, a_pod

ROLLOUT_REF = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
ROLLOUT_SCALE = Resource("argoproj.io/v1alpha1", "rollouts").at("shop", "web", subresource="scale").path
WEB_SCALE = Resource("apps/v1", "deployments").at("shop", "web", subresource="scale").path
POLICY = SCALING_POLICIES.at("shop", "web").path
PODS = "/api/v1/namespaces/shop/pods"
KEY = ObjectKey("shop", "web")
FIVE = ScalingPolicyStatus(desired_replicas=5)
UP = Patch(
    KEY,
    status=FIVE,
    scale=ScaleChange(ScaleTargetRef(name="web"), from_replicas=3, to_replicas=5),
    event=EventNote("Forecast", "5 replicas needed"),
)


@dataclass
class Told:
    """What the door told the live operator."""

    outcomes: list[Outcome] = field(default_factory=list)
    unread: dict[ObjectKey, ClusterUnavailable] = field(default_factory=dict)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def view() -> WrittenView:
    return WrittenView(all_policies=(a_policy(),))


@pytest.fixture
def cluster(world: FakeApi, client: KubernetesClient, view: WrittenView, told: Told) -> Cluster:
    world.objects["/apis/apps/v1"] = APPS
    world.objects["/apis/argoproj.io/v1alpha1"] = ROLLOUTS
    return a_cluster(client, view, told)


def a_cluster(
    client: KubernetesClient, view: WrittenView, told: Told, *, may_raise_floors: bool = False
) -> KubernetesCluster:
    return KubernetesCluster(
        client,
        view,
        clock=lambda: NOON,
        instance="headroom-1",
        on_outcome=told.outcomes.append,
        on_unread=told.unread.__setitem__,
        may_raise_floors=may_raise_floors,
    )


async def observed(cluster: Cluster, policy: ScalingPolicy | None = None) -> Target:
    policy = policy or a_policy()
    return (await cluster.observe([policy], NOON))[policy.key]


async def test_a_watched_target_is_read_without_asking_the_server(world: FakeApi, cluster: Cluster) -> None:
    assert await observed(cluster) == Target(Scale(3, 3))
    assert world.seen == []


async def test_a_watched_target_that_is_not_there_is_named(cluster: Cluster, view: WrittenView) -> None:
    view.all_targets = ()

    target = await observed(cluster)

    message = "there is no Deployment web in namespace shop"
    assert target == Target(None, Obstacle(Reason.TARGET_NOT_FOUND, message))


async def test_a_target_set_to_zero_by_hand_is_off(cluster: Cluster, view: WrittenView) -> None:
    view.scaled(asked=0, ready=0)

    target = await observed(cluster)

    assert target.scale == Scale(0, 0)
    assert target.obstacle is not None
    assert target.obstacle.reason is Reason.TARGET_OFF


async def test_a_target_that_an_hpa_owns_is_shown_and_not_touched(cluster: Cluster, view: WrittenView) -> None:
    view.all_hpas = (HpaView("shop", "web-hpa", WEB.key),)

    target = await observed(cluster)

    assert target.scale == Scale(3, 3)
    assert target.obstacle is not None
    assert target.obstacle.reason is Reason.TARGET_OWNED_BY_HPA


async def test_the_floor_of_its_hpa_stands_for_the_replicas_of_a_policy_that_moves_it(
    client: KubernetesClient, view: WrittenView, told: Told
) -> None:
    policy = a_policy(actuator="HPAMinReplicas")
    view.all_policies, view.all_hpas = (policy,), (HpaView("shop", "h", WEB.key, min_replicas=2, max_replicas=9),)
    granted = a_cluster(client, view, told, may_raise_floors=True)

    target = await observed(granted, policy)

    assert target == Target(Scale(2, 3, hpa=HpaFloor("h", original=2, max_replicas=9)))


async def test_forgotten_floors_are_given_back_and_what_fails_is_told(
    world: FakeApi, client: KubernetesClient, view: WrittenView, told: Told
) -> None:
    raised = RaisedFloor(original=2, raised=9, policy="gone")
    hpa = HpaView("shop", "h", WEB.key, min_replicas=9, max_replicas=9, annotated=True, raised=raised)
    view.all_hpas = (hpa,)

    without_right = await a_cluster(client, view, told).give_back_floors(())
    problems = await a_cluster(client, view, told, may_raise_floors=True).give_back_floors(())

    assert without_right == ()
    assert ["404" in problem for problem in problems] == [True]
    assert world.seen == ["PATCH /apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/h"]


async def test_pods_are_listed_while_capacity_is_on_its_way_and_once_more(
    world: FakeApi, cluster: Cluster, view: WrittenView
) -> None:
    world.put(f"{PODS}/web-1", a_pod(READY))
    sweeps = []
    for asked, ready in ((3, 3), (5, 3), (5, 5), (5, 5)):
        view.scaled(asked=asked, ready=ready)
        target = await observed(cluster)
        assert target.scale is not None
        sweeps.append(len(target.scale.pods))

    assert sweeps == [0, 1, 1, 0]


async def test_pods_that_cannot_be_listed_hide_no_replicas(
    world: FakeApi, cluster: Cluster, view: WrittenView, told: Told
) -> None:
    view.scaled(asked=5, ready=3)
    world.broken = refusal(401, "who are you")

    assert await observed(cluster) == Target(Scale(5, 3))
    assert "who are you" in str(told.unread[KEY])


async def test_a_target_of_another_kind_is_asked_for_and_its_ready_pods_are_counted(
    world: FakeApi, cluster: Cluster
) -> None:
    world.put(ROLLOUT_SCALE, {"spec": {"replicas": 2}, "status": {"replicas": 2, "selector": "app=web"}})
    world.put(f"{PODS}/web-1", a_pod(READY, name="web-1"))
    world.put(f"{PODS}/web-2", a_pod(NOT_READY, name="web-2"))

    target = await observed(cluster, a_policy(scaleTargetRef=ROLLOUT_REF))

    assert target.scale is not None
    assert (target.scale.spec_replicas, target.scale.ready_replicas) == (2, 1)
    assert [pod.name for pod in target.scale.pods] == ["web-1", "web-2"]


async def test_a_settled_target_of_another_kind_shows_no_pods(world: FakeApi, cluster: Cluster) -> None:
    world.put(ROLLOUT_SCALE, {"spec": {"replicas": 1}, "status": {"replicas": 1, "selector": "app=web"}})
    world.put(f"{PODS}/web-1", a_pod(READY))

    assert await observed(cluster, a_policy(scaleTargetRef=ROLLOUT_REF)) == Target(Scale(1, 1))


@pytest.mark.parametrize(
    ("ref", "status", "reason"),
    [
        pytest.param(ROLLOUT_REF, 404, Reason.TARGET_NOT_FOUND, id="no object of that name"),
        pytest.param(ROLLOUT_REF, 403, Reason.TARGET_KIND_NOT_GRANTED, id="no right on that kind"),
        pytest.param({**ROLLOUT_REF, "kind": "Rolout"}, 500, Reason.TARGET_NOT_FOUND, id="no such kind"),
    ],
)
async def test_a_target_that_cannot_be_had_says_why(
    world: FakeApi, cluster: Cluster, ref: Mapping[str, str], status: int, reason: Reason
) -> None:
    policy = a_policy(scaleTargetRef=ref)
    await observed(cluster, policy)  # the kind is known from here on
    world.broken = refusal(status)

    target = await observed(cluster, policy)

    assert target.scale is None
    assert target.obstacle is not None
    assert target.obstacle.reason is reason
    assert target.obstacle.message.count("Ro") >= 1


async def test_a_server_that_does_not_answer_is_no_reason_to_accuse_the_target(
    world: FakeApi, cluster: Cluster, told: Told
) -> None:
    world.broken = refusal(500)

    assert await observed(cluster, a_policy(scaleTargetRef=ROLLOUT_REF)) == Target(None)
    assert KEY in told.unread


async def test_a_target_whose_api_hangs_holds_up_nobody_else(
    world: FakeApi, api: ApiClient, view: WrittenView, told: Told
) -> None:
    world.silent = True
    client = a_client(api, reads=Patience(timeout_seconds=60, attempts=3))
    hanging = [a_policy(name=f"p{number}", scaleTargetRef=ROLLOUT_REF) for number in range(40)]
    reader = TargetReader(client, view, Discovery(client, lambda: NOON), told.unread.__setitem__, seconds=0.1)

    targets = await reader.read([*hanging, a_policy()])

    assert targets[KEY] == Target(Scale(3, 3))
    assert set(told.unread) == {policy.key for policy in hanging}


async def test_a_patch_is_written_whole(world: FakeApi, cluster: Cluster, told: Told) -> None:
    world.put(POLICY, {})
    world.put(WEB_SCALE, {"spec": {"replicas": 3}})

    await cluster.apply([UP])

    events = [body for path, body in world.objects.items() if "/events/" in path]
    assert world.objects[POLICY]["status"] == dump(FIVE)
    assert world.objects[WEB_SCALE]["spec"]["replicas"] == 5
    assert [event["note"] for event in events] == ["5 replicas needed"]
    assert told.outcomes == [Outcome(UP, (Step.STATUS, Step.SCALE, Step.EVENT))]


async def test_the_intent_stands_in_the_status_before_the_scale_moves(world: FakeApi, cluster: Cluster) -> None:
    world.put(POLICY, {})
    world.put(WEB_SCALE, {"spec": {"replicas": 3}})
    states = []

    def look(_path: str) -> None:
        states.append((world.objects[POLICY].get("status"), world.objects[WEB_SCALE]["spec"]["replicas"]))

    world.after_write = look
    await cluster.apply([UP])

    intent = dump(FIVE)
    assert states == [(intent, 3), (intent, 5), (intent, 5)]


async def test_without_its_status_a_scale_is_not_touched(world: FakeApi, cluster: Cluster, told: Told) -> None:
    world.put(WEB_SCALE, {"spec": {"replicas": 3}})

    await cluster.apply([UP])

    (outcome,) = told.outcomes
    assert world.objects[WEB_SCALE]["spec"]["replicas"] == 3
    assert outcome.written == ()
    assert isinstance(outcome.error, NotFound)


async def test_a_scale_that_did_not_move_posts_no_event(world: FakeApi, cluster: Cluster, told: Told) -> None:
    world.put(POLICY, {})
    world.put(WEB_SCALE, {"spec": {"replicas": 7}})

    await cluster.apply([UP])

    (outcome,) = told.outcomes
    assert not [path for path in world.objects if "/events/" in path]
    assert outcome.written == (Step.STATUS,)
    assert isinstance(outcome.error, Conflict)


async def test_one_patch_that_fails_stops_no_other(world: FakeApi, cluster: Cluster, told: Told) -> None:
    names = [f"p{number}" for number in range(60)]
    patches = [Patch(ObjectKey("shop", name), status=FIVE) for name in names]
    for name in names[1:]:
        world.put(f"/apis/headroom.dev/v1alpha1/namespaces/shop/scalingpolicies/{name}", {})

    await cluster.apply(patches)

    written = [body for body in world.objects.values() if body.get("status") == dump(FIVE)]
    assert len(written) == 59
    assert [outcome.patch.policy.name for outcome in told.outcomes if outcome.error] == ["p0"]


async def test_an_empty_patch_writes_nothing(world: FakeApi, cluster: Cluster, told: Told) -> None:
    await cluster.apply([Patch(KEY)])

    assert (world.seen, told.outcomes) == ([], [])


async def test_an_event_about_a_policy_that_is_gone_is_dropped(
    world: FakeApi, cluster: Cluster, view: WrittenView, told: Told
) -> None:
    view.all_policies = ()

    await cluster.apply([Patch(KEY, event=EventNote("Forecast", "5 replicas needed"))])

    assert [outcome.written for outcome in told.outcomes] == [()]
    assert world.seen == []


async def test_who_does_not_lead_moves_nothing(api: ApiClient, world: FakeApi, view: WrittenView, told: Told) -> None:
    def not_leading() -> None:
        raise ClusterUnavailable("not leading")

    world.put(POLICY, {})
    world.put(WEB_SCALE, {"spec": {"replicas": 3}})
    before = dict(world.objects)

    await a_cluster(a_client(api, before_write=not_leading), view, told).apply([UP])

    assert world.objects == before
    assert [str(outcome.error) for outcome in told.outcomes] == ["not leading"]


async def test_a_patch_repeated_after_a_crash_changes_nothing_twice(world: FakeApi, cluster: Cluster) -> None:
    world.put(POLICY, {})
    world.put(WEB_SCALE, {"spec": {"replicas": 3}})

    await cluster.apply([UP])
    await cluster.apply([UP])

    assert world.objects[WEB_SCALE]["spec"]["replicas"] == 5


async def test_an_error_nobody_expected_is_raised_after_all_others_have_ended() -> None:
    ended = []

    async def act(number: int) -> int:
        if number == 0:
            raise KeyError(number)
        ended.append(number)
        return number

    with pytest.raises(ExceptionGroup, match="1 of 5 calls failed"):
        await in_parallel(range(5), act)

    assert ended == [1, 2, 3, 4]
