from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory, ScalingPolicyStatus
from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.hpas import HpaView
from controller.cluster.targets import TargetKey
from controller.errors import ClusterUnavailable, HeadroomError
from controller.live.mirror import EVENTS, HPAS, POLICIES, SOURCES, Listed, Mirror, Seen, parse_object
from tests.live.raw_objects import metadata, raw_deployment, raw_event, raw_hpa, raw_policy, raw_source

WEB = ObjectKey("shop", "web")
DEPLOYMENT = ScaleTargetRef(name="web")


def mirror_of(*raws: dict[str, Any]) -> Mirror:
    mirror = Mirror(frozenset({("apps", "Deployment")}))
    for raw in raws:
        mirror.show(raw["kind"], *parse_object(raw["kind"], raw))
    return mirror


def listing(*raws: dict[str, Any], unreadable: tuple[ObjectKey, ...] = ()) -> Listed:
    return Listed(dict(parse_object(raw["kind"], raw) for raw in raws), frozenset(unreadable))


def seen(*, version: int, max_replicas: int) -> Seen:
    return parse_object(POLICIES, raw_policy(version=version, maxReplicas=max_replicas))[1]


def max_replicas(mirror: Mirror) -> int | None:
    policy = mirror.policy(WEB)
    return policy.spec.max_replicas if policy else None


# ── What a watch says ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("version", "known"),
    [
        pytest.param(8, 20, id="a newer version wins"),
        pytest.param(7, 20, id="the same version again changes nothing that matters"),
        pytest.param(6, 10, id="an older one that comes late is ignored"),
    ],
)
def test_the_newest_version_of_an_object_is_kept(version: int, known: int) -> None:
    mirror = mirror_of(raw_policy(version=7, maxReplicas=10))

    mirror.show(POLICIES, WEB, seen(version=version, max_replicas=20))

    assert max_replicas(mirror) == known


@pytest.mark.parametrize(
    ("deleted", "known"),
    [
        pytest.param(8, None, id="a deleted object is forgotten"),
        pytest.param(6, 10, id="the deletion of an earlier object of its name is not its own"),
    ],
)
def test_a_deletion_concerns_what_was_there_before_it(deleted: int, known: int | None) -> None:
    mirror = mirror_of(raw_policy(version=7, maxReplicas=10))

    mirror.forget(POLICIES, WEB, deleted)

    assert max_replicas(mirror) == known


def test_forgetting_what_was_never_seen_is_nothing() -> None:
    mirror = Mirror()

    mirror.forget(POLICIES, WEB, 1)

    assert mirror.policies() == ()


# ── What a list says ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_list_brings_what_is_missing_newer_versions_and_drops_what_is_gone() -> None:
    mirror = mirror_of(raw_policy("old", version=3), raw_policy("gone", version=4))
    fresh = listing(raw_policy("old", version=9, maxReplicas=20), raw_policy("new", version=8))

    repaired = mirror.reconcile(POLICIES, fresh, before=mirror.versions(POLICIES))

    assert repaired == 3
    assert mirror.versions(POLICIES) == {ObjectKey("shop", "old"): 9, ObjectKey("shop", "new"): 8}


def test_a_list_that_says_the_same_repairs_nothing() -> None:
    mirror = mirror_of(raw_policy())

    assert mirror.reconcile(POLICIES, listing(raw_policy()), before=mirror.versions(POLICIES)) == 0
    assert mirror.policy(WEB) is not None


def test_what_came_while_the_list_was_on_its_way_stays() -> None:
    mirror = mirror_of()
    before = mirror.versions(POLICIES)
    mirror.show(POLICIES, WEB, seen(version=7, max_replicas=10))

    mirror.reconcile(POLICIES, listing(), before=before)

    assert max_replicas(mirror) == 10


def test_what_was_deleted_while_the_list_was_on_its_way_does_not_come_back() -> None:
    mirror = mirror_of(raw_policy(version=5))
    before, fresh = mirror.versions(POLICIES), listing(raw_policy(version=5))
    mirror.forget(POLICIES, WEB, 6)

    mirror.reconcile(POLICIES, fresh, before=before)

    assert mirror.policies() == ()


def test_what_was_made_again_while_the_list_was_on_its_way_stays() -> None:
    mirror = mirror_of(raw_policy(version=5, maxReplicas=10))
    before = mirror.versions(POLICIES)
    mirror.show(POLICIES, WEB, seen(version=9, max_replicas=20))  # deleted, listed, made again: in this order

    mirror.reconcile(POLICIES, listing(), before=before)

    assert max_replicas(mirror) == 20


def test_what_changed_while_the_list_was_on_its_way_keeps_its_newer_version() -> None:
    mirror = mirror_of(raw_policy(version=5))
    before, fresh = mirror.versions(POLICIES), listing(raw_policy(version=5))
    mirror.show(POLICIES, WEB, seen(version=6, max_replicas=20))

    mirror.reconcile(POLICIES, fresh, before=before)

    assert max_replicas(mirror) == 20


def test_a_listed_object_that_cannot_be_read_stays_as_it_was_last_understood() -> None:
    mirror = mirror_of(raw_event())

    mirror.reconcile(EVENTS, listing(unreadable=(ObjectKey("shop", "launch"),)), before=mirror.versions(EVENTS))

    assert [event.metadata.name for event in mirror.events()] == ["launch"]


