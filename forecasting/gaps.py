"""Gaps stay gaps until a rule here fills them. Which samples are missing was decided before.

Short inner gaps become a line in log space, all others take the median of their slot of the week, else of their slot
of the day. Without hindsight only what came before fills a gap: the newest sample holds for as long as a gap is short.
"""

import numpy as np

from forecasting.local_days import DAYS_OF_A_WEEK, LocalDays
from forecasting.masks import runs_of
from forecasting.panel import Panel
from forecasting.robust import median_of_known
from forecasting.seasons import HOUR, Ticks
from forecasting.series import Flags, Values

LONGEST_SHORT_GAP = HOUR  # seconds; within an hour a straight line is closer than any season


def fill_gaps(panel: Panel, *, hindsight: bool = True) -> Panel:
    """Return a panel with no sample missing; every row needs at least one.

    A slot of the week that was never seen takes the median of its slot of the day, and one of those the row's median.
    Without `hindsight` a sample is filled from earlier ones alone, at last with the newest of them; only before the
    first of all is that the first.
    """
    missing = np.isnan(panel.logs)
    rows = np.flatnonzero(missing.any(axis=1))
    if not rows.size:
        return panel
    logs = panel.logs.copy()
    # A gap on a coarse grid is short while it is a single sample.
    longest = max(1, int(LONGEST_SHORT_GAP // panel.steps.seconds))
    days = LocalDays.of(Panel(panel.steps, logs[rows]))
    for row, of_days in zip(rows, days.end_to_end(), strict=True):
        short = _short_gaps(missing[row], longest, hindsight=hindsight)
        logs[row, short] = _bridge(panel.logs[row], np.flatnonzero(short), hindsight=hindsight)
        long = np.flatnonzero(missing[row] & ~short)
        if long.size:
            usual = _usual(of_days, days.places[long], days.slots, hindsight=hindsight)
            at_last = _at_last(panel.logs[row], long, hindsight=hindsight)
            logs[row, long] = np.where(np.isnan(usual), at_last, usual)
    return Panel(panel.steps, logs)


def _short_gaps(gaps: Flags, longest: int, *, hindsight: bool) -> Flags:
    """Return which missing samples belong to an inner gap of at most `longest`, or to the first ones of any gap.

    Without hindsight, nobody knows yet how long it will be.
    """
    short = np.zeros(len(gaps), dtype=bool)
    for first, last in runs_of(gaps):
        if hindsight:
            short[first:last] = first > 0 and last < len(gaps) and last - first <= longest
        else:
            short[first : min(last, first + longest)] = first > 0
    return short


def _bridge(logs: Values, short: Ticks, *, hindsight: bool) -> Values:
    """Return a line through each short gap of a row, or without hindsight the newest sample before it."""
    known = np.flatnonzero(~np.isnan(logs))
    return np.interp(short, known, logs[known]) if hindsight else _newest(logs, short)


def _usual(of_days: Values, places: Ticks, slots: int, *, hindsight: bool) -> Values:
    """Return the median of the same slot of other weeks, else of other days, for places in a row; NaN if there is none.

    `of_days` are the row's days laid end to end.
    """
    back = slots * np.arange(1, len(of_days) // slots)
    lags = np.concatenate([-back, back]) if hindsight else back
    usual = median_of_known(_samples(of_days, places, lags[lags % (DAYS_OF_A_WEEK * slots) == 0]))
    never = np.isnan(usual)
    if never.any():
        usual[never] = median_of_known(_samples(of_days, places[never], lags))
    return usual


def _samples(values: Values, places: Ticks, lags: Ticks) -> Values:
    """Return the samples so many steps before each place, (places, lags); NaN where a lag leads out of the values."""
    wanted = places[:, None] - lags[None, :]
    inside = (wanted >= 0) & (wanted < len(values))
    return np.where(inside, values[np.where(inside, wanted, 0)], np.nan)


def _at_last(logs: Values, long: Ticks, *, hindsight: bool) -> Values:
    """Return what fills a slot never seen: the row's median, or without hindsight the newest sample before it."""
    return np.full(len(long), np.nanmedian(logs)) if hindsight else _newest(logs, long)


def _newest(logs: Values, positions: Ticks) -> Values:
    """Return the newest known sample before each position, or the first of all where none is before it."""
    known = np.flatnonzero(~np.isnan(logs))
    newest: Values = logs[known[np.maximum(np.searchsorted(known, positions) - 1, 0)]]
    return newest
