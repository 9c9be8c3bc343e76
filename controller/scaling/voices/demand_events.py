"""Demand events: dated launches and holidays. What they ask for is all there when they start."""

import math
from datetime import datetime

from controller.api.demand_event import DemandEvent
from controller.api.signals import Signal
from controller.scaling.capacity import replicas_for
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import peak
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def event_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Return what each event asks for that is on or due within the lead time; the largest wins, as everywhere."""
    lead = lead_time(observation.policy, observation.memory)
    candidates = []
    for event in observation.events:
        share = share_of_event(event, observation.now + lead) if observation.now < event.spec.end else 0.0
        if share > 0:
            candidates.append(_candidate(event, share, observation))
    return tuple(candidates)


def share_of_event(event: DemandEvent, ready_by: datetime) -> float:
    """Return how much of the event capacity must cover that is Ready at `ready_by`: rises from 0 to 1 over the ramp.

    It does not fall again: that an event is over is known by the clock, not by capacity that would be Ready after it.
    """
    until_start = event.spec.start - ready_by
    if until_start.total_seconds() <= 0:
        return 1.0
    if until_start >= event.spec.ramp_in:
        return 0.0
    return 1 - until_start / event.spec.ramp_in


def _candidate(event: DemandEvent, share: float, observation: Observation) -> Candidate:
    spec = event.spec
    floor = math.ceil((spec.min_replicas or 0) * share)
    factor = 1 + ((spec.multiplier_percent or 100) / 100 - 1) * share
    if factor > 1 and _contains_the_event(observation, event):
        return _hold(event, floor, observation)
    needs = [_multiplied(signal, factor, observation) for signal in observation.policy.spec.load_signals]
    replicas = max([floor, *needs]) if factor > 1 else floor
    if replicas == 0:
        silent = f"demand event {event.metadata.name} asks for nothing while the usual demand is not known"
        return Candidate(Reason.NO_EVENT_DUE, event.metadata.name, None, silent)
    about = f" ({spec.description})" if spec.description else ""
    message = (
        f"demand event {event.metadata.name}{about} from {spec.start:%Y-%m-%d %H:%M} UTC: "
        f"{factor:.2f} times the usual demand, at least {floor} replicas"
    )
    return Candidate(Reason.DEMAND_EVENT, event.metadata.name, replicas, message)


def _contains_the_event(observation: Observation, event: DemandEvent) -> bool:
    """Tell whether only measured demand is at hand, and holds the event already: it must not be multiplied again."""
    gates = (observation.outlooks.get(signal.name) for signal in observation.policy.spec.load_signals)
    return observation.now >= event.spec.start and not any(outlook and outlook.gate.open for outlook in gates)


def _hold(event: DemandEvent, floor: int, observation: Observation) -> Candidate:
    replicas = max(floor, observation.scale.spec_replicas)
    message = (
        f"demand event {event.metadata.name} is on and no forecast may act: holds the {replicas} replicas to its end"
    )
    return Candidate(Reason.DEMAND_EVENT, event.metadata.name, replicas, message)


def _multiplied(signal: Signal, factor: float, observation: Observation) -> int:
    """Return replicas for the usual demand times the event: forecast where it may act, else measured."""
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return 0
    usual = peak(observation, signal.name, horizon=lead_time(observation.policy, observation.memory))
    if usual is None and is_fresh(observation.readings, signal.name, observation.now):
        usual = observation.readings[signal.name].value
    return replicas_for((usual or 0.0) * factor, capacity, observation.policy.spec.objective)
