"""Intervals: bounds from the forecast's own past errors, so that coverage is a promise that was measured.

Source: split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). With n
errors e = sqrt(y) - sqrt(f) made at a lead, the bound at level p is f moved by as much, in square roots, as

    the ceil(p * (n + 1))-th smallest error of n, as a quantile p * (n + 1) / n, at most the largest.

Demand counts events, and counts vary as much at night as at noon once their square root is taken (Bartlett, The Square
Root Transformation in Analysis of Variance, 1936); in log space nights would look wild, in plain units noons.

Errors are pooled over windows of lead; between the middles of the windows offsets are interpolated. Neighbours make the
same mistake, so what an origin says of a window counts in n as two errors over the hours that it spans. While there are
few, quantiles are mixed with those of the spread: how much the history differs from one season to the next. Nights and
days err differently: errors are divided by how large they are in their hour of the day before they are pooled
(normalised nonconformity, Papadopoulos, Vovk and Gammerman, 2011), as far as enough of them say so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.interpolation import interpolate
from forecasting.leads import Leads
from forecasting.seasons import Ticks
from forecasting.series import LARGEST_SAMPLE, Values

# The levels offsets are kept at; others are interpolated. Finer towards the ends, where bounds are planned.
LEVELS = np.array([0.005, 0.01, 0.025, 0.05, *np.arange(0.1, 0.91, 0.1), 0.925, 0.95, 0.975, 0.99, 0.995])
NEWS_OF_A_WINDOW = 2.0  # an origin's errors in one are alike: they count as so many over its hours, at most as one
ERRORS_OF_SPREAD = 3.0  # the spread counts as much as so many errors of its own
ERRORS_OF_AN_HOUR = 150.0  # an hour of the day is as wide as any other until as many errors say otherwise
HOURS = 24
LARGEST_ROOT = math.sqrt(LARGEST_SAMPLE)


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Offsets of square roots (series, windows, levels) at the middles of windows of lead, `leads` (windows,) in hours.

    They are multiplied by the `width` (series, 24) of the local hour they are for.
    """

    leads: Values
    offsets: Values
    width: Values

    def select(self, row: int) -> "Bounds":
        """Return the bounds of one of the series, as its own copy."""
        return Bounds(self.leads, self.offsets[row : row + 1].copy(), self.width[row : row + 1].copy())

    def at(self, leads: Values, levels: Values, hours: Ticks) -> Values:
        """Return offsets (series, levels, ..., leads) for rising levels, leads in hours and local hours (..., leads).

        They rise with the level.
        """
        rising = self.rising_at(leads, levels)
        between = [1] * (hours.ndim - 1)
        at: Values = rising.reshape(*rising.shape[:2], *between, len(leads)) * self.width[:, None, hours]
        return at

    def rising_at(self, leads: Values, levels: Values) -> Values:
        """Return the same before the hour of the day is looked at, (series, levels, leads)."""
        by_window = interpolate(self.offsets, LEVELS, levels)
        offsets = interpolate(np.swapaxes(by_window, 1, 2), self.leads, leads)
        # Interpolation rounds: two equal offsets may come out a hair the wrong way round.
        rising: Values = np.maximum.accumulate(offsets, axis=1)
        return rising


def bounds_from(errors: Values, leads: Leads, hours: Ticks, spread: Values) -> Bounds:
    """Return bounds from errors of roots (series, folds, origins, leads), mixed with the spread (series, levels).

    `hours` (folds, origins, leads) is the local hour each error was made for; an error is NaN where truth is unknown.
    """
    by_window = [errors[..., inside].reshape(len(errors), -1) for inside in leads.windows]
    hours_by_window = [hours[..., inside].ravel() for inside in leads.windows]
    width = _width_of_hours(by_window, hours_by_window)
    origins = np.logical_or.reduceat(~np.isnan(errors), [inside.start for inside in leads.windows], axis=-1)
    counts = np.sum(origins, axis=(1, 2)) * np.minimum(1.0, NEWS_OF_A_WINDOW / leads.widths)
    offsets = [
        _conformal(of_window / width[:, at], count, spread)
        for of_window, at, count in zip(by_window, hours_by_window, counts.T, strict=True)
    ]
    return Bounds(leads.middles, np.stack(offsets, axis=1), width)


