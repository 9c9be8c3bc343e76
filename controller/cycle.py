"""One cycle: observe, evaluate, apply, for a batch of policies. The live operator and the simulator call this same one.

The two doors it needs are the protocols here. What a decision is lives in scaling/; which policies take part, and
when, is the caller's business.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Memory, ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.lead_time import lead_time
from controller.scaling.memory import resume
from controller.scaling.observation import Observation, Outlook, Reading, Target
from controller.scaling.patch import Patch, patch_for, patch_without_decision
from controller.scaling.plan import LOOK_AHEAD_LEADS
from forecasting import FittedForecast

MEDIAN = 0.5
# Looked further ahead than needed, so that an outlook without newer samples is not made anew with every sweep.
MARGIN = timedelta(minutes=30)

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
    """The policies of one cycle, with what is known about them before looking."""

    policies: Sequence[ScalingPolicy]
    forecasts: Mapping[SignalKey, FittedForecast] = field(default_factory=dict)
    events: Sequence[DemandEvent] = ()
    carried: Carried = Carried()


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle decided, what it wrote, and what the next one needs."""

    decisions: tuple[Decision, ...]
    patches: tuple[Patch, ...]
    carried: Carried


async def run_cycle(batch: Batch, telemetry: Telemetry, cluster: Cluster, *, now: datetime) -> Cycle:
    """Observe every policy of the batch, evaluate each, and apply all that changed."""
    readings = await telemetry.read(batch.policies, now)
    targets = await cluster.observe(batch.policies, now)
    outlooks = _look_ahead(batch, readings, now)
    decisions, patches = [], []
    for observation in _observations(batch, readings, targets, outlooks=outlooks, now=now):
        decisions.append(evaluate(observation))
        patches.append(patch_for(decisions[-1]))
    patches += _patches_without_target(batch, targets, now)
    written = tuple(patch for patch in patches if not patch.is_empty)
    await cluster.apply(written)
    memories = {**batch.carried.memories, **{decision.policy: decision.memory for decision in decisions}}
    kept = {policy.key: memories[policy.key] for policy in batch.policies if policy.key in memories}
    return Cycle(tuple(decisions), written, Carried(kept, outlooks))


def _observations(
    batch: Batch,
    readings: Readings,
    targets: Mapping[ObjectKey, Target],
    *,
    outlooks: Mapping[SignalKey, Outlook],
    now: datetime,
) -> Iterator[Observation]:
    """Gather what each decision may know; a target without a scale leaves nothing to decide."""
    events = _events_by_policy(batch.events)
    for policy in batch.policies:
        scale = targets[policy.key].scale
        if scale is None:
            continue
        memory = batch.carried.memories.get(policy.key)
        keys = (SignalKey(policy.key, signal.name) for signal in policy.spec.load_signals)
        yield Observation(
            now=now,
            policy=policy,
            readings=readings[policy.key],
            scale=scale,
            memory=resume(policy.status.memory, scale.spec_replicas, now) if memory is None else memory,
            outlooks={key.signal: outlooks[key] for key in keys if key in outlooks},
            events=events.get(policy.key, ()),
            obstacle=targets[policy.key].obstacle,
        )


def _patches_without_target(batch: Batch, targets: Mapping[ObjectKey, Target], now: datetime) -> list[Patch]:
    obstacles = ((policy, targets[policy.key]) for policy in batch.policies)
    return [
        patch_without_decision(policy.metadata, policy.status, target.obstacle, now=now)
        for policy, target in obstacles
        if target.scale is None and target.obstacle is not None
    ]


def _events_by_policy(events: Sequence[DemandEvent]) -> Mapping[ObjectKey, tuple[DemandEvent, ...]]:
    """Return the events of each policy; an event concerns policies of its own namespace only."""
    grouped: dict[ObjectKey, tuple[DemandEvent, ...]] = defaultdict(tuple)
    for event in events:
        for name in event.spec.policies:
            grouped[ObjectKey(event.metadata.namespace, name)] += (event,)
    return grouped


def _look_ahead(batch: Batch, readings: Readings, now: datetime) -> dict[SignalKey, Outlook]:
    """Return the outlook of every load signal that has a forecast, made anew only where there is a newer sample."""
    outlooks = {}
    for policy in batch.policies:
        memory = batch.carried.memories.get(policy.key, policy.status.memory)
        horizon = LOOK_AHEAD_LEADS * lead_time(policy, memory)
        for signal in policy.spec.load_signals:
            key = SignalKey(policy.key, signal.name)
            if key in batch.forecasts:
                known, reading = batch.carried.outlooks.get(key), readings[policy.key][signal.name]
                level = policy.spec.forecast.planning_percentile / 100
                outlooks[key] = _outlook(batch.forecasts[key], reading, known, until=now + horizon, level=level)
    return outlooks


def _outlook(
    fitted: FittedForecast, reading: Reading, known: Outlook | None, *, until: datetime, level: float
) -> Outlook:
    as_of = fitted.origin if reading.recent is None else reading.recent.end
    if known and (known.fitted, known.as_of, known.level) == (fitted, as_of, level) and known.planned.end > until:
        return known
    updated = fitted if reading.recent is None else fitted.update(reading.recent)
    horizon = max(until - updated.origin, timedelta(0)) + MARGIN
    forecast = updated.forecast(horizon, levels=(MEDIAN, level))
    return Outlook(as_of, level, forecast.quantile(MEDIAN), forecast.quantile(level), fitted)
