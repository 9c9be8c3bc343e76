"""The live ratio: replicas for the demand measured now, by the same sizing as the forecast, with room to grow."""

from controller.api.signals import Signal
from controller.scaling.capacity import replicas_for_measured
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import describe, is_fresh
from controller.scaling.learning.learned_capacity import capacity_of, why_unknown
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.voices.queue_drain import queued_signals


def live_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Propose replicas for each load signal as it is now; silent where its queue speaks."""
    queued = queued_signals(observation)
    return tuple(
        _waits(signal) if signal.name in queued else _live(signal, observation)
        for signal in observation.policy.spec.load_signals
    )


def _live(signal: Signal, observation: Observation) -> Candidate:
    if not is_fresh(observation.readings, signal.name, observation.now):
        problem = describe(signal.name, observation.readings.get(signal.name), observation.now)
        return Candidate(Reason.SIGNAL_UNHEALTHY, signal.name, None, problem)
    demand = observation.readings[signal.name].value
    if demand is None:
        return Candidate(Reason.SIGNAL_UNHEALTHY, signal.name, None, f"signal {signal.name} has no value")
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return Candidate(Reason.CAPACITY_UNKNOWN, signal.name, None, why_unknown(signal.name))
    replicas = replicas_for_measured(demand, capacity, observation.policy.spec.objective)
    return Candidate(
        Reason.LIVE_RATIO, signal.name, replicas, f"{signal.name} is {demand:.4g} now: needs {replicas} replicas"
    )


def _waits(signal: Signal) -> Candidate:
    message = f"what {signal.name} brings may wait in its queue, which is drained in its target time"
    return Candidate(Reason.WAITS_IN_QUEUE, signal.name, None, message)
