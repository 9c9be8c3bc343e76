"""The targets of a batch of policies: replicas from the watch, pods only while capacity is on its way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory
from controller.api.scaling_policy import Actuator, ScalingPolicy
from controller.cluster.client import KubernetesClient
from controller.cluster.discovery import Discovery
from controller.cluster.hpas import HpaView
from controller.cluster.ownership import find_owner_conflicts
from controller.cluster.parallel import in_parallel
from controller.cluster.pods import list_pods
from controller.cluster.scale import read_scale
from controller.cluster.targets import TargetKey
from controller.cluster.view import ClusterView
from controller.errors import ClusterUnavailable, Forbidden, NotFound
from controller.scaling.guards.rest import switched_off
from controller.scaling.observation import HpaFloor, Obstacle, Pod, Scale, Target
from controller.scaling.reasons import Reason

# Of a sweep's 15 s: an API that a tenant's target hangs on must not hold up everybody else's decision.
READING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """The replicas of one policy's target, with its pods where they were listed on the way."""

    policy: ScalingPolicy
    scale: Scale
    selector: str

    @property
    def in_flight(self) -> bool:
        """True while replicas are asked for that are not Ready."""
        return self.scale.spec_replicas > self.scale.ready_replicas

    def with_pods(self, pods: tuple[Pod, ...]) -> Self:
        """Return the same with these pods."""
        return replace(self, scale=replace(self.scale, pods=pods))

    def without_pods(self) -> Self:
        """Return the same without pods: once all is settled nobody needs them."""
        return self.with_pods(()) if self.scale.pods else self

    def as_target(self, conflict: Obstacle | None, hpa: HpaView | None) -> Target:
        """Return the target with what stands in the way of acting on it, the most basic first.

        Of a policy that moves the floor of an HPA, that floor stands for the replicas.
        """
        obstacle = _switched_off(self) or conflict
        if hpa is None or self.policy.spec.actuator is not Actuator.HPA_MIN_REPLICAS:
            return Target(self.scale, obstacle)
        floor = HpaFloor(hpa.name, hpa.original_floor, hpa.max_replicas)
        moved = replace(self.scale, spec_replicas=hpa.min_replicas, written=hpa.written, hpa=floor)
        return Target(moved, obstacle)


class TargetReader:
    """Reads targets for the sweep. Remembers only whose capacity was on its way in the last one.

    `on_unread` is told of targets and pods that could not be read within `seconds`; a target then has neither scale
    nor obstacle, and is left alone until the next sweep.
    """

    def __init__(
        self,
        client: KubernetesClient,
        view: ClusterView,
        discovery: Discovery,
        on_unread: Callable[[ObjectKey, ClusterUnavailable], None],
        *,
        seconds: float = READING_SECONDS,
        may_raise_floors: bool = False,
    ) -> None:
        self._client = client
        self._view = view
        self._discovery = discovery
        self._on_unread = on_unread
        self._seconds = seconds
        self._may_raise_floors = may_raise_floors
        self._in_flight: frozenset[ObjectKey] = frozenset()

    async def read(self, policies: Sequence[ScalingPolicy]) -> dict[ObjectKey, Target]:
        """Return the target of each policy of a whole sweep, or the obstacle that hides it."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        hpas = tuple(self._view.hpas())
        floors = {hpa.target: hpa for hpa in hpas}
        conflicts = find_owner_conflicts(self._view.policies(), hpas, may_raise_floors=self._may_raise_floors)
        watched = [policy for policy in policies if self._view.watches(policy.spec.scale_target_ref)]
        unwatched = [policy for policy in policies if not self._view.watches(policy.spec.scale_target_ref)]
        targets: dict[ObjectKey, Target] = {}
        found: list[Found] = []
        results = [*map(self._look_up, watched), *await in_parallel(unwatched, partial(self._ask, deadline))]
        for policy, result in zip([*watched, *unwatched], results, strict=True):
            if isinstance(result, Found):
                found.append(result)
            else:
                targets[policy.key] = result
        for each in await self._with_pods(found, deadline):
            target = TargetKey.of(each.policy.key.namespace, each.policy.spec.scale_target_ref)
            targets[each.policy.key] = each.as_target(conflicts.get(each.policy.key), floors.get(target))
        return targets

    def _look_up(self, policy: ScalingPolicy) -> Found | Target:
        ref = policy.spec.scale_target_ref
        view = self._view.target(policy.key.namespace, ref)
        if view is None:
            message = f"there is no {ref.kind} {ref.name} in namespace {policy.key.namespace}"
            return _hidden(Reason.TARGET_NOT_FOUND, message)
        scale = Scale(
            view.spec_replicas,
            view.ready_replicas,
            rolling_out=view.rolling_out,
            revision=view.revision,
            written=view.written,
        )
        return Found(policy, scale, view.selector)

    async def _ask(self, deadline: float, policy: ScalingPolicy) -> Found | Target:
        ref = policy.spec.scale_target_ref
        try:
            async with _answered_by(deadline):
                return await self._read_scale(policy)
        except NotFound as error:
            return _hidden(Reason.TARGET_NOT_FOUND, f"{ref.kind} {ref.name}: {error}")
        except Forbidden as error:
            message = f"the operator may not scale a {ref.kind}; add it to the chart's scaleTargets: {error}"
            return _hidden(Reason.TARGET_KIND_NOT_GRANTED, message)
        except ClusterUnavailable as error:
            self._on_unread(policy.key, error)
            return Target(None)

    async def _read_scale(self, policy: ScalingPolicy) -> Found:
        """Read `/scale`, and count Ready pods: a Scale only says how many exist."""
        ref, namespace = policy.spec.scale_target_ref, policy.key.namespace
        resource = await self._discovery.resource_of(ref)
        scale = await read_scale(self._client, resource.at(namespace, ref.name, subresource="scale"))
        selector = scale.status.selector
        pods = await list_pods(self._client, namespace, selector)
        ready = sum(pod.ready_at is not None for pod in pods) if selector else scale.status.replicas
        return Found(policy, Scale(scale.spec.replicas, ready, pods), selector)

    async def _with_pods(self, found: Sequence[Found], deadline: float) -> list[Found]:
        """Add pods where capacity is on its way, and once more after it arrived: the last Ready times are news then."""
        in_flight = frozenset(each.policy.key for each in found if each.in_flight)
        wanted = in_flight | self._in_flight
        self._in_flight = in_flight
        settled = [each.without_pods() for each in found if each.policy.key not in wanted]
        moving = [each for each in found if each.policy.key in wanted]
        return settled + await in_parallel(moving, partial(self._list_pods, deadline))

    async def _list_pods(self, deadline: float, found: Found) -> Found:
        if found.scale.pods:
            return found
        try:
            async with _answered_by(deadline):
                return found.with_pods(await list_pods(self._client, found.policy.key.namespace, found.selector))
        except ClusterUnavailable as error:
            self._on_unread(found.policy.key, error)
            return found  # its replicas are known all the same


@asynccontextmanager
async def _answered_by(deadline: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError as error:
        raise ClusterUnavailable("the API server did not answer within this sweep's time for reading") from error


def _hidden(reason: Reason, message: str) -> Target:
    return Target(None, Obstacle(reason, message))


def _switched_off(found: Found) -> Obstacle | None:
    """As with HPA: somebody set 0 by hand, and 0 stays. Whether it was us is for the cycle to say, which remembers."""
    return None if found.policy.spec.scale_to_zero else switched_off(found.policy, found.scale, Memory())
