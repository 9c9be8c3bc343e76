"""The forecast's voice: replicas for the demand that is planned for over the lead time, behind its gate."""

from datetime import timedelta
from typing import NamedTuple

from controller.api.objective import Objective
from controller.api.signals import Signal
from controller.scaling.decision import Candidate
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of, why_unknown
from controller.scaling.lookahead import mean, peak, why_missing
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room
from controller.scaling.voices.failover import with_reserve
from controller.scaling.voices.queue_drain import queued_signals

NO_SLACK = Objective(utilization_percent=100)  # what may wait needs none: it is the queue's drain that is in time
LOOK_AHEAD_LEADS = 2  # what is removed now and needed within twice the lead time comes back late


class _Need(NamedTuple):
    """Demand to be ready for, as it is told, and the objective it is to be sized for."""

    demand: float
    objective: Objective
    told: str


def forecast_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Propose replicas for the highest planned demand over the lead time; one voice a load signal, behind its gate."""
    return tuple(_candidate(signal, observation) for signal in observation.policy.spec.load_signals)


def needed_soon(observation: Observation) -> int | None:
    """Return the replicas the forecast needs within twice the lead time; None without an open forecast."""
    horizon = LOOK_AHEAD_LEADS * lead_time(observation.policy, observation.memory)
    queued = queued_signals(observation)  # what may wait needs no look ahead
    needs = [
        replicas_with_room(demand, capacity, observation.policy.spec.objective)
        for signal in observation.policy.spec.load_signals
        if signal.name not in queued
        and (capacity := capacity_of(signal, observation.memory)) is not None
        and (demand := peak(observation, signal.name, horizon=horizon)) is not None
    ]
    return with_reserve(max(needs), observation.policy) if needs else None


def _candidate(signal: Signal, observation: Observation) -> Candidate:
    outlook = observation.outlooks.get(signal.name)
    if outlook is None:
        why = why_missing(observation, signal.name)
        return Candidate(Reason.FORECAST_NOT_READY, signal.name, None, why.message)
    if not outlook.gate.open:
        return Candidate(Reason.FORECAST_GATE_CLOSED, signal.name, None, outlook.gate.message)
    wait = queued_signals(observation).get(signal.name)
    need = _over_lead(signal, observation) if wait is None else _on_average(signal, observation, wait)
    if need is None:
        return Candidate(Reason.FORECAST_NOT_READY, signal.name, None, f"the forecast of {signal.name} has run out")
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return Candidate(Reason.CAPACITY_UNKNOWN, signal.name, None, why_unknown(signal.name))
    replicas = replicas_with_room(need.demand, capacity, need.objective)
    return Candidate(Reason.FORECAST, signal.name, replicas, f"{need.told}: needs {replicas} replicas")


def _over_lead(signal: Signal, observation: Observation) -> _Need | None:
    lead = lead_time(observation.policy, observation.memory)
    demand = peak(observation, signal.name, horizon=lead)
    if demand is None:
        return None
    percentile = observation.policy.spec.forecast.planning_percentile
    by = (observation.now + lead).time().isoformat("seconds")  # strftime takes ten times as long
    told = (
        f"{signal.name} may reach {demand:.4g} (p{percentile}) by {by} UTC, "
        f"the lead time of {lead.total_seconds():.0f} s from now"
    )
    return _Need(demand, observation.policy.spec.objective, told)


def _on_average(signal: Signal, observation: Observation, wait: timedelta) -> _Need | None:
    """Return what arrives on average: a peak that may wait is no reason to be ready for it."""
    demand = mean(observation, signal.name, horizon=wait)
    if demand is None:
        return None
    told = f"{signal.name} is forecast at {demand:.4g} on average over the {wait} it may wait"
    return _Need(demand, NO_SLACK, told)
