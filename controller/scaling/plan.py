"""Plan: every voice proposes replicas or stays silent with a reason, and the largest wins. Limits come after."""

from collections.abc import Callable

from controller.api.scaling_policy import Objective
from controller.api.signals import Signal
from controller.scaling.capacity import replicas_for, replicas_for_measured
from controller.scaling.decision import Candidate, Plan
from controller.scaling.demand_events import event_candidates
from controller.scaling.health import describe, is_fresh
from controller.scaling.lead_time import lead_time
from controller.scaling.learned_capacity import capacity_of, why_unknown
from controller.scaling.observation import Observation
from controller.scaling.outlook import mean, peak, why_missing
from controller.scaling.queue_drain import drain_candidates, queued_signals
from controller.scaling.reasons import Reason
from controller.scaling.step_rules import rule_candidates

NO_SLACK = Objective(utilization_percent=100)  # what may wait needs none: it is the queue's drain that is in time
LOOK_AHEAD_LEADS = 2  # what is removed now and needed within twice the lead time comes back late
# Rules and events ask for more; they cannot say less is enough.
KNOWS_DEMAND = (Reason.FORECAST, Reason.LIVE_RATIO, Reason.QUEUE_DRAIN)


def plan_capacity(observation: Observation) -> Plan:
    """Return the largest proposal of all voices; at least the current replicas where none of them knows demand."""
    candidates = tuple(candidate for voice in VOICES for candidate in voice(observation))
    speaking = [candidate for candidate in candidates if candidate.replicas is not None]
    winner = max(speaking, key=lambda candidate: candidate.replicas or 0, default=None)
    current = observation.scale.spec_replicas
    if winner and (winner.replicas or 0) < current and not any(c.reason in KNOWS_DEMAND for c in speaking):
        winner = None
    forecasts = [c.replicas for c in speaking if c.reason is Reason.FORECAST and c.replicas is not None]
    return Plan(
        recommended_replicas=current if winner is None else winner.replicas or 0,
        candidates=candidates,
        winner=winner,
        forecast_replicas=max(forecasts, default=None),
        needed_soon=_needed_soon(observation),
    )


def forecast_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Propose replicas for the highest planned demand over the lead time; one voice a load signal, behind its gate."""
    return tuple(_forecast(signal, observation) for signal in observation.policy.spec.load_signals)


def live_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Propose replicas for the demand measured now, by the same sizing as the forecast, with room to grow."""
    queued = queued_signals(observation)
    return tuple(
        _waits(signal) if signal.name in queued else _live(signal, observation)
        for signal in observation.policy.spec.load_signals
    )


def _forecast(signal: Signal, observation: Observation) -> Candidate:
    outlook = observation.outlooks.get(signal.name)
    if outlook is None:
        why = why_missing(observation, signal.name)
        return Candidate(Reason.FORECAST_NOT_READY, signal.name, None, why.message)
    if not outlook.gate.open:
        return Candidate(Reason.FORECAST_GATE_CLOSED, signal.name, None, outlook.gate.message)
    lead = lead_time(observation.policy, observation.memory)
    if signal.name in queued_signals(observation):
        return _forecast_of_queued(signal, observation)
    demand = peak(observation, signal.name, horizon=lead)
    if demand is None:
        return Candidate(Reason.FORECAST_NOT_READY, signal.name, None, f"the forecast of {signal.name} has run out")
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return _unsized(signal)
    replicas = replicas_for(demand, capacity, observation.policy.spec.objective)
    percentile = observation.policy.spec.forecast.planning_percentile
    message = (
        f"{signal.name} may reach {demand:.4g} (p{percentile}) by {observation.now + lead:%H:%M:%S} UTC, "
        f"the lead time of {lead.total_seconds():.0f} s from now: needs {replicas} replicas"
    )
    return Candidate(Reason.FORECAST, signal.name, replicas, message)


def _forecast_of_queued(signal: Signal, observation: Observation) -> Candidate:
    """Propose replicas for what arrives on average: a peak that may wait is no reason to be ready for it."""
    wait = queued_signals(observation)[signal.name]
    demand = mean(observation, signal.name, horizon=wait)
    if demand is None:
        return Candidate(Reason.FORECAST_NOT_READY, signal.name, None, f"the forecast of {signal.name} has run out")
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return _unsized(signal)
    replicas = replicas_for(demand, capacity, NO_SLACK)
    message = (
        f"{signal.name} is forecast at {demand:.4g} on average over the {wait} it may wait: needs {replicas} replicas"
    )
    return Candidate(Reason.FORECAST, signal.name, replicas, message)


def _live(signal: Signal, observation: Observation) -> Candidate:
    if not is_fresh(observation.readings, signal.name, observation.now):
        problem = describe(signal.name, observation.readings.get(signal.name), observation.now)
        return Candidate(Reason.SIGNAL_UNHEALTHY, signal.name, None, problem)
    demand = observation.readings[signal.name].value
    if demand is None:
        return Candidate(Reason.SIGNAL_UNHEALTHY, signal.name, None, f"signal {signal.name} has no value")
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return _unsized(signal)
    replicas = replicas_for_measured(demand, capacity, observation.policy.spec.objective)
    return Candidate(
        Reason.LIVE_RATIO, signal.name, replicas, f"{signal.name} is {demand:.4g} now: needs {replicas} replicas"
    )


def _waits(signal: Signal) -> Candidate:
    message = f"what {signal.name} brings may wait in its queue, which is drained in its target time"
    return Candidate(Reason.WAITS_IN_QUEUE, signal.name, None, message)


def _unsized(signal: Signal) -> Candidate:
    return Candidate(Reason.CAPACITY_UNKNOWN, signal.name, None, why_unknown(signal.name))


def _needed_soon(observation: Observation) -> int | None:
    """Return the replicas the forecast needs within twice the lead time; None without an open forecast."""
    horizon = LOOK_AHEAD_LEADS * lead_time(observation.policy, observation.memory)
    queued = queued_signals(observation)  # what may wait needs no look ahead
    needs = [
        replicas_for(demand, capacity, observation.policy.spec.objective)
        for signal in observation.policy.spec.load_signals
        if signal.name not in queued
        and (capacity := capacity_of(signal, observation.memory)) is not None
        and (demand := peak(observation, signal.name, horizon=horizon)) is not None
    ]
    return max(needs, default=None)


VOICES: tuple[Callable[[Observation], tuple[Candidate, ...]], ...] = (
    forecast_candidates,
    live_candidates,
    drain_candidates,
    rule_candidates,
    event_candidates,
)
