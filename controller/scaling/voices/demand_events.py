"""Demand events and schedules: dated launches, opening hours. What they ask for is all there when they start.

After their end it is given up at once, or falls over a ramp; limits then say how fast replicas go, as always.
"""

import math
from datetime import datetime

from controller.api.signals import Signal
from controller.scaling.dates.demand_windows import EVERYTHING, DemandWindow
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import peak
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room


def event_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Return what each window asks for that is on or due within the lead time; the largest wins, as everywhere."""
    ready_by = observation.now + lead_time(observation.policy, observation.memory)
    shares = ((window, share_of(window, observation.now, ready_by)) for window in observation.windows)
    return tuple(_candidate(window, share, observation) for window, share in shares if share > 0)


def share_of(window: DemandWindow, now: datetime, ready_by: datetime) -> float:
    """Return how much of a window, 0 to 1, capacity must cover that is wanted now and Ready at `ready_by`.

    It rises over the ramp by when capacity is Ready, and falls by the clock: what is let go now is gone now.
    """
    return min(_risen(window, ready_by), _not_fallen(window, now))


def asked_of(window: DemandWindow, share: float) -> tuple[float, int]:
    """Return the factor on the usual demand and the replicas at least that a share of a window comes to."""
    return 1 + (window.multiplier_percent / EVERYTHING - 1) * share, math.ceil(window.min_replicas * share)


def _risen(window: DemandWindow, ready_by: datetime) -> float:
    until_start = window.start - ready_by
    if until_start.total_seconds() <= 0:
        return 1.0
    if until_start >= window.ramp_in:
        return 0.0
    return 1 - until_start / window.ramp_in


def _not_fallen(window: DemandWindow, now: datetime) -> float:
    if now < window.end:
        return 1.0
    if now >= window.over_at:
        return 0.0
    return 1 - (now - window.end) / window.ramp_out


def _candidate(window: DemandWindow, share: float, observation: Observation) -> Candidate:
    factor, floor = asked_of(window, share)
    contained = factor > 1 and _contains_the_window(observation, window)
    if contained and observation.now < window.end:
        return _hold(window, floor, observation)
    needs = [_multiplied(signal, factor, observation) for signal in observation.policy.spec.load_signals]
    if contained:  # what is left of the window may be in what is measured: of what runs some is kept, nothing is added
        needs = [min(need, observation.scale.spec_replicas) for need in needs]
    replicas = max([floor, *needs]) if factor > 1 else floor
    if replicas == 0:
        silent = f"{window.told} asks for nothing while the usual demand is not known"
        return Candidate(Reason.NO_EVENT_DUE, window.name, None, silent)
    asked = f"at least {floor} replicas{', none above what runs' if contained else ''}"
    return Candidate(window.reason, window.name, replicas, _told(window, factor, asked, observation.now))


def _told(window: DemandWindow, factor: float, asked: str, now: datetime) -> str:
    about = f" ({window.description})" if window.description else ""
    measured = f" ({window.measured})" if window.measured else ""
    when = f"from {window.start:%Y-%m-%d %H:%M}" if now < window.end else f"ended at {window.end:%Y-%m-%d %H:%M}"
    return f"{window.told}{about} {when} UTC: {factor:.2f} times the usual demand{measured}, {asked}"


def _contains_the_window(observation: Observation, window: DemandWindow) -> bool:
    """Tell whether only measured demand is at hand, and holds the window already: it must not be multiplied again."""
    gates = (observation.outlooks.get(signal.name) for signal in observation.policy.spec.load_signals)
    return observation.now >= window.start and not any(outlook and outlook.gate.open for outlook in gates)


def _hold(window: DemandWindow, floor: int, observation: Observation) -> Candidate:
    replicas = max(floor, observation.scale.spec_replicas)
    message = f"{window.told} is on and no forecast may act: holds the {replicas} replicas to its end"
    return Candidate(Reason.WINDOW_HELD, window.name, replicas, message)


def _multiplied(signal: Signal, factor: float, observation: Observation) -> int:
    """Return replicas for the usual demand times a factor: forecast where it may act, else measured."""
    capacity = capacity_of(signal, observation.memory)
    if capacity is None:
        return 0
    usual = peak(observation, signal.name, horizon=lead_time(observation.policy, observation.memory))
    if usual is None and is_fresh(observation.readings, signal.name, observation.now):
        usual = observation.readings[signal.name].value
    return replicas_with_room((usual or 0.0) * factor, capacity, observation.policy.spec.objective)
