"""Queue drain: replicas that have a backlog gone in its target time, beside what arrives meanwhile.

Symbols: arrival rate a, backlog B, throughput per replica mu, time left w: (a + B / w) / mu. With w counted down from
when the backlog was first seen, the number stays as it is while the queue is drained, and ends in time. A target
divided into what still waits, sweep after sweep, would never be done.

Where Ready replicas are too few, those asked for help only after a time l: r replicas serve r mu l until then, and n
of them the rest of the work, so n = (a w + B - r mu l) / (mu (w - l)).
"""

import math
from datetime import datetime, timedelta

import numpy as np

from controller.api.fields import MAX_REPLICAS
from controller.api.policy_status import BacklogMemory
from controller.api.signals import Load, Queue, Signal
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import describe, is_fresh
from controller.scaling.learning.lead_time import SWEEP, lead_time
from controller.scaling.learning.learned_capacity import capacity_of, why_unknown
from controller.scaling.lookahead import window
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room

ROUNDING = 1e-9  # keeps 37 replicas from becoming 38
LEAST_SHARE = 0.25  # of the target is left to drain in, however slow the start and however late it is


def advance_backlogs(observation: Observation) -> tuple[BacklogMemory, ...]:
    """Return since when each queue has had a backlog. What Ready replicas clear within a sweep is none."""
    known = {backlog.name: backlog for backlog in observation.memory.backlogs}
    states = (_advance(signal, known.get(signal.name), observation) for signal in _queues(observation))
    return tuple(state for state in states if state is not None)


def drain_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Return what each queue asks for; call with a memory that has been advanced."""
    return tuple(_candidate(signal, observation) for signal in _queues(observation))


def queued_signals(observation: Observation) -> dict[str, timedelta]:
    """Return the load signals for which a queue speaks, and how long what they bring may wait."""
    return {
        signal.queue.arrivals: timedelta(seconds=signal.queue.drain_target_seconds)
        for signal in _queues(observation)
        if signal.queue and not _sick(signal, observation)
    }


def usual_arrivals(observation: Observation, queue: Queue) -> float:
    """Return items per second that arrive: the median minute of a target time, so that no burst counts twice.

    What a burst brings waits in the queue, and is counted there. Without recent minutes it is the newest value.
    """
    reading = observation.readings[queue.arrivals]
    if reading.recent is not None:
        since = observation.now - timedelta(seconds=queue.drain_target_seconds)
        minutes = window(reading.recent, since, observation.now)
        known = minutes[~np.isnan(minutes)]
        if len(known):
            return float(np.median(known))
    return reading.value or 0.0


def _queues(observation: Observation) -> tuple[Signal, ...]:
    return tuple([signal for signal in observation.policy.spec.signals if signal.queue])


def _capacity(observation: Observation, queue: Queue) -> Load | None:
    """Return what a replica takes of a queue's arrivals; that they have a load is checked where a policy is read."""
    arrivals = next(signal for signal in observation.policy.spec.load_signals if signal.name == queue.arrivals)
    return capacity_of(arrivals, observation.memory)


def _sick(signal: Signal, observation: Observation) -> str:
    """Return what is wrong with the depth or the arrivals of a queue; empty where nothing is."""
    names = (signal.name, signal.queue.arrivals) if signal.queue else ()
    sick = [name for name in names if not is_fresh(observation.readings, name, observation.now)]
    return "; ".join(describe(name, observation.readings.get(name), observation.now) for name in sick)


def _advance(signal: Signal, known: BacklogMemory | None, observation: Observation) -> BacklogMemory | None:
    if signal.queue is None or not is_fresh(observation.readings, signal.name, observation.now):
        return known
    capacity = _capacity(observation, signal.queue)
    if capacity is None:
        return known
    cleared = capacity.per_replica * observation.scale.ready_replicas * SWEEP.total_seconds()
    if (observation.readings[signal.name].value or 0.0) <= cleared:
        return None
    return known or BacklogMemory(name=signal.name, since=observation.now)


def _candidate(signal: Signal, observation: Observation) -> Candidate:
    sick = _sick(signal, observation)
    if signal.queue is None or sick:
        return Candidate(Reason.SIGNAL_UNHEALTHY, signal.name, None, sick)
    capacity, rate = _capacity(observation, signal.queue), usual_arrivals(observation, signal.queue)
    if capacity is None:
        return Candidate(Reason.CAPACITY_UNKNOWN, signal.name, None, why_unknown(signal.queue.arrivals))
    usual = replicas_with_room(rate, capacity, observation.policy.spec.objective)
    known = next((each for each in observation.memory.backlogs if each.name == signal.name), None)
    if known is None:
        message = f"{signal.name} has no backlog, {rate:.4g} a second arrive: needs {usual} replicas"
        return Candidate(Reason.QUEUE_DRAIN, signal.name, usual, message)
    backlog, due = observation.readings[signal.name].value or 0.0, _due(known, signal.queue)
    needed = _needed(rate, backlog, load=capacity, known=known, queue=signal.queue, observation=observation)
    replicas = MAX_REPLICAS if needed >= MAX_REPLICAS else max(usual, math.ceil(needed - ROUNDING))
    message = (
        f"{signal.name} is {backlog:.4g} deep, {rate:.4g} a second arrive: "
        f"{replicas} replicas to drain it by {due:%H:%M:%S} UTC"
    )
    return Candidate(Reason.QUEUE_DRAIN, signal.name, replicas, message)


def _due(known: BacklogMemory, queue: Queue) -> datetime:
    return known.since + timedelta(seconds=queue.drain_target_seconds)


def _needed(
    rate: float,
    backlog: float,
    *,
    load: Load,
    known: BacklogMemory,
    queue: Queue,
    observation: Observation,
) -> float:
    """Return the replicas, not rounded, that have the backlog gone in what is left of its time."""
    starts = known.since + lead_time(observation.policy, observation.memory) - observation.now
    starting = max(starts.total_seconds(), 0.0)
    together = (_due(known, queue) - observation.now).total_seconds() - starting
    left = starting + max(together, LEAST_SHARE * queue.drain_target_seconds)
    work, ready = rate * left + backlog, observation.scale.ready_replicas
    enough = work / (load.per_replica * left)
    if enough <= ready:
        return enough
    return (work - ready * load.per_replica * starting) / (load.per_replica * (left - starting))