def test_one_kind_is_repaired_without_touching_another() -> None:
    mirror = mirror_of(raw_policy(), raw_source())

    mirror.reconcile(POLICIES, listing(), before=mirror.versions(POLICIES))

    assert mirror.policies() == ()
    assert mirror.source("default") is not None


# ── Policies ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_policies_come_in_a_stable_order() -> None:
    mirror = mirror_of(raw_policy("b"), raw_policy("c"), raw_policy("a"))

    assert [policy.metadata.name for policy in mirror.policies()] == ["a", "b", "c"]


def test_a_policy_that_makes_no_sense_is_refused_with_the_field_and_keeps_its_status() -> None:
    status = {"reason": "Forecast", "memory": {"plannedReplicas": 7}}
    mirror = mirror_of(raw_policy(minReplicas=9, maxReplicas=3, status=status))

    (refused,) = mirror.refused()

    assert "minReplicas" in refused.message
    assert refused.metadata.key == WEB
    assert refused.status.memory == Memory(planned_replicas=7)
    assert mirror.policies() == ()
    assert mirror.policy(WEB) is None


def test_a_policy_that_was_mended_is_no_longer_refused() -> None:
    mirror = mirror_of(raw_policy(version=1, minReplicas=9, maxReplicas=3), raw_policy(version=2))

    assert mirror.refused() == ()
    assert mirror.policy(WEB) is not None


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"memory": {"aFieldOfTomorrow": 1}}, id="fields of another version"),
        pytest.param({"desiredReplicas": "many"}, id="a word for a number"),
        pytest.param("fine", id="no object at all"),
    ],
)
def test_a_status_that_makes_no_sense_is_dropped_and_the_spec_kept(status: object) -> None:
    policy = mirror_of(raw_policy(status=status, maxReplicas=10)).policy(WEB)

    assert policy is not None
    assert policy.status == ScalingPolicyStatus()
    assert policy.spec.max_replicas == 10


# ── The other kinds ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_sources_events_and_hpas_are_kept_by_kind() -> None:
    mirror = mirror_of(raw_source(), raw_event(), raw_hpa("scaler"))

    source = mirror.source("default")
    assert source is not None
    assert source.spec.url == "http://127.0.0.1:9090"
    assert mirror.source("other") is None
    assert [event.spec.multiplier_percent for event in mirror.events()] == [300]
    assert mirror.hpas() == (HpaView("shop", "scaler", TargetKey("shop", "apps", "Deployment", "web")),)


def test_a_target_is_found_by_namespace_group_kind_and_name() -> None:
    mirror = mirror_of(raw_deployment(replicas=4))

    found = mirror.target("shop", DEPLOYMENT)

    assert found is not None
    assert found.spec_replicas == 4


@pytest.mark.parametrize(
    ("namespace", "ref"),
    [
        pytest.param("bank", DEPLOYMENT, id="another namespace"),
        pytest.param("shop", ScaleTargetRef(name="api"), id="another name"),
        pytest.param("shop", ScaleTargetRef(kind="StatefulSet", name="web"), id="another kind"),
        pytest.param("shop", ScaleTargetRef(api_version="example.com/v1", name="web"), id="another group"),
    ],
)
def test_a_target_is_not_taken_for_another(namespace: str, ref: ScaleTargetRef) -> None:
    assert mirror_of(raw_deployment()).target(namespace, ref) is None


@pytest.mark.parametrize(
    ("ref", "watched"),
    [
        (DEPLOYMENT, True),
        (ScaleTargetRef(api_version="apps/v1beta2", name="web"), True),
        (ScaleTargetRef(kind="StatefulSet", name="web"), False),
        (ScaleTargetRef(api_version="example.com/v1", name="web"), False),
    ],
    ids=["the kind", "another version of it", "another kind", "another group"],
)
def test_a_kind_is_watched_whatever_version_a_reference_names(ref: ScaleTargetRef, *, watched: bool) -> None:
    assert mirror_of().watches(ref) is watched


# ── What cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(raw_event(end="2026-03-02T12:00:00Z"), "DemandEvent shop/launch", id="an event"),
        pytest.param(raw_source(url="ftp://x"), "MetricsSource default", id="a source"),
        pytest.param(raw_deployment(replicas="three"), "spec.replicas", id="a workload"),
        pytest.param(raw_hpa() | {"spec": {}}, "scaleTargetRef", id="an autoscaler"),
    ],
)
def test_an_object_that_cannot_be_read_is_refused_with_its_name_or_field(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(HeadroomError, match=said):
        parse_object(raw["kind"], raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({}, id="no metadata"),
        pytest.param({"metadata": {"resourceVersion": "7"}}, id="no name"),
        pytest.param({"metadata": metadata() | {"resourceVersion": "x"}}, id="a version that is no number"),
    ],
)
@pytest.mark.parametrize("kind", [POLICIES, EVENTS, SOURCES, HPAS])
def test_an_object_without_an_identity_is_the_servers_fault(kind: str, raw: dict[str, Any]) -> None:
    with pytest.raises(ClusterUnavailable, match=f"a {kind} as the API server sent it makes no sense"):
        parse_object(kind, raw)
