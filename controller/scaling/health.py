"""Signal health: how far a reading may be trusted now. Missing is not zero, and a problem is never a small number."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum

from controller.scaling.observation import Reading

STALE_AFTER = timedelta(seconds=90)  # a 60 s mean, a slow scrape and one failed sweep
LOST_AFTER = timedelta(minutes=5)  # the last plan is worth little once demand had time to change


class Health(IntEnum):
    """The rungs of the ladder, best first."""

    FRESH = 0
    STALE = 1
    LOST = 2


def health(reading: Reading, now: datetime) -> Health:
    """Return the rung of one reading: fresh only while it is complete, finite and young."""
    age = now - reading.valid_at
    if reading.value is None or age > LOST_AFTER:
        return Health.LOST
    if reading.problem or age > STALE_AFTER:
        return Health.STALE
    return Health.FRESH


def is_fresh(readings: Mapping[str, Reading], name: str, now: datetime) -> bool:
    """Return whether a signal was read and may be trusted in both directions."""
    return name in readings and health(readings[name], now) is Health.FRESH


def describe(name: str, reading: Reading, now: datetime) -> str:
    """Return one sentence on what is wrong with a reading."""
    why = reading.problem or "no new sample"
    if reading.value is None:
        return f"signal {name} has no data: {why}"
    return f"signal {name} is {(now - reading.valid_at).total_seconds():.0f} s old: {why}"
