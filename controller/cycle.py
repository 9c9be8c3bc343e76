"""One cycle: observe, evaluate, apply, for a batch of policies. The live operator and the simulator call this same one.

The two doors it needs are the protocols here. What a decision is lives in scaling/; which policies take part, and
when, is the caller's business.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

from controller.api.capacity_outlook import Runway
from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import DemandWindow, windows_by_policy
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.expectations import Span, has_news, outlook_of
from controller.scaling.guards.rest import switched_off
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.occasions import with_learned_multipliers
from controller.scaling.memory import moved_number, resume
from controller.scaling.observation import Freeze, Grant, Observation, Obstacle, Outlook, Reading, Scale, Target
from controller.scaling.publishing.forecast_above_max import WARNED_AHEAD
from controller.scaling.publishing.patch import Patch, patch_for, patch_without_decision
from controller.scaling.reasons import Reason
from controller.scaling.sharing.namespace_quotas import NamespaceQuotas
from controller.scaling.sharing.pools import grants, shares_budget
from controller.scaling.voices.forecast import LOOK_AHEAD_LEADS
from forecasting import FittedForecast, Series, update_batch
from forecasting.fleet import NotFitted

# Policies decided before whoever shares the event loop gets a turn: some 25 ms, against seconds for a large fleet.
BREATH = 50
DAY = timedelta(days=1)

Readings = Mapping[ObjectKey, Mapping[str, Reading]]


class SignalKey(NamedTuple):
    """One signal of one policy."""

    policy: ObjectKey
    signal: str


class Telemetry(Protocol):
    """Where signals come from."""

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Readings:
        """Return one reading for every signal of every policy; without an answer it is a reading with a problem."""
        ...


class Cluster(Protocol):
    """Where targets are, and where decisions go."""

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        """Return the target of every policy, or what stands in the way."""
        ...

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Write each patch: status, then scale, then event. What fails is the door's to tell, and is tried again."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """What one cycle hands to the next."""

    memories: Mapping[ObjectKey, Memory] = field(default_factory=dict)
    outlooks: Mapping[SignalKey, Outlook] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """The policies of one cycle, with what is known about them before looking.

    `unfitted` says what the last fit of a signal failed of; its forecast, if it has one, is from an earlier fit.
    `quotas` are those of namespaces that may run short.
    """

    policies: Sequence[ScalingPolicy]
    forecasts: Mapping[SignalKey, FittedForecast] = field(default_factory=dict)
    events: Sequence[DemandEvent] = ()
    carried: Carried = Carried()
    unfitted: Mapping[SignalKey, NotFitted] = field(default_factory=dict)
    freeze: Freeze | None = None
    runways: Mapping[ObjectKey, Runway] = field(default_factory=dict)
    quotas: Mapping[str, NamespaceQuotas] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle decided, what it wrote, and what the next one needs.

    `failures` are defects of Headroom's own that kept a policy from being decided; the caller tells them.
    """

    decisions: tuple[Decision, ...]
    patches: tuple[Patch, ...]
    carried: Carried
    failures: Mapping[ObjectKey, Exception] = field(default_factory=dict)


async def run_cycle(batch: Batch, telemetry: Telemetry, cluster: Cluster, *, now: datetime) -> Cycle:
    """Observe every policy of the batch, evaluate each, and apply all that changed."""
    readings = await telemetry.read(batch.policies, now)
    targets = await cluster.observe(batch.policies, now)
    windows = windows_by_policy(batch.events)
    done, sharing = _Outcome(now), defaultdict[str, list[Decision]](list)
    for number, policy in enumerate(batch.policies):
        if number % BREATH == 0:
            if number:
                await asyncio.sleep(0)
            updated = _updated(batch, batch.policies[number : number + BREATH], readings)
            seen = _Seen(batch, now, readings, windows, updated)
        key = policy.key
        target = targets[key]
        if key in batch.carried.memories:  # it stays where nothing can be decided
            done.memories[key] = batch.carried.memories[key]
        if target.scale is None:
            done.patches += _patch_without_scale(policy, target.obstacle, now)
            continue
        decision = done.decide(policy, partial(_decide, policy, target.scale, target.obstacle, seen))
        if decision is not None and (shares_budget(policy) or key.namespace in batch.quotas):
            sharing[key.namespace].append(decision)
        elif decision is not None:
            done.settle(decision)
    await _share_out(sharing, batch.quotas, done)
    written = tuple(patch for patch in done.patches if not patch.is_empty)
    await cluster.apply(written)
    return Cycle(tuple(done.decisions), written, Carried(done.memories, done.outlooks), done.failures)


