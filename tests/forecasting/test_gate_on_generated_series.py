"""The gate on generated series: whoever moves at random must close it, whoever has a season must open it.

Each series draws its own level, size, season and noise from its seed, so that a set covers many loads of a kind.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from forecasting import Series, fit_batch
from forecasting.seasons import Ticks
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_series

RIGHT = 0.95  # of the runs of each kind


@dataclass(frozen=True)
class Case:
    """A history, what it is used for, and how many series of each kind are tried."""

    days: int
    step: timedelta
    lead_time: timedelta
    runs: int

    @property
    def per_day(self) -> int:
        return timedelta(days=1) // self.step

    @property
    def slots(self) -> Ticks:
        return np.arange(self.days * self.per_day)

    def __str__(self) -> str:
        minutes, ahead = (each // timedelta(minutes=1) for each in (self.step, self.lead_time))
        return f"{self.days} days of {minutes} min, {ahead} min ahead"


Generator = Callable[[np.random.Generator, Case], Values]

CASES = (
    Case(28, FIVE_MINUTES, FIVE_MINUTES, runs=200),
    Case(28, FIVE_MINUTES, 3 * FIVE_MINUTES, runs=200),
    Case(14, FIVE_MINUTES, FIVE_MINUTES, runs=60),
    Case(28, HOUR, HOUR, runs=100),
    Case(21, HOUR, HOUR, runs=100),
    Case(14, HOUR, HOUR, runs=100),
)


# ── Without a season ─────────────────────────────────────────────────────────────────────────────────────────────────
def random_walk(random: np.random.Generator, case: Case) -> Values:
    """Steps of the normal law, in demand or in its logarithm, far from zero or thrown back by it."""
    steps = np.cumsum(random.normal(size=len(case.slots)))
    size = random.uniform(0.002, 0.03)
    return np.asarray(random.choice([np.abs(1000 * (1 + size * steps)), 100 * np.exp(size * steps)]))


def white_noise(random: np.random.Generator, case: Case) -> Values:
    """Independent samples: normal, lognormal, uniform, exponential, or counts."""
    count, size = len(case.slots), random.uniform(0.05, 0.5)
    laws: tuple[Callable[[], Values], ...] = (
        lambda: np.maximum(0.0, 100 * (1 + size * random.normal(size=count))),
        lambda: 100 * np.exp(size * random.normal(size=count)),
        lambda: 100 * (1 + size * random.uniform(-1, 1, count)),
        lambda: random.exponential(100, count),
        lambda: random.poisson(10 * size, count).astype(float),
    )
    return laws[random.integers(len(laws))]()


# ── With a season ────────────────────────────────────────────────────────────────────────────────────────────────────
def season(random: np.random.Generator, case: Case) -> Values:
    """A day of a wave, of an evening peak, of office hours or of a scheduled job, most of them with other weekends."""
    hour = (case.slots % case.per_day) * 24 / case.per_day
    begin = random.integers(24)
    waves = (
        1 + random.uniform(0.3, 0.9) * np.sin(2 * np.pi * (hour - begin) / 24),
        1 + random.uniform(0.5, 3) * np.exp(-0.5 * ((hour - 12) / random.uniform(1.5, 4)) ** 2),
        np.where((hour - begin) % 24 < random.integers(6, 12), random.uniform(2, 5), 1.0),
        np.where((hour - begin) % 24 < random.integers(1, 4), random.uniform(2, 5), 1.0),
    )
    at_weekends = random.choice([1.0, random.uniform(0.3, 0.8)])
    weekend = case.slots // case.per_day % 7 >= 5
    return np.asarray(random.uniform(10, 5000) * random.choice(waves) * np.where(weekend, at_weekends, 1.0))


def noisy_season(random: np.random.Generator, case: Case) -> Values:
    """A season times lognormal noise."""
    wave = season(random, case)
    return np.asarray(wave * np.exp(random.uniform(0.02, 0.15) * random.normal(size=len(wave))))


def generated(kind: Generator, case: Case, runs: int) -> list[Series]:
    """So many series of a kind, each from a seed of its own."""
    return [a_series(kind(np.random.default_rng(seed), case), case.step) for seed in range(runs)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    ("kind", "opens", "most_runs"),
    [(random_walk, False, 200), (white_noise, False, 200), (noisy_season, True, 200), (season, True, 20)],
    ids=["random walks", "white noise", "noisy seasons", "seasons without noise"],
)
def test_the_gate_opens_for_seasons_and_for_nothing_else(
    kind: Generator, case: Case, most_runs: int, *, opens: bool
) -> None:
    series = generated(kind, case, min(case.runs, most_runs))

    gates = [each.gate for each in fit_batch(series, lead_time=case.lead_time)]

    reasons = Counter(gate.reason for gate in gates)
    assert sum(gate.open == opens for gate in gates) >= RIGHT * len(gates), reasons
