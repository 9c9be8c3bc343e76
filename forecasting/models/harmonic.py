"""Harmonic regression: a ridge on Fourier terms of the day and the week, newer samples heavier.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 7.4 (Fourier series) and Hoerl and
Kennard, Ridge Regression, 1970. On hourly means z of log(1 + y), with x the Fourier terms at the middle of the hour:

    beta = argmin sum_t w[t] (z[t] - x[t]' beta) ** 2 + ridge * |beta without the mean| ** 2
    w[t] = 0.5 ** (age[t] / 5 days)

The mean over L steps of cos(a * t) is cos(a * middle) * sin(a * L / 2) / (L * sin(a / 2)); with that factor on each
term the coefficients describe single steps although they were learned from hours. Weekly terms that are multiples of 7
repeat daily ones and are left out. The AR(1) of persistence.py carries deviations forward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Self

import numpy as np

from forecasting.models.persistence import persistence_of
from forecasting.panel import Panel
from forecasting.seasons import DAY, HOUR, Steps, hourly
from forecasting.series import Values

DAILY_PAIRS = tuple(7 * k for k in range(1, 11))  # down to periods of 2.4 hours, in cycles a week
WEEKLY_PAIRS = tuple(k for k in range(1, 11) if k % 7)
HALF_LIFE = 5 * DAY / HOUR  # hours
RIDGE = 1.0  # in units of one hour's weight: enough for a steady solution on a single day
KEPT_TERMS = 8  # those of the steps that are asked for again with every sample


@dataclass(frozen=True, slots=True, eq=False)
class FittedHarmonic:
    """Coefficients (series, terms) of the Fourier terms, and how long a deviation lasts (series,)."""

    coefficients: Values
    persistence: Values

    @property
    def layout(self) -> tuple[int, ...]:
        """Its terms."""
        return self.coefficients.shape[1:]

    def pattern(self, steps: Steps) -> Values:
        """Return the Fourier series at the middle of each step."""
        weekly = self.coefficients.shape[1] > 1 + 2 * len(DAILY_PAIRS)
        return self.coefficients @ _terms_of_steps(steps, weekly=weekly).T

    def absorb(self, fresh: Panel) -> Self:
        """Return itself: a few samples do not change the coefficients."""
        del fresh
        return self

    def select(self, row: int) -> Self:
        """Return one of the series."""
        return type(self)(self.coefficients[row : row + 1].copy(), self.persistence[row : row + 1].copy())


class Harmonic:
    """Ten daily pairs, and nine weekly ones from two weeks of history on."""

    name = "harmonic"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[FittedHarmonic, ...]:
        """Solve one weighted ridge for all series at each position: they share the terms and the weights."""
        return tuple(_fit(panel.before(position)) for position in positions)


def _fit(past: Panel) -> FittedHarmonic:
    means = hourly(past.logs, past.steps.per_hour)
    pairs = _pairs(weekly=len(past) >= 2 * past.steps.per_week)
    terms = _terms_of_hours(past.steps, means.shape[1], pairs)
    weights = 0.5 ** (np.arange(means.shape[1])[::-1] / HALF_LIFE)
    weighted = terms * weights[:, None]
    penalty = np.diag([0.0] + [RIDGE] * (terms.shape[1] - 1))
    coefficients = np.linalg.solve(weighted.T @ terms + penalty, weighted.T @ means.T).T
    deviations = (means - coefficients @ terms.T) * np.sqrt(weights)
    return FittedHarmonic(coefficients, persistence_of(deviations))


def _pairs(*, weekly: bool) -> Values:
    return np.asarray(DAILY_PAIRS + WEEKLY_PAIRS if weekly else DAILY_PAIRS, dtype=np.float64)


def _terms(weeks: Values, cycles: Values) -> Values:
    """Return 1, cosines and sines of so many cycles a week at times in weeks, (times, 1 + 2 * cycles)."""
    angles = 2 * np.pi * np.outer(weeks % 1.0, cycles)
    return np.concatenate([np.ones((len(weeks), 1)), np.cos(angles), np.sin(angles)], axis=1)


@lru_cache(maxsize=KEPT_TERMS)
def _terms_of_steps(steps: Steps, *, weekly: bool) -> Values:
    """Return the terms at the middle of each step, (steps, terms): the same for all series and samples."""
    return _terms((steps.ticks + 0.5) / steps.per_week, _pairs(weekly=weekly))


def _terms_of_hours(steps: Steps, hours: int, cycles: Values) -> Values:
    """Return the terms averaged over each whole hour counted back from the end, (hours, terms)."""
    length = steps.per_hour
    first_ticks = steps.ticks[len(steps) - hours * length :: length]
    half_step = np.pi * cycles / steps.per_week
    damping = np.sin(half_step * length) / (length * np.sin(half_step))
    terms = _terms((first_ticks + length / 2) / steps.per_week, cycles)
    damped: Values = terms * np.concatenate([[1.0], damping, damping])
    return damped