@dataclass
class _Outcome:
    """What has been decided so far, what is to be written and remembered of it, and who met a defect of ours."""

    now: datetime
    decisions: list[Decision] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    memories: dict[ObjectKey, Memory] = field(default_factory=dict)
    outlooks: dict[SignalKey, Outlook] = field(default_factory=dict)
    failures: dict[ObjectKey, Exception] = field(default_factory=dict)

    def decide(self, policy: ScalingPolicy, make: Callable[[], Decision]) -> Decision | None:
        """Return a decision; None where a defect was met, which must not stop all other policies."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001  whatever it is, it is told on the policy and by the caller
            self._tell(policy, error)
            return None

    def settle(self, decision: Decision) -> None:
        """Take in what is decided for good."""
        try:
            self.patches.append(patch_for(decision))
        except Exception as error:  # noqa: BLE001  the same
            self._tell(decision.observation.policy, error)
            return
        self.decisions.append(decision)
        self.memories[decision.policy] = decision.memory
        looked = decision.observation.outlooks.items()
        self.outlooks.update({SignalKey(decision.policy, name): outlook for name, outlook in looked})

    def _tell(self, policy: ScalingPolicy, error: Exception) -> None:
        self.failures[policy.key] = error
        self.patches += _patch_without_scale(policy, _defect(error), self.now)


async def _share_out(
    sharing: Mapping[str, Sequence[Decision]], quotas: Mapping[str, NamespaceQuotas], done: _Outcome
) -> None:
    """Settle the decisions of policies that share; who gets less than it asks for decides again by that."""
    for namespace, decisions in sharing.items():
        granted = grants(decisions, quotas.get(namespace))
        for number, decision in enumerate(decisions):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            grant = granted.get(decision.policy)
            settled: Decision | None = decision
            if grant is not None:
                settled = done.decide(decision.observation.policy, partial(_decide_again, decision, grant))
            if settled is not None:
                done.settle(settled)


class _Seen(NamedTuple):
    """What the doors and people say now; `updated` are forecasts that took in the newest samples."""

    batch: Batch
    now: datetime
    readings: Readings
    windows: Mapping[ObjectKey, tuple[DemandWindow, ...]]
    updated: Mapping[SignalKey, FittedForecast]


class _Look(NamedTuple):
    """What the doors and people say about one policy now."""

    key: ObjectKey
    policy: ScalingPolicy
    readings: Mapping[str, Reading]
    scale: Scale
    obstacle: Obstacle | None


def _decide(policy: ScalingPolicy, scale: Scale, obstacle: Obstacle | None, seen: _Seen) -> Decision:
    return evaluate(_observe(_Look(policy.key, policy, seen.readings[policy.key], scale, obstacle), seen))


def _decide_again(decision: Decision, grant: Grant) -> Decision:
    return evaluate(replace(decision.observation, memory=decision.remembered, grant=grant))


def _updated(batch: Batch, policies: Sequence[ScalingPolicy], readings: Readings) -> Mapping[SignalKey, FittedForecast]:
    """Return forecasts with the samples that came since their outlooks were made, taken in for many policies at once.

    Where one of them cannot be, none is here: each is left to be taken in alone, so that the others go on.
    """
    recents: dict[SignalKey, Series] = {}
    for policy_key in [policy.key for policy in policies]:
        for name, reading in readings.get(policy_key, {}).items():
            key, recent = SignalKey(policy_key, name), reading.recent
            fitted, known = batch.forecasts.get(key), batch.carried.outlooks.get(key)
            if recent is not None and fitted and has_news(recent, fitted, known):
                recents[key] = recent
    try:
        updated = update_batch([batch.forecasts[key] for key in recents], list(recents.values()))
    except Exception:  # noqa: BLE001  the one that meets a defect tells it when it is taken in alone
        return {}
    return dict(zip(recents, updated, strict=True))


def _observe(look: _Look, seen: _Seen) -> Observation:
    """Join what is seen now with what earlier cycles and fits know."""
    policy, batch, now = look.policy, seen.batch, seen.now
    memory = batch.carried.memories.get(look.key)
    if memory is None:
        memory = resume(policy.status.memory, look.scale.spec_replicas, now)
    soon = now + LOOK_AHEAD_LEADS * lead_time(policy, memory)
    windows = (*seen.windows.get(look.key, ()), *schedule_windows(policy.spec, now, soon))
    keys = {signal.name: SignalKey(look.key, signal.name) for signal in policy.spec.load_signals}
    until = max(soon, now + WARNED_AHEAD)
    day = now + DAY if policy.spec.scale_to_zero else until  # what a night is, only a day can tell
    span = Span(soon, until, day, disturbed=memory.outage is not None)
    outlooks = {name: _outlook(look, key, seen, span) for name, key in keys.items() if key in batch.forecasts}
    return Observation(
        now=now,
        policy=policy,
        readings=look.readings,
        scale=moved_number(policy, look.scale, memory),
        memory=memory,
        outlooks=outlooks,
        unfitted={name: batch.unfitted[key] for name, key in keys.items() if key in batch.unfitted},
        windows=with_learned_multipliers(windows, memory),
        obstacle=_switched_off(look, memory) or look.obstacle,
        freeze=batch.freeze,
        runway=batch.runways.get(look.key),
    )


def _outlook(look: _Look, key: SignalKey, seen: _Seen, span: Span) -> Outlook:
    return outlook_of(
        seen.batch.forecasts[key],
        look.readings[key.signal].recent,
        span,
        level=look.policy.spec.forecast.planning_percentile / 100,
        known=seen.batch.carried.outlooks.get(key),
        updated=seen.updated.get(key),
    )


def _switched_off(look: _Look, memory: Memory) -> Obstacle | None:
    return switched_off(look.policy, look.scale, memory) if look.policy.spec.scale_to_zero else None


def _patch_without_scale(policy: ScalingPolicy, obstacle: Obstacle | None, now: datetime) -> list[Patch]:
    """Return what is written where nothing could be decided; nothing where the target is only unread this time."""
    if obstacle is None:
        return []
    return [patch_without_decision(policy.metadata, policy.status, obstacle, now=now)]


def _defect(error: Exception) -> Obstacle:
    message = f"a defect of Headroom keeps this policy from being decided; please report it: {error!r}"
    return Obstacle(Reason.INTERNAL_ERROR, message)
