"""Surprises: how the newest samples deviate from what was expected of them, remembered for shorter and longer times.

Source: Roberts, Control Chart Tests Based on Geometric Moving Averages, 1959. In log space, with d[t] the deviation of
the t-th newest known sample and a memory of tau hours, the surprise is the mean

    sum_t d[t] * exp(-age[t] / tau) / sum_t exp(-age[t] / tau)

A member carries the surprise of half an hour forward (persistence.py); the correction learns what to make of all.
"""

from functools import lru_cache

import numpy as np

from forecasting.seasons import HOUR, Ticks
from forecasting.series import Values

MEMORIES = np.array([1 / 24, 1 / 8, 1 / 2, 2.0, 12.0])  # hours: half the length of a window with the same mean age
KEPT_STEPS = 8  # lengths of step that a fleet has
CARRIED = 2  # the memory whose surprise members carry forward: its mean age is half an hour


def surprises_of(deviations: Values, step_seconds: float) -> Values:
    """Return surprises (..., memories) from deviations (..., n), oldest first, NaN where unknown; 0 of nothing."""
    count = deviations.shape[-1]
    return surprises_at(deviations, np.array([count]), count, step_seconds)[..., 0, :]


def surprises_at(deviations: Values, ends: Ticks, count: int, step_seconds: float) -> Values:
    """Return surprises (..., ends, memories) from so many deviations before each of the ends, positions in (..., n)."""
    ages = ends - 1 - np.arange(deviations.shape[-1])[:, None]
    fading = np.exp(-np.abs(ages)[..., None] * step_seconds / HOUR / MEMORIES)
    recall = np.where(((ages >= 0) & (ages < count))[..., None], fading, 0.0).reshape(len(ages), -1)
    known = ~np.isnan(deviations)
    # Where all is known, which is nearly always, the sum of weights is one for all.
    weight = recall.sum(axis=0) if known.all() else np.maximum(known @ recall, np.finfo(np.float64).tiny)
    surprises: Values = np.where(known, deviations, 0.0) @ recall / weight
    return surprises.reshape(*deviations.shape[:-1], len(ends), len(MEMORIES))


def renewed(surprises: Values, deviations: Values, step_seconds: float) -> Values:
    """Return surprises (..., members, memories) after deviations (..., members, n) that followed, oldest first.

    A step that is unknown, NaN, is passed over: nothing is forgotten for it.
    """
    known = ~np.isnan(deviations[..., 0, :])
    left = kept(step_seconds)
    if deviations.shape[-1] == 1:
        return np.where(known[..., None], surprises * left + deviations * (1 - left), surprises)
    since = np.cumsum(known[..., ::-1], axis=-1)[..., ::-1]  # how many known ones there are from each on
    recall = known[..., None] * (1 - left) * left ** (since - known)[..., None]
    count = since[..., :1, None]
    after: Values = surprises * left**count + np.where(known[..., None, :], deviations, 0.0) @ recall
    return after


@lru_cache(maxsize=KEPT_STEPS)
def kept(step_seconds: float) -> Values:
    """Return what share of itself each memory keeps over a step, (memories,), to be read only."""
    shares: Values = np.exp(-step_seconds / HOUR / MEMORIES)
    shares.flags.writeable = False
    return shares
