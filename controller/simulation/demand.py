"""Demand: a trace brought to the world's ticks: holes filled, interpolated, made noisy, scaled.

What serves the demand lives in world.py. Nothing here depends on a policy: every rival meets the same arrays.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np

from controller.errors import InputRefused
from controller.simulation.spikes import spike_factors
from forecasting.series import Series, Values

TICK = timedelta(seconds=15)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
HISTORY = timedelta(days=28)  # what a fit may look back on
EVALUATED = timedelta(days=14)
EVALUATED_OF_SHORT_TRACE = timedelta(days=4)  # of traces under 28 days
WARM_UP_TICKS = 6  # metrics are means over 60 s that are 30 s old: the first decision looks back on this much
LONGEST_INTERPOLATED_HOLE = timedelta(hours=1)
NOISE_MEMORY = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
SMALL_COUNT = 1000.0  # counts per minute below this are mostly counting noise
SMALL_COUNT_STEP = timedelta(minutes=5)
PEAK_PERCENTILE = 99.0


@dataclass(frozen=True, slots=True)
class DemandSettings:
    """How a trace becomes demand: what is evaluated, the scale, the noise, added spikes, and the seed of both."""

    evaluate_from: datetime | None = None
    """Begin of the evaluated window; by default 14 days before the end (4 of traces under 28 days)."""
    peak_rps: float | None = 600.0
    """The p99 of the evaluated window, in requests/s; None takes the trace's values as requests/s."""
    noise: float = 0.05
    """Coefficient of variation of the noise."""
    spikes: bool = False
    """Three scheduled spikes a day on top."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Demand:
    """Requests/s offered in each tick, shape (n,); `rps[i]` holds over `[start + i * TICK, start + (i + 1) * TICK)`.

    Ticks before `known_from` lie before the trace, those before `evaluated_from` before the evaluated window.
    """

    start: datetime
    rps: Values
    known_from: int
    evaluated_from: int

    def at(self, tick: int) -> datetime:
        """Return when a tick begins."""
        return self.start + tick * TICK

    def ticks(self, begin: datetime, end: datetime) -> slice:
        """Return the ticks that touch [begin, end)."""
        first, last = (begin - self.start) // TICK, -((self.start - end) // TICK)
        return slice(max(0, first), max(0, last))

    def history(self, end: int) -> Series:
        """Return the demand known before tick `end`, at most 28 days of it, on the world's ticks."""
        begin = min(end, max(self.known_from, end - HISTORY // TICK))
        return Series(self.at(begin), TICK, self.rps[begin:end])


def make_demand(trace: Series, settings: DemandSettings) -> Demand:
    """Return the demand of a trace from 28 days before the evaluated window to the end of the trace.

    Raises InputRefused where the trace holds no sample or the window to evaluate is not within it.
    """
    first_at = _evaluate_from(trace, settings.evaluate_from)
    samples = fill_holes(_without_counting_noise(trace) if settings.peak_rps is not None else trace)
    first = math.ceil((first_at - trace.start) / TICK)
    begin = max(0, first - HISTORY // TICK)
    grid = np.arange(begin - WARM_UP_TICKS, (trace.end - trace.start) // TICK)
    start = trace.start + int(grid[0]) * TICK
    rps = _interpolate(samples, start, len(grid)) * _noise(len(grid), settings.noise, settings.seed)
    if settings.spikes:
        rps *= spike_factors(start, TICK, ticks=len(grid), seed=settings.seed)
    evaluated_from = first - int(grid[0])
    if settings.peak_rps is not None:
        rps *= _scale(rps[evaluated_from:], settings.peak_rps)
    return Demand(start, rps, known_from=WARM_UP_TICKS, evaluated_from=evaluated_from)


def fill_holes(trace: Series) -> Series:
    """Fill holes over an hour from the week before, else from the day before; shorter ones stay for interpolation."""
    values = trace.values.copy()
    for begin, end in _holes(values):
        if (end - begin) * trace.step <= LONGEST_INTERPOLATED_HOLE:
            continue
        for back in (WEEK // trace.step, DAY // trace.step):
            missing = np.flatnonzero(np.isnan(values[begin:end])) + begin
            missing = missing[missing >= back]
            values[missing] = values[missing - back]
    return Series(trace.start, trace.step, values)


def _holes(values: Values) -> list[tuple[int, int]]:
    """Return where runs of missing samples begin and end, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], np.isnan(values), [False])).astype(int)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _evaluate_from(trace: Series, wish: datetime | None) -> datetime:
    whole = trace.end - trace.start
    if wish is None:
        window = EVALUATED if whole >= HISTORY else EVALUATED_OF_SHORT_TRACE
        if whole <= window:
            raise InputRefused(
                f"the trace spans {whole}, which leaves nothing to learn from before the last {window.days} days; "
                "give a longer one, or --evaluate-from"
            )
        return trace.end - window
    if not trace.start <= wish < trace.end:
        raise InputRefused(
            f"--evaluate-from {wish.isoformat()} lies outside of the trace, which runs from {trace.start.isoformat()} "
            f"to {trace.end.isoformat()}"
        )
    return wish


def _without_counting_noise(trace: Series) -> Series:
    """Average small counts per minute to five minutes."""
    if trace.step != MINUTE or np.isnan(trace.values).all():
        return trace
    small = float(np.nanpercentile(trace.values, PEAK_PERCENTILE)) < SMALL_COUNT
    return trace.at_step(SMALL_COUNT_STEP) if small else trace


def _interpolate(samples: Series, start: datetime, ticks: int) -> Values:
    """Return samples at the centres of the ticks, linear between the centres of the samples, level beyond the ends."""
    known = ~np.isnan(samples.values)
    if not known.any():
        raise InputRefused("the trace has no sample: every value is missing")
    centres = samples.seconds + samples.step.total_seconds() / 2
    wanted = start.timestamp() + (np.arange(ticks) + 0.5) * TICK.total_seconds()
    rps: Values = np.interp(wanted, centres[known], samples.values[known])
    return rps


def _noise(ticks: int, variation: float, seed: int) -> Values:
    """Return factors around 1, never below 0, shape (ticks,): AR(1) with the given coefficient of variation."""
    kept = math.exp(-TICK / NOISE_MEMORY)
    shocks = np.random.default_rng([seed, 0]).standard_normal(ticks)
    shocks[1:] *= math.sqrt(1 - kept**2)  # the first is drawn from the stationary state
    deviation = np.fromiter(accumulate(shocks.tolist(), lambda last, shock: kept * last + shock), float, ticks)
    return np.maximum(0.0, 1 + variation * deviation)


def _scale(rps: Values, peak_rps: float) -> float:
    peak = float(np.percentile(rps, PEAK_PERCENTILE))
    if peak <= 0:
        raise InputRefused("the evaluated window is zero at its p99, so it cannot be scaled; use --scale none")
    return peak_rps / peak
