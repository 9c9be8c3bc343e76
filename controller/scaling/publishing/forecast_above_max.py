"""A forecast above maxReplicas is told ahead of time, while somebody can still raise the limit."""

from datetime import timedelta

from controller.api.metadata import ConditionStatus
from controller.api.signals import Signal
from controller.scaling.decision import Decision
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import window
from controller.scaling.observation import Observation, Outlook
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room
from controller.scaling.voices.failover import with_reserve
from controller.scaling.voices.queue_drain import queued_signals

CONDITION = "ForecastWithinMax"
WARNED_AHEAD = timedelta(hours=2)  # time for a person to see it, and to find room
CALM = 0.95  # of the maximum: a forecast that moves around it is told once, not with every sample


def forecast_within_max(decision: Decision) -> tuple[bool, str, str] | None:
    """Return whether maxReplicas is enough for all that is forecast within two hours; None without an open forecast."""
    observation = decision.observation
    queued = queued_signals(observation)  # what may wait needs no room for its peak
    signals = [each for each in observation.policy.spec.load_signals if each.name not in queued]
    known = [(each, outlook) for each in signals if (outlook := observation.outlooks.get(each.name))]
    speaking = [(signal, outlook) for signal, outlook in known if outlook.gate.open]
    needs = [need for signal, outlook in speaking if (need := _first_above_max(signal, outlook, observation))]
    if not speaking:
        return None
    if not needs:
        return True, Reason.FORECAST_WITHIN_MAX, "maxReplicas is enough for what is forecast for the next 2 hours"
    return False, Reason.FORECAST_ABOVE_MAX, "; ".join(needs)


def _first_above_max(signal: Signal, outlook: Outlook, observation: Observation) -> str:
    """Return when a signal is first forecast to need more than maxReplicas, and how many; empty for never."""
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return ""
    spec, until = observation.policy.spec, observation.now + WARNED_AHEAD
    highest = max(window(outlook.planned, observation.now, until).tolist(), default=0.0)
    policy = observation.policy
    needed = with_reserve(replicas_with_room(highest, capacity, spec.objective), policy)
    calm = CALM * spec.max_replicas
    if needed <= calm:  # as nearly always
        return ""
    enough = calm if _is_warned(observation) else spec.max_replicas
    if needed <= enough:
        return ""
    ahead = outlook.planned.between(observation.now, until)
    at = next(
        ahead.start + index * ahead.step
        for index, demand in enumerate(ahead.values)
        if with_reserve(replicas_with_room(float(demand), capacity, spec.objective), policy) > enough
    )
    return (
        f"{signal.name} may reach {highest:.4g} (p{spec.forecast.planning_percentile}) within 2 hours and needs "
        f"{needed} replicas then, maxReplicas is {spec.max_replicas}; the first time at {at:%H:%M} UTC"
    )


def _is_warned(observation: Observation) -> bool:
    conditions = observation.policy.status.conditions
    return any(each.type == CONDITION and each.status is ConditionStatus.FALSE for each in conditions)
