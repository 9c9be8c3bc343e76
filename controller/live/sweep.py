"""The sweep: every interval, one cycle over all policies together. The fast rhythm of the live operator."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from controller.api.capacity_outlook import Runway
from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import Batch, Carried, Cluster, SignalKey, Telemetry, run_cycle
from controller.live.mirror import Mirror
from controller.live.probes import Vitals
from controller.live.recording import Recorder
from controller.live.source_status import SourceStatus
from controller.scaling.decision import Decision
from controller.scaling.observation import Freeze, Obstacle
from controller.scaling.publishing.patch import Patch, patch_without_decision
from controller.scaling.reasons import Reason
from controller.scaling.sharing.namespace_quotas import NamespaceQuotas
from controller.telemetry.exporter import Exporter
from controller.telemetry.questions import find_obstacle
from forecasting import FittedForecast
from forecasting.fleet import NotFitted

log = structlog.get_logger()


async def _never_frozen() -> None:
    """Find no freeze: for sweeps without a cluster that has one."""


async def _no_quotas(_now: datetime) -> Mapping[str, NamespaceQuotas]:
    """Know of no quotas: without the right to read them."""
    return {}


async def _nothing_raised(unreadable: Collection[ObjectKey]) -> Sequence[str]:  # noqa: ARG001  a door's shape
    """Give nothing back: for sweeps without HPAs."""
    return ()


@dataclass
class Sweep:
    """One pass over all policies, and what is carried from pass to pass.

    `forecasts` and `unfitted` are filled by the refits, `runways` by the outlooks; `may_act` says whether this process
    leads; `read_freeze` asks for the kill switch, once a sweep, and `read_quotas` for the quotas that policies share;
    `give_back_floors` mends HPAs whose policy is gone.
    """

    mirror: Mirror
    telemetry: Telemetry
    cluster: Cluster
    exporter: Exporter
    may_act: Callable[[], bool]
    recorder: Recorder | None = None
    source_status: SourceStatus | None = None
    read_freeze: Callable[[], Awaitable[Freeze | None]] = _never_frozen
    read_quotas: Callable[[datetime], Awaitable[Mapping[str, NamespaceQuotas]]] = _no_quotas
    give_back_floors: Callable[[Collection[ObjectKey]], Awaitable[Sequence[str]]] = _nothing_raised
    forecasts: dict[SignalKey, FittedForecast] = field(default_factory=dict)
    unfitted: dict[SignalKey, NotFitted] = field(default_factory=dict)
    runways: dict[ObjectKey, Runway] = field(default_factory=dict)
    carried: Carried = field(default_factory=Carried)
    leads: bool = False

    async def run_once(self, now: datetime) -> None:
        """Decide for every policy and write what changed; a standby only forgets, so that it starts from the status."""
        self.exporter.record_leadership(leads=self.may_act())
        if not self.may_act():
            self.carried, self.leads = Carried(), False
            return
        if not self.leads:
            log.info("leading", policies=len(self.mirror.policies()))
            self.leads = True
        askable, obstacles = self._sort_out()
        await self.cluster.apply([*self._refusals(now), *self._obstacles(obstacles, now)])
        freeze = await self.read_freeze()
        is_frozen = freeze is not None and not freeze.is_over(now)
        self.exporter.record_freeze(frozen=is_frozen)
        if not is_frozen:
            await self._give_back_floors()
        batch = Batch(
            askable,
            self.forecasts,
            self.mirror.events(),
            self.carried,
            self.unfitted,
            freeze,
            self.runways,
            await self.read_quotas(now),
        )
        cycle = await run_cycle(batch, self.telemetry, self.cluster, now=now)
        self.carried = cycle.carried
        if self.source_status is not None:
            await self.source_status.write(now)
        self._tell(cycle.decisions, cycle.patches)
        for policy, error in cycle.failures.items():
            log.error("decision failed", policy=str(policy), exc_info=error)

    def memory_of(self, policy: ScalingPolicy) -> Memory:
        """Return what is remembered of a policy: by the last pass, else by its status."""
        return self.carried.memories.get(policy.key, policy.status.memory)

    async def _give_back_floors(self) -> None:
        """Give back what a policy raised that is gone, or does not act through it any more: nobody else will."""
        for problem in await self.give_back_floors([refused.metadata.key for refused in self.mirror.refused()]):
            log.warning("floor not given back", error=problem)

    def _sort_out(self) -> tuple[list[ScalingPolicy], list[tuple[ScalingPolicy, Obstacle]]]:
        """Part the policies whose signals can be asked for from those with an obstacle."""
        askable, obstacles = [], []
        for policy in self.mirror.policies():
            obstacle = find_obstacle(policy, self.mirror.source)
            if obstacle is None:
                askable.append(policy)
            else:
                obstacles.append((policy, obstacle))
        return askable, obstacles

    def _refusals(self, now: datetime) -> list[Patch]:
        return _written(
            patch_without_decision(
                refused.metadata, refused.status, Obstacle(Reason.INVALID_SPEC, refused.message), now=now
            )
            for refused in self.mirror.refused()
        )

    def _obstacles(self, obstacles: list[tuple[ScalingPolicy, Obstacle]], now: datetime) -> list[Patch]:
        return _written(
            patch_without_decision(policy.metadata, policy.status, obstacle, now=now) for policy, obstacle in obstacles
        )

    def _tell(self, decisions: tuple[Decision, ...], patches: tuple[Patch, ...]) -> None:
        changed = {patch.policy for patch in patches}
        for decision in decisions:
            self.exporter.record_decision(decision)
            if decision.policy in changed:
                _log_decision(decision)
        self.exporter.keep_policies({decision.policy for decision in decisions})
        if self.recorder is not None:
            self._record(self.recorder, decisions)

    def _record(self, recorder: Recorder, decisions: tuple[Decision, ...]) -> None:
        try:
            recorder.write(decisions)
        except OSError as error:  # a full disk costs the record, not the sweep
            log.warning("not recorded", decisions=len(decisions), error=str(error))


async def sweep_forever(sweep: Sweep, vitals: Vitals, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Sweep every interval until stopped. A sweep that fails is told and does not end the next.

    The rhythm is the event loop's own: a clock that is set back must not put sweeps off.
    """
    timer = asyncio.get_running_loop().time
    while not stop.is_set():
        started = timer()
        try:
            await sweep.run_once(clock())
        except Exception:
            log.exception("sweep failed")
        else:
            vitals.last_sweep = timer()
            sweep.exporter.record_sweep(timedelta(seconds=vitals.last_sweep - started))
        pause = started + vitals.sweep_interval.total_seconds() - timer()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=max(0.0, pause))


def _written(patches: Iterable[Patch]) -> list[Patch]:
    return [patch for patch in patches if not patch.is_empty]


def _log_decision(decision: Decision) -> None:
    log.info(
        "decided",
        policy=str(decision.policy),
        current_replicas=decision.current_replicas,
        desired_replicas=decision.desired_replicas,
        recommended_replicas=decision.recommended_replicas,
        reason=decision.reason,
        message=decision.message,
        limiters=[limiter.reason for limiter in decision.limiters],
    )
