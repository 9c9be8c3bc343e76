"""What tenants may make Headroom do, on a real API server with real identities and the chart's own admission rules.

Both tenants may write anything of headroom.dev in their namespace. The owner may also patch the /scale of Deployment
`web`; the guest may patch no /scale at all.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from testbed.clock import wait_until
from testbed.cluster import ADMIN, Cluster
from testbed.errors import CommandFailed
from tests.api.bad_policies import a_document
from tests.chart.rendering import render
from tests.cluster.conftest import Grant

OWNER, GUEST = "owner", "guest"
NEEDS_OWN_RIGHT = "an Active policy for Deployment web needs your own right to patch its /scale"
EVENT_NEEDS_OWN_RIGHT = "a DemandEvent for policy web needs your own right to patch the /scale of Deployment web"
ENFORCED_DEADLINE = timedelta(seconds=30)  # the API server reads its admission policies and their params by a watch
ANYTHING_OF_OURS = {"apiGroups": ["headroom.dev"], "resources": ["*"], "verbs": ["*"]}
SCALE_WEB = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["web"], "verbs": ["patch"]}

PATCH_HPAS = {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["patch"]}
FLOOR_NEEDS_OWN_RIGHT = "needs your own right to patch HorizontalPodAutoscalers"


class Tenancy:
    """A namespace and what the two tenants do in it."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def policy(self, identity: str, *options: str, name: str = "web", **spec: object) -> None:
        """Apply a policy called `name` on Deployment `web`, changed by `spec`."""
        self._apply(identity, a_document("ScalingPolicy", **spec), name, options)

    def event(self, identity: str, *options: str, **spec: object) -> None:
        """Apply a DemandEvent for policy `web`, changed by `spec`."""
        self._apply(identity, a_document("DemandEvent", **spec), "launch", options)

    def patch(self, identity: str, resource: str, patch: dict[str, Any], *options: str) -> None:
        """Merge a patch into a policy or an event."""
        text = json.dumps(patch)
        self._kubectl(identity, "patch", resource, "--type=merge", f"--patch={text}", *options)

    def delete(self, identity: str, resource: str) -> None:
        """Delete a policy or an event."""
        self._kubectl(identity, "delete", resource)

    def spec(self, resource: str) -> dict[str, Any]:
        """Return what is stored."""
        spec: dict[str, Any] = self.cluster.get(resource, f"--namespace={self.namespace}")["spec"]
        return spec

    def refuses_event(self, identity: str, *, policies: list[str]) -> bool:
        """Return whether an event for these policies would be refused now."""
        try:
            self.event(identity, "--dry-run=server", policies=policies)
        except CommandFailed:
            return True
        return False

    def wait_until_refused(self, identity: str, *, policies: list[str]) -> None:
        """Wait until the API server's watch of policies has brought it all that these are about."""
        assert wait_until(lambda: self.refuses_event(identity, policies=policies), ENFORCED_DEADLINE)

    def _apply(self, identity: str, document: dict[str, Any], name: str, options: tuple[str, ...]) -> None:
        document["metadata"] = {"name": name, "namespace": self.namespace}
        text = json.dumps(document)
        self.cluster.kubectl("apply", "--server-side", "--filename=-", *options, identity=identity, stdin=text)

    def _kubectl(self, identity: str, *arguments: str) -> None:
        self.cluster.kubectl(*arguments, f"--namespace={self.namespace}", identity=identity)


@pytest.fixture(scope="module")
def admission(cluster: Cluster) -> Iterator[None]:
    """The chart's admission rules, for this module."""
    rules = [item for item in render("hpaMinReplicas=true") if item["kind"].startswith("ValidatingAdmissionPolicy")]
    cluster.apply(rules)
    yield
    cluster.kubectl("delete", *(f"{item['kind'].lower()}/{item['metadata']['name']}" for item in rules))


@pytest.fixture
def tenancy(cluster: Cluster, admission: None, namespace: str, grant: Grant) -> Tenancy:
    """A namespace with the owner and the guest, in which the admission rules are enforced."""
    grant(OWNER, [ANYTHING_OF_OURS, SCALE_WEB], namespace=namespace)
    grant(GUEST, [ANYTHING_OF_OURS], namespace=namespace)
    tenants = Tenancy(cluster, namespace)

    def enforced() -> bool:
        try:
            tenants.policy(GUEST, "--dry-run=server", mode="Active")
        except CommandFailed as refusal:
            return NEEDS_OWN_RIGHT in str(refusal)
        return False

    assert wait_until(enforced, ENFORCED_DEADLINE)
    return tenants


