"""The live ratio: replicas for the demand measured now, by the same sizing as the forecast.

With room to grow while pods start: none within a forecast, which knows how demand grows; the more the further demand
is above it; and without an open one as much as demand grew lately. The forecast's own voice says what it expects behind
an open gate; where only its bound may act, it is heard here.
"""

from datetime import timedelta
from typing import NamedTuple

from controller.api.signals import Signal
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import describe, is_fresh
from controller.scaling.learning.growth import growth_within
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of, why_unknown
from controller.scaling.lookahead import bound, peak
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.room import NO_ROOM, ROOM, keeps_room, replicas_with_room, room_above, room_as_grown
from controller.scaling.voices.queue_drain import queued_signals

NOW = timedelta(0)


class _Need(NamedTuple):
    """Demand to be sized for, with this share of it, as it is told."""

    demand: float
    room: float
    told: str


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
    objective = observation.policy.spec.objective
    sized = [
        (replicas_with_room(need.demand, capacity, objective, room=need.room), need)
        for need in _needs(demand, signal, observation)
    ]
    replicas, need = max(sized, key=lambda each: each[0])
    room = f", with room for {need.room:.2f} times that" if need.room > ROOM and keeps_room(capacity, objective) else ""
    return Candidate(Reason.LIVE_RATIO, signal.name, replicas, f"{need.told}{room}: needs {replicas} replicas")


def _needs(demand: float, signal: Signal, observation: Observation) -> tuple[_Need, ...]:
    """Return what to size for: what is measured, and what it may come to if the bound of a closed forecast says so."""
    measured = _Need(demand, _room(demand, signal, observation), f"{signal.name} is {demand:.4g} now")
    lead = lead_time(observation.policy, observation.memory)
    soon = bound(observation, signal.name, horizon=lead)
    if soon is None or peak(observation, signal.name, horizon=lead) is not None:  # an open forecast has its own voice
        return (measured,)
    percentile = observation.policy.spec.forecast.planning_percentile
    told = (
        f"{measured.told} and may reach {soon:.4g} (p{percentile}) within the lead time of {lead.total_seconds():.0f} s"
    )
    return measured, _Need(soon, ROOM, told)


def _room(demand: float, signal: Signal, observation: Observation) -> float:
    """Return the room of what is measured: none within what was planned for, and above it, or without a plan, some."""
    foreseen = bound(observation, signal.name, horizon=NOW)
    if foreseen is not None and demand <= foreseen:
        return NO_ROOM
    above = NO_ROOM if foreseen is None else room_above(demand, foreseen)
    return above if peak(observation, signal.name, horizon=NOW) is not None else max(above, _grown(signal, observation))


def _grown(signal: Signal, observation: Observation) -> float:
    """Return the room of a demand of which no forecast can tell how it grows: as it grew lately."""
    lead = lead_time(observation.policy, observation.memory)
    percentile = observation.policy.spec.forecast.planning_percentile
    return room_as_grown(growth_within(lead, observation.readings[signal.name].recent, percentile=percentile))


def _waits(signal: Signal) -> Candidate:
    message = f"what {signal.name} brings may wait in its queue, which is drained in its target time"
    return Candidate(Reason.WAITS_IN_QUEUE, signal.name, None, message)
