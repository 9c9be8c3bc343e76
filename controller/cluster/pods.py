"""Pods of a target, slim: when each was created, when it became Ready, whether it found a node."""

from collections.abc import Mapping
from typing import Any

from controller.api.fields import Timestamp
from controller.api.metadata import ObjectMeta
from controller.cluster.address import PODS
from controller.cluster.client import KubernetesClient
from controller.cluster.wire import Wire, parse
from controller.scaling.observation import Pod

FINISHED = frozenset({"Succeeded", "Failed"})


class PodCondition(Wire):
    """One condition of a pod."""

    type: str
    status: str
    reason: str | None = None
    last_transition_time: Timestamp | None = None


class PodStatus(Wire):
    """The status of a pod; a fresh one has no conditions yet."""

    phase: str = ""
    conditions: tuple[PodCondition, ...] | None = None

    def condition(self, kind: str) -> PodCondition | None:
        """Return the condition of this type, if there is one."""
        return next((found for found in self.conditions or () if found.type == kind), None)


class PodMeta(ObjectMeta):
    """The metadata of a pod that the API server stored."""

    creation_timestamp: Timestamp


class PodObject(Wire):
    """A pod as the API server sends it."""

    metadata: PodMeta
    status: PodStatus = PodStatus()

    @property
    def counts(self) -> bool:
        """False once the pod is finished or being deleted: it serves nothing, and is replaced."""
        return self.metadata.deletion_timestamp is None and self.status.phase not in FINISHED


def project_pod(raw: Mapping[str, Any]) -> Pod | None:
    """Return the slim pod; None for one that is finished or being deleted."""
    pod = parse(PodObject, raw, "a pod")
    if not pod.counts:
        return None
    ready = pod.status.condition("Ready")
    scheduled = pod.status.condition("PodScheduled")
    return Pod(
        name=pod.metadata.name,
        created_at=pod.metadata.creation_timestamp,
        ready_at=ready.last_transition_time if ready and ready.status == "True" else None,
        unschedulable=scheduled is not None and scheduled.status == "False" and scheduled.reason == "Unschedulable",
    )


async def list_pods(client: KubernetesClient, namespace: str, selector: str) -> tuple[Pod, ...]:
    """Return the target's pods, oldest first. An empty selector would mean the whole namespace, and finds none."""
    if not selector:
        return ()
    raw = await client.list_objects(PODS.at(namespace), label_selector=selector)
    pods = [pod for pod in map(project_pod, raw) if pod is not None]
    return tuple(sorted(pods, key=lambda pod: (pod.created_at, pod.name)))
