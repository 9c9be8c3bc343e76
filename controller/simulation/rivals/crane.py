"""Crane-like: an HPA beside a forecast from whole days or weeks, where the past is periodic.

Source: github.com/gocrane/crane, pkg/prediction/dsp, as of 2022 (IsPeriodic, the estimators, the choice between them,
12 h between two choices), and the EffectiveHorizontalPodAutoscaler, which hands the highest value forecast for the next
hour to an HPA as a second metric. Estimators are the two of its defaults by Fourier transform and the maximum of
past cycles, with the margin of 15 %; two weeks of history, so that a week can be a cycle.
"""

import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np

from controller.simulation.demand import TICK
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, external_replicas
from controller.simulation.world import View
from forecasting.series import Values

MINUTE_TICKS = timedelta(minutes=1) // TICK
HOUR = 60  # minutes, as all that follow
CYCLES = (24 * HOUR, 7 * 24 * HOUR)
HISTORY = 14 * 24 * HOUR
RENEWED_EVERY_SECONDS = 12 * 3600.0
MARGIN = 0.15
MOST_WAVES = 100
SMALLEST = 0.01  # what stands for nothing
AMPLIFIED = math.log(1.25)  # what is forecast too low counts several times

Estimator = Callable[[Values, int], Values]
"""Returns the cycle to come from whole past ones, and how many minutes a cycle has."""


def crane_hpa(target_rps: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE) -> HPA:
    """Return an HPA on the requests/s offered now and forecast, both as an average for each pod."""
    prediction = Prediction()

    def wish(view: View) -> int:
        return max(
            external_replicas(rate, target_rps, created=view.created, tolerance=tolerance)
            for rate in (view.offered_rps, prediction.highest(view))
        )

    return HPA(wish, min_replicas, max_replicas)


class Prediction:
    """The cycle to come, made anew twice a day."""

    def __init__(self) -> None:
        self._made_at: float | None = None
        self._cycle: Values = np.empty(0)

    def highest(self, view: View) -> float:
        """Return the highest rate forecast for the next hour; 0 where the past is not periodic."""
        if self._made_at is None or view.seconds - self._made_at >= RENEWED_EVERY_SECONDS:
            self._made_at, self._cycle = view.seconds, forecast(minutes_of(view.past_rps))
        passed = int((view.seconds - self._made_at) // 60)
        return float(self._cycle[passed : passed + HOUR + 1].max(initial=0.0))


def minutes_of(rates: Values) -> Values:
    """Return the means of the newest whole minutes, missing ones on the line between their neighbours."""
    whole = len(rates) // MINUTE_TICKS * MINUTE_TICKS
    minutes: Values = rates[len(rates) - whole :].reshape(-1, MINUTE_TICKS).mean(axis=1)[-HISTORY:]
    known = np.flatnonzero(~np.isnan(minutes))
    if not len(known):
        return minutes[:0]
    filled: Values = np.interp(np.arange(len(minutes)), known, minutes[known])
    return filled


def forecast(minutes: Values) -> Values:
    """Return the cycle to come by the estimator that would have been best for the last one; nothing without a cycle."""
    for cycle in CYCLES:
        whole = minutes[len(minutes) - len(minutes) // cycle * cycle :]
        if is_periodic(whole, cycle):
            past, last = whole[:-cycle], whole[-cycle:]
            errors = [error_of(last, estimate(past, cycle)) for estimate in ESTIMATORS]
            return ESTIMATORS[int(np.argmin(errors))](whole, cycle)
    return np.empty(0)


def is_periodic(minutes: Values, cycle: int) -> bool:
    """Return whether at least two cycles are there, and no slower wave is stronger than that of the cycle."""
    cycles = len(minutes) // cycle
    if cycles < 2:  # noqa: PLR2004  one cycle repeats nothing
        return False
    waves = np.abs(np.fft.rfft(minutes))
    return bool(waves[cycles] > waves[1:cycles].max(initial=0.0))


def error_of(actual: Values, predicted: Values) -> float:
    """Return the mean relative error, what is too low amplified; the mean absolute one where something is nothing."""
    if (actual < SMALLEST / 10).any():
        return float(np.mean(np.abs(actual - predicted)))
    ratio = predicted / actual
    return float(np.mean(np.where(ratio < 1, -np.log(np.minimum(ratio, 1)) / AMPLIFIED, ratio - 1)))


def highest_of_cycles(minutes: Values, cycle: int) -> Values:
    """Return the highest of each minute of the cycle, and the margin."""
    highest: Values = (1 + MARGIN) * minutes.reshape(-1, cycle).max(axis=0)
    return highest


def waves_of(minutes: Values, cycle: int, *, fewest: int, weakest: float) -> Values:
    """Return the last cycle of the slow and the strong waves, and the margin.

    Waves faster than an hour are left out unless they are among the hundred strongest and at least `weakest`, or among
    the `fewest` strongest.
    """
    waves = np.fft.rfft(minutes)
    strength = np.abs(waves) / len(minutes)
    ranked = np.sort(strength[1:])[::-1]
    threshold = min(max(ranked[min(MOST_WAVES, len(ranked)) - 1], weakest), ranked[min(fewest, len(ranked)) - 1])
    fast = np.arange(len(waves)) * HOUR > len(minutes)
    waves[fast & (strength < threshold)] = 0.0
    kept: Values = (1 + MARGIN) * np.maximum(np.fft.irfft(waves, len(minutes))[-cycle:], SMALLEST)
    return kept


ESTIMATORS: tuple[Estimator, ...] = (
    lambda minutes, cycle: waves_of(minutes, cycle, fewest=3, weakest=1.0),
    lambda minutes, cycle: waves_of(minutes, cycle, fewest=50, weakest=0.05),
    highest_of_cycles,
)
