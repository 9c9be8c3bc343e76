"""Outage guard: a fall of demand that the season does not explain, or that comes with bad service, is no relief.

Nothing is removed in it and for a while after it, and capacity is kept for users who come back all at once. It ends by
itself: a fall that lasts longer than `outageHoldSeconds` is believed. Without an open forecast nobody knows the season,
and only bad service speaks.
"""

from datetime import timedelta

from controller.api.policy_status import OutageMemory
from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.health import is_fresh
from controller.scaling.guards.indicators import missed_indicators
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import window
from controller.scaling.observation import Observation, Usual
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room
from forecasting.series import Series

FALL = 0.5  # of the least that was likely: noise and an odd day stay above it
EARLY = timedelta(minutes=10)  # a fall of the season may come this much early or late
STORM = 1.5  # users who come back retry, and come with those who waited
AFTERMATH = timedelta(minutes=15)  # a storm of retries follows within this time, and is measured after it


def hold_through_outage(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Hold what runs during an outage and for a while after it, and have ready what a storm of retries needs.

    Call with a memory that has been advanced by `outage_after`.
    """
    outage = observation.memory.outage
    if outage is None or outage.seen - outage.began > _longest(observation):
        return proposal
    floor = max(proposal.current, _needed_in_storm(observation))
    signs = "; ".join(_signs(observation, plan)) or f"the last sign of it was seen at {outage.seen:%H:%M:%S} UTC"
    message = f"an outage since {outage.began:%H:%M:%S} UTC ({signs}): {floor} replicas are kept for its end"
    return proposal.at_least(floor, Reason.OUTAGE, message)


def outage_after(observation: Observation, plan: Plan) -> OutageMemory | None:
    """Return the outage that is on or has just ended; None where there is none."""
    known, now = observation.memory.outage, observation.now
    if not _longest(observation):
        return None
    if _signs(observation, plan):
        return OutageMemory(began=known.began if known else now, seen=now)
    return known if known and now - known.seen <= AFTERMATH else None


def _signs(observation: Observation, plan: Plan) -> tuple[str, ...]:
    """Return a sentence for each sign of an outage that is there now."""
    names = [signal.name for signal in observation.policy.spec.load_signals]
    falls = [sentence for name in names if (sentence := _unexplained_fall(observation, name))]
    falling = plan.recommended_replicas < observation.scale.spec_replicas
    return (*falls, *(missed_indicators(observation) if falling else ()))


def _unexplained_fall(observation: Observation, name: str) -> str:
    """Return what is odd about a signal that lies far below what the season explains; empty where nothing is."""
    usual = _usual(observation, name)
    if usual is None or not is_fresh(observation.readings, name, observation.now):
        return ""
    reading = observation.readings[name]
    likely = window(usual.low, reading.valid_at - EARLY, reading.valid_at + EARLY).tolist()
    least, value = min(likely, default=None), reading.value or 0.0
    if least is None or value >= FALL * least:
        return ""
    return f"{name} is {value:.4g}, less than half of the {least:.4g} that is the least likely"


def _needed_in_storm(observation: Observation) -> int:
    """Return the replicas for a storm on top of what is usual within the lead time; 0 where that is not known."""
    spec, lead = observation.policy.spec, lead_time(observation.policy, observation.memory)
    needs = [
        replicas_with_room(STORM * _highest(usual.expected, observation, lead), capacity, spec.objective)
        for signal in spec.load_signals
        if (capacity := capacity_of(signal, observation.memory)) and (usual := _usual(observation, signal.name))
    ]
    return max(needs, default=0)


def _usual(observation: Observation, name: str) -> Usual | None:
    outlook = observation.outlooks.get(name)
    return outlook.usual if outlook and outlook.gate.open else None


def _highest(series: Series, observation: Observation, lead: timedelta) -> float:
    return max(window(series, observation.now, observation.now + lead).tolist(), default=0.0)


def _longest(observation: Observation) -> timedelta:
    return timedelta(seconds=observation.policy.spec.behavior.scale_down.outage_hold_seconds)
