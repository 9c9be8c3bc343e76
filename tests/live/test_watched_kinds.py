import pytest

from controller.live.watching import WatchedKind, watched_targets
from controller.settings import DEFAULT_SCALE_TARGETS, ScaleTargetKind

ROLLOUT = ScaleTargetKind(api_version="argoproj.io/v1alpha1", kind="Rollout", resource="rollouts")
CONTROLLER = ScaleTargetKind(api_version="v1", kind="ReplicationController", resource="replicationcontrollers")


def test_deployments_and_stateful_sets_are_watched() -> None:
    assert [kind.plural for kind in watched_targets(DEFAULT_SCALE_TARGETS)] == ["deployments", "statefulsets"]


@pytest.mark.parametrize("kind", [ROLLOUT, CONTROLLER], ids=lambda kind: kind.kind)
def test_a_kind_whose_fields_we_do_not_know_is_read_through_its_scale_instead(kind: ScaleTargetKind) -> None:
    assert watched_targets([kind]) == ()


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [
        (WatchedKind("apps", "v1", "deployments", "Deployment"), "apps/v1"),
        (WatchedKind("", "v1", "pods", "Pod"), "v1"),
    ],
    ids=["a group", "the core group"],
)
def test_a_watched_kind_names_its_api_version(kind: WatchedKind, api_version: str) -> None:
    assert kind.api_version == api_version