def bounds_from_spread(spread: Values) -> Bounds:
    """Return the same offsets for all leads and hours, while there are no own errors yet."""
    return Bounds(np.zeros(1), spread[:, None, :], np.ones((len(spread), HOURS)))


def _width_of_hours(errors: Sequence[Values], hours: Sequence[Ticks]) -> Values:
    """Return how large errors are in each hour of the day, relative to their window of lead, (series, 24).

    Errors are (series, n) and their hours (n,), for each window.
    """
    sums, counts = np.zeros((2, len(errors[0]), HOURS))
    for of_window, at in zip(errors, hours, strict=True):
        of_hour = (at[:, None] == np.arange(HOURS)).astype(np.float64)
        known = ~np.isnan(of_window)
        sizes, seen = np.where(known, np.abs(of_window), 0.0) @ of_hour, known @ of_hour
        total = sizes.sum(axis=1, keepdims=True)
        errs = total > 0  # a window without an error says nothing about hours
        sums += sizes / np.where(errs, total, 1.0) * seen.sum(axis=1, keepdims=True)
        counts += np.where(errs, seen, 0.0)
    width: Values = (_with_neighbours(sums) + ERRORS_OF_AN_HOUR) / (_with_neighbours(counts) + ERRORS_OF_AN_HOUR)
    return width


def _with_neighbours(hours: Values) -> Values:
    """Return values (series, 24) smoothed around the clock."""
    return 0.5 * hours + 0.25 * (np.roll(hours, 1, axis=1) + np.roll(hours, -1, axis=1))


def roots_of(demand: Values) -> Values:
    """Return demand as square roots, which errors and bounds are counted in."""
    roots: Values = np.sqrt(demand)
    return roots


def from_roots(roots: Values) -> Values:
    """Return square roots as demand; what a bound moved below 0, or beyond any demand, ends there."""
    demand: Values = np.minimum(np.maximum(roots, 0.0), LARGEST_ROOT) ** 2
    return demand


def spread_of(demand: Values, season: int) -> Values:
    """Return quantiles (series, levels) of how roots of gapless demand (series, n) differ from the season before.

    Below two seasons they differ from their median.
    """
    roots = roots_of(demand)
    if roots.shape[1] >= 2 * season:
        differences = roots[:, season:] - roots[:, :-season]
    else:
        differences = roots - np.median(roots, axis=1, keepdims=True)
    return quantiles(differences, LEVELS)


def quantiles(values: Values, levels: Values) -> Values:
    """Return quantiles (rows, levels) of each row of values, leaving NaN out; 0 where nothing is left.

    `levels` is (levels,) or (rows, levels).
    """
    ordered = np.sort(values.reshape(len(values), -1), axis=1)  # NaN sorts last
    if not ordered.shape[1]:
        return np.zeros((len(ordered), levels.shape[-1]))
    counts = np.sum(~np.isnan(ordered), axis=1, keepdims=True)
    positions = np.clip(levels, 0.0, 1.0) * np.maximum(counts - 1, 0)
    lower = np.floor(positions).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(counts - 1, 0))
    low, high = np.take_along_axis(ordered, lower, axis=1), np.take_along_axis(ordered, upper, axis=1)
    return np.where(counts > 0, low + (high - low) * (positions - lower), 0.0)


def _conformal(errors: Values, count: Values, spread: Values) -> Values:
    """Return conformal quantiles (series, levels) of errors (series, n) that count as so many, with the spread."""
    effective = np.maximum(1.0, count)[:, None]
    # Upper levels move up and lower ones down: a bound errs on the wide side.
    corrected = 0.5 + (LEVELS - 0.5) * (effective + 1) / effective
    trust = effective / (effective + ERRORS_OF_SPREAD)
    return trust * quantiles(errors, corrected) + (1 - trust) * spread