@pytest.fixture
def active(tenancy: Tenancy) -> Tenancy:
    """The same with an Active policy `web` of the owner's, known to the rule about events."""
    tenancy.policy(OWNER, mode="Active")
    tenancy.wait_until_refused(GUEST, policies=["web"])
    return tenancy


def test_only_who_may_patch_the_targets_scale_can_create_an_active_policy(tenancy: Tenancy) -> None:
    with pytest.raises(CommandFailed, match=NEEDS_OWN_RIGHT):
        tenancy.policy(GUEST, mode="Active")

    tenancy.policy(OWNER, mode="Active")

    assert tenancy.spec("spol/web")["mode"] == "Active"


def test_anybody_may_ask_for_recommendations_but_not_turn_them_into_actions(tenancy: Tenancy) -> None:
    tenancy.policy(GUEST, mode="Recommend")

    with pytest.raises(CommandFailed, match=NEEDS_OWN_RIGHT):
        tenancy.patch(GUEST, "spol/web", {"spec": {"mode": "Active"}})

    assert tenancy.spec("spol/web")["mode"] == "Recommend"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pin": {"replicas": 9, "until": "2030-01-01T00:00:00Z"}}, id="a pin"),
        pytest.param({"maxReplicas": 1000}, id="a bound"),
        pytest.param({"forecast": {"planningPercentile": 99}}, id="how it is forecast"),
        pytest.param({"signals": [{"name": "depth", "preset": "queue-depth"}]}, id="what is measured"),
    ],
)
def test_a_guest_cannot_change_what_an_active_policy_does(active: Tenancy, change: dict[str, Any]) -> None:
    before = active.spec("spol/web")

    with pytest.raises(CommandFailed, match=NEEDS_OWN_RIGHT):
        active.patch(GUEST, "spol/web", {"spec": change})

    assert active.spec("spol/web") == before


def test_the_right_on_one_target_is_no_right_on_another(active: Tenancy) -> None:
    with pytest.raises(CommandFailed, match="an Active policy for Deployment billing needs your own right"):
        active.patch(OWNER, "spol/web", {"spec": {"scaleTargetRef": {"name": "billing"}}})

    assert active.spec("spol/web")["scaleTargetRef"]["name"] == "web"


def test_a_kind_that_headroom_was_not_granted_cannot_be_active_and_may_be_recommended(tenancy: Tenancy) -> None:
    target = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}

    with pytest.raises(
        CommandFailed, match=r"Headroom may not scale argoproj\.io/v1alpha1/Rollout: use mode Recommend"
    ):
        tenancy.policy(OWNER, mode="Active", scaleTargetRef=target)
    tenancy.policy(GUEST, scaleTargetRef=target)

    assert tenancy.spec("spol/web")["scaleTargetRef"] == target


@pytest.mark.parametrize("mode", ["Active", "Recommend"])
def test_a_guest_cannot_plant_what_decisions_remember(tenancy: Tenancy, mode: str) -> None:
    tenancy.policy(OWNER, mode=mode)
    planted = {"status": {"memory": {"plannedReplicas": 20}}}

    with pytest.raises(CommandFailed, match="needs your own right to patch its /scale"):
        tenancy.patch(GUEST, "spol/web", planted, "--subresource=status")

    tenancy.patch(OWNER, "spol/web", planted, "--subresource=status")


def test_metadata_moves_nothing_and_is_let_through(active: Tenancy) -> None:
    active.event(OWNER)

    active.patch(GUEST, "spol/web", {"metadata": {"labels": {"team": "guests"}}})
    active.patch(GUEST, "de/launch", {"metadata": {"labels": {"team": "guests"}}})

    labelled = active.cluster.get("spol,de", "--selector=team=guests", f"--namespace={active.namespace}")
    assert len(labelled["items"]) == 2


def test_taking_a_wish_away_is_left_to_rbac(active: Tenancy) -> None:
    active.event(OWNER)

    active.delete(GUEST, "de/launch")
    active.patch(GUEST, "spol/web", {"spec": {"mode": "Recommend"}})
    active.delete(GUEST, "spol/web")

    assert active.cluster.get("spol,de", f"--namespace={active.namespace}")["items"] == []


