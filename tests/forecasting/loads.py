"""Seeded synthetic loads for the tests of this room."""

from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import ArrayLike

from forecasting import Series
from forecasting.panel import Panel
from forecasting.seasons import local_steps
from forecasting.series import Values

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def a_series(values: ArrayLike, step: timedelta = FIVE_MINUTES, start: datetime = MONDAY) -> Series:
    return Series(start, step, np.asarray(values, dtype=np.float64))


def a_panel(
    values: ArrayLike, step: timedelta = FIVE_MINUTES, *, start: datetime = MONDAY, zone: tzinfo = UTC
) -> Panel:
    """One row, or one for each row of values."""
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    steps = local_steps(start.timestamp(), step.total_seconds(), rows.shape[1], zone)
    return Panel(steps, np.log1p(rows))


def usual_week(days: int, step: timedelta = FIVE_MINUTES) -> Values:
    """A day's wave that is lower at weekends, without noise, from a Monday on."""
    per_day = timedelta(days=1) // step
    steps = np.arange(days * per_day)
    wave = 100 * (1.5 + np.sin(2 * np.pi * steps / per_day))
    weekend = steps // per_day % 7 >= 5
    return np.where(weekend, 0.6 * wave, wave)


def noise(count: int, seed: int, *, persistence: float = 0.0, scale: float = 0.05) -> Values:
    """AR(1) noise of the given standard deviation."""
    shocks = np.random.default_rng(seed).normal(0, scale * np.sqrt(1 - persistence**2), count)
    values = np.empty(count)
    state = 0.0
    for i, shock in enumerate(shocks):
        state = persistence * state + shock
        values[i] = state
    return values


def noisy_week(
    days: int, seed: int = 0, *, persistence: float = 0.8, scale: float = 0.05, step: timedelta = FIVE_MINUTES
) -> Values:
    """The usual week times lognormal AR(1) noise."""
    week = usual_week(days, step)
    return np.asarray(week * np.exp(noise(len(week), seed, persistence=persistence, scale=scale)))
