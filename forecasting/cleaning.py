"""Cleaning before a fit: gaps stay gaps until a rule here fills them. Which samples are missing was decided before."""

from dataclasses import dataclass

import numpy as np

from forecasting.panel import Panel
from forecasting.seasons import HOUR, Steps, median_season
from forecasting.series import Flags, Values

LONGEST_SHORT_GAP = HOUR  # seconds; within an hour a straight line is closer than any season


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A panel without gaps, and which of its samples were filled, shape (series, n)."""

    panel: Panel
    filled: Flags


def fill_gaps(panel: Panel) -> Cleaned:
    """Fill short inner gaps along a line in log space, and all others with the median of their slot of the week.

    A slot of the week that was never seen takes the median of its slot of the day, and one of those the row's
    median. Every row needs at least one sample. Only samples of the panel itself are used, so a panel cut at an
    origin is filled without knowledge of what came after it.
    """
    missing = np.isnan(panel.logs)
    rows = np.flatnonzero(missing.any(axis=1))
    if not rows.size:
        return Cleaned(panel, missing)
    logs = panel.logs.copy()
    logs[rows] = _filled(logs[rows], missing[rows], panel.steps)
    return Cleaned(Panel(panel.steps, logs), missing)


def _filled(logs: Values, missing: Flags, steps: Steps) -> Values:
    """Return rows of log values with nothing missing."""
    seasonal = _seasonal_fill(logs, steps)
    positions = np.arange(logs.shape[1])
    # A gap on a coarse grid is short while it is a single sample.
    longest = max(1, int(LONGEST_SHORT_GAP // steps.seconds))
    filled = np.where(missing, seasonal, logs)
    for row, gaps in enumerate(missing):
        known = np.flatnonzero(~gaps)
        line = np.interp(positions, known, logs[row, known])
        short = _short_gaps(gaps, longest)
        filled[row, short] = line[short]
    return filled


def _short_gaps(gaps: Flags, longest: int) -> Flags:
    """Return which missing samples belong to an inner gap of at most `longest` samples."""
    edges = np.flatnonzero(np.diff(gaps, prepend=False, append=False))
    short = np.zeros(len(gaps), dtype=bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        inner = first > 0 and last < len(gaps)
        short[first:last] = inner and last - first <= longest
    return short


def _seasonal_fill(logs: Values, steps: Steps) -> Values:
    """Return for every sample the median of its slot of the week, else of its slot of the day, else of the row."""
    weekly = median_season(logs, steps.ticks, steps.per_week)[:, steps.ticks % steps.per_week]
    daily = median_season(logs, steps.ticks, steps.per_day)[:, steps.ticks % steps.per_day]
    overall = np.nanmedian(logs, axis=1, keepdims=True)
    by_day = np.where(np.isnan(daily), overall, daily)
    return np.where(np.isnan(weekly), by_day, weekly)