def test_a_guest_cannot_move_an_active_policy_by_an_event(active: Tenancy) -> None:
    with pytest.raises(CommandFailed, match=EVENT_NEEDS_OWN_RIGHT):
        active.event(GUEST)

    active.event(OWNER)

    assert active.spec("de/launch")["policies"] == ["web"]


def test_a_guest_cannot_enlarge_somebody_elses_event(active: Tenancy) -> None:
    active.event(OWNER)

    with pytest.raises(CommandFailed, match=EVENT_NEEDS_OWN_RIGHT):
        active.patch(GUEST, "de/launch", {"spec": {"multiplierPercent": 10_000}})

    assert active.spec("de/launch")["multiplierPercent"] == 300


def test_a_guest_cannot_plant_an_event_while_the_policy_only_recommends(tenancy: Tenancy) -> None:
    tenancy.policy(OWNER, mode="Recommend")
    tenancy.wait_until_refused(GUEST, policies=["web"])

    with pytest.raises(CommandFailed, match=EVENT_NEEDS_OWN_RIGHT):
        tenancy.event(GUEST)


def test_an_event_for_several_policies_needs_the_right_on_every_target(active: Tenancy) -> None:
    billing = {"kind": "Deployment", "name": "billing"}
    active.policy(GUEST, name="billing", scaleTargetRef=billing)
    active.wait_until_refused(OWNER, policies=["billing"])
    active.event(OWNER, policies=["web"])

    with pytest.raises(CommandFailed, match="a DemandEvent for policy billing needs your own right"):
        active.patch(OWNER, "de/launch", {"spec": {"policies": ["web", "billing"]}})


def test_the_policies_of_another_namespace_do_not_matter(active: Tenancy, grant: Grant) -> None:
    elsewhere = Tenancy(active.cluster, "default")

    grant(GUEST, [ANYTHING_OF_OURS], namespace=elsewhere.namespace)

    assert wait_until(lambda: not elsewhere.refuses_event(GUEST, policies=["web"]), ENFORCED_DEADLINE)
    assert active.refuses_event(GUEST, policies=["web"])


def test_a_namespace_with_policies_and_events_can_still_be_deleted(tenancy: Tenancy) -> None:
    doomed = Tenancy(tenancy.cluster, f"{tenancy.namespace}-doomed")
    doomed.cluster.kubectl("create", "namespace", doomed.namespace)
    doomed.policy(ADMIN, mode="Active")
    doomed.event(ADMIN)

    doomed.cluster.kubectl("delete", "namespace", doomed.namespace, "--wait", "--timeout=60s")

    assert doomed.namespace not in tenancy.cluster.kubectl("get", "namespaces", "--output=name")


def test_who_raises_the_floor_of_hpas_must_be_allowed_to_patch_them_himself(tenancy: Tenancy, grant: Grant) -> None:
    with pytest.raises(CommandFailed, match=FLOOR_NEEDS_OWN_RIGHT):
        tenancy.policy(OWNER, mode="Active", actuator="HPAMinReplicas")

    grant(OWNER, [ANYTHING_OF_OURS, PATCH_HPAS], namespace=tenancy.namespace)
    tenancy.policy(OWNER, mode="Active", actuator="HPAMinReplicas")

    assert tenancy.spec("spol/web")["actuator"] == "HPAMinReplicas"


def test_the_right_on_hpas_is_no_right_to_scale_the_target_itself(tenancy: Tenancy, grant: Grant) -> None:
    grant(GUEST, [ANYTHING_OF_OURS, PATCH_HPAS], namespace=tenancy.namespace)
    tenancy.policy(GUEST, mode="Active", actuator="HPAMinReplicas")

    with pytest.raises(CommandFailed, match=NEEDS_OWN_RIGHT):
        tenancy.patch(GUEST, "spol/web", {"spec": {"actuator": "Scale"}})
    with pytest.raises(CommandFailed, match="needs your own right to patch its /scale"):
        tenancy.patch(GUEST, "spol/web", {"status": {"memory": {"plannedReplicas": 20}}}, "--subresource=status")


def test_an_event_that_would_raise_a_floor_needs_the_right_on_hpas(tenancy: Tenancy) -> None:
    tenancy.policy(ADMIN, mode="Active", actuator="HPAMinReplicas")
    tenancy.wait_until_refused(OWNER, policies=["web"])

    with pytest.raises(CommandFailed, match=FLOOR_NEEDS_OWN_RIGHT):
        tenancy.event(OWNER)
