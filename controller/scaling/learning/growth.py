"""Growth: how many times more a load comes to within a lead time, as its last hours show.

Learned anew from every minute, and remembered nowhere: bursts come in clusters, and what was calm may be calm again.
"""

import math
import statistics
from datetime import timedelta

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecasting.series import Series, Values

LOOKED_BACK = timedelta(hours=2)  # short enough to forget yesterday's storm
SPELL = timedelta(minutes=30)
FEWEST_MINUTES = 15  # of a spell; fewer say little


def growth_within(lead: timedelta, recent: Series | None, *, percentile: int) -> float | None:
    """Return by how many times the highest of the next `lead` was above the minute before, at a percentile by rank.

    `recent` holds means over a minute. It is the lower median of its half-hours, of four the second lowest: one surge,
    or what comes back after an outage, is no habit. None where too little of them is known.
    """
    if recent is None:
        return None
    looked_back, spell = recent.values[-(LOOKED_BACK // recent.step) :], SPELL // recent.step
    ratios = _ratios(looked_back, ahead=-(-lead // recent.step))
    spells = (ratios[max(0, end - spell) : end] for end in range(len(ratios), 0, -spell))
    known = [growth for each in spells if (growth := _at_rank(each, percentile)) is not None]
    return statistics.median_low(known) if known else None


def _ratios(values: Values, *, ahead: int) -> Values:
    """Return what the highest of so many values after each one is over it; NaN where one is not known, or is zero."""
    if len(values) <= ahead:
        return np.empty(0)
    before, highest = values[:-ahead], sliding_window_view(values[1:], ahead).max(axis=1)
    ratios: Values = np.divide(highest, before, out=np.full(len(before), np.nan), where=before > 0)
    return ratios


def _at_rank(ratios: Values, percentile: int) -> float | None:
    known = np.sort(ratios[np.isfinite(ratios)])
    return float(known[math.ceil(percentile / 100 * len(known)) - 1]) if len(known) >= FEWEST_MINUTES else None
