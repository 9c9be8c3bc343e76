"""Scheduled spikes on top of a trace: demand that only a seasonal forecast can meet in time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from forecasting.series import Values


@dataclass(frozen=True, slots=True)
class Spike:
    """A rise that comes every day: when (UTC), and by how much of the demand there is."""

    at: time
    height: float


SPIKES = (Spike(time(9), 0.8), Spike(time(13), 0.5), Spike(time(20), 1.0))
RISE = timedelta(minutes=2)
LENGTH = timedelta(minutes=20)
TIME_JITTER = timedelta(minutes=1)  # standard deviation
HEIGHT_JITTER = 0.1  # standard deviation, relative
DAY = timedelta(days=1)


def spike_factors(start: datetime, tick: timedelta, *, ticks: int, seed: int) -> Values:
    """Return what demand is multiplied with, shape (ticks,): 1, and more during each day's three spikes."""
    draws = np.random.default_rng([seed, 2])
    seconds = (np.arange(ticks) + 0.5) * tick.total_seconds()
    factors = np.ones(ticks)
    midnight = datetime.combine(start.astimezone(UTC).date(), time(), UTC)
    for day in range((start + ticks * tick - midnight) // DAY + 1):
        for spike in SPIKES:
            late, high = draws.standard_normal(2).tolist()
            begin = datetime.combine(midnight + day * DAY, spike.at, UTC) + late * TIME_JITTER
            height = max(0.0, spike.height * (1 + HEIGHT_JITTER * high))
            factors += height * _shape(seconds - (begin - start).total_seconds())
    return factors


def _shape(seconds: Values) -> Values:
    """Return 0 before and after, 1 between, straight lines over the two minutes after the begin and before the end."""
    rise, length = RISE.total_seconds(), LENGTH.total_seconds()
    return np.interp(seconds, [0.0, rise, length - rise, length], [0.0, 1.0, 1.0, 0.0])
