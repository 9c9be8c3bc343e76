"""Demand events and schedules: dated launches, opening hours. What they ask for is all there when they start."""

import math
from datetime import datetime

from controller.api.signals import Signal
from controller.scaling.capacity import FORECAST_ROOM, replicas_with_room
from controller.scaling.dates.demand_windows import EVERYTHING, DemandWindow
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import peak
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def event_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Return what each window asks for that is on or due within the lead time; the largest wins, as everywhere."""
    ready_by = observation.now + lead_time(observation.policy, observation.memory)
    due = (window for window in observation.windows if observation.now < window.end)
    shares = ((window, share_of(window, ready_by)) for window in due)
    return tuple(_candidate(window, share, observation) for window, share in shares if share > 0)


def share_of(window: DemandWindow, ready_by: datetime) -> float:
    """Return how much of a window capacity must cover that is Ready at `ready_by`: rises from 0 to 1 over the ramp.

    It does not fall again: that a window is over is known by the clock, not by capacity that would be Ready after it.
    """
    until_start = window.start - ready_by
    if until_start.total_seconds() <= 0:
        return 1.0
    if until_start >= window.ramp_in:
        return 0.0
    return 1 - until_start / window.ramp_in


def _candidate(window: DemandWindow, share: float, observation: Observation) -> Candidate:
    floor = math.ceil(window.min_replicas * share)
    factor = 1 + (window.multiplier_percent / EVERYTHING - 1) * share
    if factor > 1 and _contains_the_window(observation, window):
        return _hold(window, floor, observation)
    needs = [_multiplied(signal, factor, observation) for signal in observation.policy.spec.load_signals]
    replicas = max([floor, *needs]) if factor > 1 else floor
    if replicas == 0:
        silent = f"{window.told} asks for nothing while the usual demand is not known"
        return Candidate(Reason.NO_EVENT_DUE, window.name, None, silent)
    about = f" ({window.description})" if window.description else ""
    measured = f" ({window.measured})" if window.measured else ""
    message = (
        f"{window.told}{about} from {window.start:%Y-%m-%d %H:%M} UTC: "
        f"{factor:.2f} times the usual demand{measured}, at least {floor} replicas"
    )
    return Candidate(window.reason, window.name, replicas, message)


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
    return replicas_with_room((usual or 0.0) * factor, capacity, observation.policy.spec.objective, room=FORECAST_ROOM)
