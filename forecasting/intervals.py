"""Intervals: bounds from the forecast's own past errors, so that coverage is a promise that was measured.

Source: split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). With n
errors e = log(1 + y) - log(1 + f) made at a lead, the bound at level p is f moved in log space by

    the ceil(p * (n + 1))-th smallest error of n, as a quantile p * (n + 1) / n, at most the largest.

Errors are pooled over windows of lead; between the middles of the windows offsets are interpolated. An hour of errors
counts once in n, because neighbours make the same mistake. While there are few, their quantiles are mixed with those of
the spread: how much the history differs from one season to the next.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from forecasting.interpolation import interpolate
from forecasting.series import Values

# Where one window of lead ends and the next begins, in hours: surprises fade fast at first, then slowly.
WINDOW_EDGES = (0.0, 0.25, 1.0, 4.0, 10.0, np.inf)
# The levels offsets are kept at; others are interpolated. Finer towards the ends, where bounds are planned.
LEVELS = np.array([0.005, 0.01, 0.025, 0.05, *np.arange(0.1, 0.91, 0.1), 0.925, 0.95, 0.975, 0.99, 0.995])
HOURS_OF_SPREAD = 6.0  # the spread counts as much as so many hours of own errors
STEPS_OF_A_WINDOW = 24  # as many steps of each origin's window are looked at: neighbours say the same


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Offsets in log space (series, windows, levels) at the middles of windows of lead, `leads` (windows,) in hours."""

    leads: Values
    offsets: Values

    def select(self, row: int) -> "Bounds":
        """Return the bounds of one of the series, as its own copy."""
        return Bounds(self.leads, self.offsets[row : row + 1].copy())

    def at(self, leads: Values, levels: Values) -> Values:
        """Return offsets (series, levels, leads) for rising levels and leads in hours; they rise with the level."""
        by_window = interpolate(self.offsets, LEVELS, levels)
        offsets = interpolate(np.swapaxes(by_window, 1, 2), self.leads, leads)
        # Interpolation rounds: two equal offsets may come out a hair the wrong way round.
        return np.maximum.accumulate(offsets, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Errors in log space (series, origins, steps), NaN where the truth is unknown, and each step's lead in hours.

    `step` is the length of one step in hours.
    """

    leads: Values
    step: float
    errors: Values


def bounds_from(near: Errors, far: Errors, spread: Values) -> Bounds:
    """Return bounds from errors near many origins and far from fewer ones, mixed with the spread (series, levels).

    Far errors are used only for leads that the near ones do not reach.
    """
    leads, offsets = [], []
    for low, high in itertools.pairwise(WINDOW_EDGES):
        source = near if low < near.leads[-1] else far
        inside = np.flatnonzero((source.leads >= low) & (source.leads < high))
        if not inside.size:
            continue
        chosen = inside[:: max(1, len(inside) // STEPS_OF_A_WINDOW)]
        hours = max(1.0, len(inside) * source.step) * source.errors.shape[1]
        offsets.append(_conformal(source.errors[:, :, chosen], hours, spread))
        leads.append(source.leads[inside].mean())
    return Bounds(np.asarray(leads), np.stack(offsets, axis=1))


def bounds_from_spread(spread: Values) -> Bounds:
    """Return the same offsets for all leads, while there are no own errors yet."""
    return Bounds(np.zeros(1), spread[:, None, :])


def spread_of(logs: Values, season: int) -> Values:
    """Return quantiles (series, levels) of how gapless log values (series, n) differ from the season before.

    Below two seasons they differ from their median.
    """
    if logs.shape[1] >= 2 * season:
        differences = logs[:, season:] - logs[:, :-season]
    else:
        differences = logs - np.median(logs, axis=1, keepdims=True)
    return quantiles(differences, LEVELS)


def quantiles(values: Values, levels: Values) -> Values:
    """Return quantiles (rows, levels) of each row of values, leaving NaN out; 0 where nothing is left."""
    ordered = np.sort(values.reshape(len(values), -1), axis=1)  # NaN sorts last
    if not ordered.shape[1]:
        return np.zeros((len(ordered), len(levels)))
    counts = np.sum(~np.isnan(ordered), axis=1, keepdims=True)
    positions = np.clip(levels, 0.0, 1.0)[None, :] * np.maximum(counts - 1, 0)
    lower = np.floor(positions).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(counts - 1, 0))
    low, high = np.take_along_axis(ordered, lower, axis=1), np.take_along_axis(ordered, upper, axis=1)
    return np.where(counts > 0, low + (high - low) * (positions - lower), 0.0)


def _conformal(errors: Values, hours: float, spread: Values) -> Values:
    """Return conformal quantiles of pooled errors, mixed with the spread while they are few, (series, levels)."""
    effective = max(1.0, hours)
    # Upper levels move up and lower ones down: a bound errs on the wide side.
    corrected = 0.5 + (LEVELS - 0.5) * (effective + 1) / effective
    trust = effective / (effective + HOURS_OF_SPREAD)
    return trust * quantiles(errors, corrected) + (1 - trust) * spread
