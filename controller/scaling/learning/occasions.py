"""Occasions: how many times the usual demand came in the last window of an event or schedule, for the next one.

Usual is what the forecast expects without the window: learning leaves it out. Compared are the highest minutes of both,
because it is those that capacity must be there for.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from controller.api.occasion import MAX_OCCASIONS, Occasion
from controller.api.policy_status import Memory
from controller.scaling.dates.demand_windows import EVERYTHING, DemandWindow
from controller.scaling.guards.health import is_fresh
from controller.scaling.judging.error_budget import MINUTE, begin_of_minute
from controller.scaling.lookahead import window as part_of
from controller.scaling.observation import Observation

ENOUGH_SEEN = 0.5  # of a window: less may have missed its peak
LEAST, MOST = 0.5, 2.0  # of what a person gave above the usual: one odd time neither empties the next nor floods it


def advance_occasions(observation: Observation) -> tuple[Occasion, ...]:
    """Return what is remembered of windows, with this minute of those that are on; the oldest are forgotten."""
    on = [each for each in observation.windows if each.known_as and each.start <= observation.now < each.end]
    if not on:
        return observation.memory.occasions
    known = {(each.name, each.signal, each.began): each for each in observation.memory.occasions}
    for window in on:
        for seen in _seen(window, observation):
            key = (seen.name, seen.signal, seen.began)
            known[key] = _joined(known[key], seen) if key in known else seen
    return tuple(sorted(known.values(), key=lambda each: each.began))[-MAX_OCCASIONS:]


def with_learned_multipliers(windows: Sequence[DemandWindow], memory: Memory) -> tuple[DemandWindow, ...]:
    """Return windows with the multiplier of the last time where they ask for it and it was seen; it says so."""
    return tuple(_with_learned(window, memory) if window.like else window for window in windows)


def _with_learned(window: DemandWindow, memory: Memory) -> DemandWindow:
    before = [each for each in memory.occasions if each.name == window.like and each.ended <= window.start]
    usable = [each for each in before if each.minutes * MINUTE >= ENOUGH_SEEN * (each.ended - each.began)]
    if not usable:
        return window
    last = max(each.began for each in usable)
    ratio = max(each.measured / each.expected for each in usable if each.began == last)
    given = window.multiplier_percent - EVERYTHING
    above = min(max(EVERYTHING * (ratio - 1), LEAST * given), MOST * given)
    measured = f"{ratio:.2f} times were measured from {last:%Y-%m-%d %H:%M} UTC on"
    return replace(window, multiplier_percent=EVERYTHING + math.ceil(above), measured=measured)


def _seen(window: DemandWindow, observation: Observation) -> Iterator[Occasion]:
    """Yield what is seen now of each load signal whose forecast may act; where either is unknown, nothing."""
    minute = begin_of_minute(observation.now)
    for signal in observation.policy.spec.load_signals:
        outlook = observation.outlooks.get(signal.name)
        if outlook is None or not outlook.gate.open:
            continue
        if not is_fresh(observation.readings, signal.name, observation.now):
            continue
        measured = observation.readings[signal.name].value or 0.0
        usual = float(np.max(part_of(outlook.usual.expected, minute, minute + MINUTE), initial=0.0))
        if usual > 0:
            yield Occasion(
                name=window.known_as,
                signal=signal.name,
                began=window.start,
                ended=window.end,
                seen=minute,
                measured=measured,
                expected=usual,
            )


def _joined(known: Occasion, seen: Occasion) -> Occasion:
    """Return an occasion with what is seen of it now; a minute is counted once."""
    news = {
        "seen": seen.seen,
        "minutes": known.minutes + (seen.seen > known.seen),
        "measured": max(known.measured, seen.measured),
        "expected": max(known.expected, seen.expected),
    }
    return known.model_copy(update=news)
