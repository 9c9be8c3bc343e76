"""kopf against the real API server: what it shows the mirror, and that it leaves no trace on any object."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.cluster.connection import connect
from controller.live.mirror import Mirror
from controller.live.watching import OUR_KINDS, Watcher, watched_targets
from controller.settings import DEFAULT_SCALE_TARGETS
from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.proxy import Proxy
from tests.cluster.conftest import StartProxy
from tests.cluster.scene import REQUESTS, SOON, Scene

KINDS = (*OUR_KINDS, *watched_targets(DEFAULT_SCALE_TARGETS))
HELD_BACK = timedelta(seconds=0.5)


@pytest.fixture
def proxy(cluster: Cluster, start_proxy: StartProxy) -> Proxy:
    """Everything the watches ask goes through here."""
    return start_proxy(cluster.server, ca_file=cluster.ca_file)


@pytest.fixture
async def mirror(
    cluster: Cluster, operator_identity: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Mirror]:
    """A mirror that is watched for, under the chart's rights; the environment names a cluster that is not there."""
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")
    mirror = Mirror(frozenset({("apps", "Deployment"), ("apps", "StatefulSet")}))
    async with connect(cluster.kubeconfig(operator_identity, server=proxy.url)) as api:
        watcher = Watcher(KINDS, mirror, connection=api.configuration, loop=asyncio.get_running_loop())
        watcher.start()
        yield mirror
        await watcher.stop()
        assert not watcher.failed.is_set()


async def shows(condition: Callable[[], object]) -> bool:
    """Tell whether the mirror comes to show something; the watches go on meanwhile."""
    return await asyncio.to_thread(wait_until, lambda: bool(condition()), SOON)


def traces(scene: Scene) -> list[Any]:
    """Return what a framework may leave on objects: finalizers and annotations."""
    items = scene.cluster.get("spol,msrc,deployments", f"--namespace={scene.namespace}")["items"]
    own = [item for item in items if item["metadata"]["name"] in ("web", scene.namespace)]
    assert len(own) == 3
    kept = {"deployment.kubernetes.io/revision"}  # the deployment controller's own
    found = [(item["metadata"].get("finalizers"), {*item["metadata"].get("annotations", {})} - kept) for item in own]
    return [trace for trace in found if any(trace)]


async def test_objects_come_change_and_go_and_nothing_is_written(scene: Scene, proxy: Proxy, mirror: Mirror) -> None:
    key = ObjectKey(scene.namespace, "web")
    await asyncio.to_thread(scene.deployment, replicas=1)
    await asyncio.to_thread(scene.source, "http://127.0.0.1:9")
    await asyncio.to_thread(scene.policy, REQUESTS)

    assert await shows(lambda: mirror.policy(key) and mirror.source(scene.namespace))
    policy = mirror.policy(key)
    assert policy is not None
    ref = policy.spec.scale_target_ref
    assert await shows(lambda: (view := mirror.target(scene.namespace, ref)) and view.ready_replicas == 1)

    await asyncio.to_thread(scene.policy, REQUESTS, maxReplicas=7)
    assert await shows(lambda: (known := mirror.policy(key)) and known.spec.max_replicas == 7)
    assert await asyncio.to_thread(traces, scene) == []

    for what in ("spol/web", "deployment/web"):
        await asyncio.to_thread(scene.cluster.kubectl, "delete", what, f"--namespace={scene.namespace}")
    assert await shows(lambda: mirror.policy(key) is None and mirror.target(scene.namespace, ref) is None)
    assert proxy.writes() == ()


async def test_a_policy_that_is_deleted_and_made_again_at_once_is_shown(scene: Scene, mirror: Mirror) -> None:
    key = ObjectKey(scene.namespace, "web")
    for number in range(1, 6):
        await asyncio.to_thread(scene.policy, REQUESTS, maxReplicas=10 + number)
        await asyncio.to_thread(scene.cluster.kubectl, "delete", "spol/web", f"--namespace={scene.namespace}")

    await asyncio.to_thread(scene.policy, REQUESTS, maxReplicas=99)

    assert await shows(lambda: (known := mirror.policy(key)) and known.spec.max_replicas == 99)
    # kopf holds events back for a tenth of a second: a late deletion of an earlier one would come now.
    assert not await asyncio.to_thread(wait_until, lambda: mirror.policy(key) is None, HELD_BACK)
