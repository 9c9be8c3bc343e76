"""Signal health: how far a reading may be trusted now. Missing is not zero, and a problem is never a small number."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum

from controller.scaling.observation import Observation, Reading

STALE_AFTER = timedelta(seconds=90)  # a 60 s mean, a slow scrape and one failed sweep
LOST_AFTER = timedelta(minutes=5)  # the last plan is worth little once demand had time to change


class Health(IntEnum):
    """The rungs of the ladder, best first."""

    FRESH = 0
    STALE = 1
    LOST = 2


def health(reading: Reading | None, now: datetime) -> Health:
    """Return the rung of one reading: fresh only while it is there, complete, finite and young."""
    if reading is None or not _is_finite(reading):
        return Health.LOST
    age = abs(now - reading.valid_at)  # a sample from the future is no better than an old one
    if age > LOST_AFTER:
        return Health.LOST
    if reading.problem or age > STALE_AFTER:
        return Health.STALE
    return Health.FRESH


def is_fresh(readings: Mapping[str, Reading], name: str, now: datetime) -> bool:
    """Return whether a signal was read and may be trusted in both directions."""
    return health(readings.get(name), now) is Health.FRESH


def unhealthy_signals(observation: Observation) -> dict[str, Health]:
    """Return the rung of every signal of the policy that is not fresh, by name."""
    readings, now = observation.readings, observation.now
    rungs = [(signal.name, health(readings.get(signal.name), now)) for signal in observation.policy.spec.signals]
    return dict(sorted([each for each in rungs if each[1] is not Health.FRESH]))


def describe(name: str, reading: Reading | None, now: datetime) -> str:
    """Return one sentence on what is wrong with a reading."""
    if reading is None:
        return f"signal {name} was not read"
    why = reading.problem or "no new sample"
    if not _is_finite(reading):
        return f"signal {name} has no data: {why}"
    return f"signal {name} is {(now - reading.valid_at).total_seconds():.0f} s old: {why}"


def _is_finite(reading: Reading) -> bool:
    return reading.value is not None and math.isfinite(reading.value)
