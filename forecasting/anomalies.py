"""Anomalies: outages, one-off spikes and glitches among what the season does not explain. Nothing is changed here.

An anomaly is a run of samples beyond their limit (unexplained.py), grown to those beyond half of it, that

    is soon over: what stands for a day is a new level, see levels.py;
    does not come back: no other season has nearly as much, a little earlier or later;
    is a rarity: runs that come every other day, at whatever time, are the nature of a load.

A glitch is a sample or two, ten times as far from all neighbours as demand could be: those may come often. With
hindsight a run is judged as a whole, and seasons after it may bring it back. Without, its samples are judged as they
come: from the first beyond the limit on, for as long as an anomaly may last.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecasting.local_days import LocalDays
from forecasting.masks import Masks, Reason, in_order, masks_of
from forecasting.panel import Panel
from forecasting.seasons import HOUR, Ticks
from forecasting.series import Flags
from forecasting.unexplained import NEIGHBOURS, Unexplained, find_unexplained

GROWN_TO = 0.5  # of a limit: its flanks belong to an anomaly
LONGEST_SPIKE, LONGEST_OUTAGE = 0.25, 1.0  # days: a drop may be one odd day, but who is busy for hours is busy
LONGEST_TO_COME = 0.25  # days, without hindsight: beyond it, nobody knows whether it ever ends
JITTER = 1 / 6  # hours that a recurring spike may come early or late
MOST = 0.5  # of a run's samples: what other seasons explain so far came back
RARITY = 0.5  # runs a day
ALWAYS_RARE = 2  # runs, however short the history
GLITCH_STEPS = 2
GLITCH_SECONDS = 900.0  # two samples that last longer are no counter's mistake
ABSURD = math.log(10.0)
FEW = 5  # samples of a row that may be as absurd as a glitch upwards


ANOMALIES = (Reason.OUTAGE, Reason.SPIKE, Reason.GLITCH)


@dataclass(frozen=True, slots=True)
class _Run:
    """Places [first, last) of a row with an excess of one sign; `core` is the first beyond the limit.

    `rare` says that there are few like it in its row, `absurd` that it may be a glitch.
    """

    row: int
    sign: int
    first: int
    core: int
    last: int
    rare: bool
    absurd: bool


def find_anomalies(panel: Panel, *, hindsight: bool) -> tuple[Masks, ...]:
    """Return what is to be masked in each row of a panel, in order; what is missing already is no anomaly.

    Without `hindsight`, what is found before a position in the newer half depends on nothing at or after it.
    """
    days = LocalDays.of(panel)
    found = find_unexplained(days, hindsight=hindsight)
    judge = _Judge(found, panel.steps.seconds, hindsight)
    flags = {reason: np.zeros(found.values.shape, dtype=bool) for reason in ANOMALIES}
    for run in judge.runs():
        reason = judge.reason(run)
        if reason:
            flags[reason][run.row, run.first : run.last] = judge.masked(run, reason)
    by_reason = [masks_of(days.steps_of(of_reason), reason) for reason, of_reason in flags.items()]
    return tuple(in_order(*of_row) for of_row in zip(*by_reason, strict=True))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tells anomalies from demand among what is unexplained; `seconds` is the length of a step."""

    found: Unexplained
    seconds: float
    hindsight: bool

    def runs(self) -> Iterator[_Run]:
        """Yield the runs beyond the limit that are rarities or may be glitches."""
        excess = self.found.excess
        width = excess.shape[1] + 1  # a place more, so that no run goes on in the next row
        grown, beyond = np.zeros((2, len(excess), width), dtype=bool)
        for sign, compare in ((1, np.greater), (-1, np.less)):
            if not compare(excess, sign, out=beyond[:, :-1]).any():
                continue
            compare(excess, sign * GROWN_TO, out=grown[:, :-1])
            edges = np.flatnonzero(np.diff(grown.ravel(), prepend=False))
            cores = np.append(np.flatnonzero(beyond), beyond.size)
            core = cores[np.searchsorted(cores, edges[::2])]
            real = core < edges[1::2]
            row = core[real] // width
            first, core, last = (each[real] - row * width for each in (edges[::2], core, edges[1::2]))
            rare, absurd = self._rare(row, first), self._absurd(row, core, last - first)
            columns = (each[rare | absurd].tolist() for each in (row, first, core, last, rare, absurd))
            for of_row, *rest in zip(*columns, strict=True):
                yield _Run(of_row, sign, *rest)

    def reason(self, run: _Run) -> Reason | None:
        """Return why a run is an anomaly, or nothing where it is demand."""
        if self.hindsight and (self._lasts(run) or np.mean(self._comes_back(run)) >= MOST):
            return None
        # Without hindsight a fall may be the beginning of an outage, of which a glitch would be the first two samples.
        if run.absurd and (self._unheard_of(run) if run.sign > 0 else self.hindsight or not run.rare):
            return Reason.GLITCH
        if not run.rare:
            return None
        return Reason.SPIKE if run.sign > 0 else Reason.OUTAGE

    def masked(self, run: _Run, reason: Reason) -> Flags:
        """Return which places of a run to mask, (places,)."""
        if self.hindsight:
            return np.ones(run.last - run.first, dtype=bool)
        longest = GLITCH_STEPS if reason is Reason.GLITCH else self._longest(run)
        since = np.arange(run.first - run.core, run.last - run.core)
        return (since >= 0) & (since < longest) & ~self._comes_back(run)

    def _rare(self, rows: Ticks, firsts: Ticks) -> Flags:
        """Return which runs are rarities in their rows; without hindsight only those before them count."""
        totals = np.bincount(rows, minlength=len(self.found.values))
        if self.hindsight:
            few: Flags = totals[rows] <= max(ALWAYS_RARE, RARITY * self.found.days)
            return few
        before = np.arange(len(rows)) - (np.cumsum(totals) - totals)[rows]
        return before < np.maximum(ALWAYS_RARE, RARITY * firsts / self.found.slots)

    def _absurd(self, rows: Ticks, cores: Ticks, steps: Ticks) -> Flags:
        """Return which runs lie so far from all neighbours, and are so short if that is known, as glitches do."""
        far = np.abs(self.found.excess[rows, cores]) * self.found.limits(rows, cores) >= ABSURD
        counted = np.where(self.hindsight, steps, 1)
        return far & (counted <= GLITCH_STEPS) & (counted * self.seconds <= GLITCH_SECONDS)

    def _longest(self, run: _Run) -> int:
        longest = (LONGEST_SPIKE if run.sign > 0 else LONGEST_OUTAGE) if self.hindsight else LONGEST_TO_COME
        return round(longest * self.found.slots)

    def _lasts(self, run: _Run) -> bool:
        return run.last - run.first >= self._longest(run)

    def _comes_back(self, run: _Run) -> Flags:
        """Return which samples of a run another season nearly has, a little earlier or later, (places,).

        What may be a glitch has to come at the same time: many of them would meet by chance.
        """
        values, slots = self.found.values[run.row], self.found.slots
        jitter = 0 if run.absurd else round(JITTER * HOUR / self.seconds)
        slack = GROWN_TO * self.found.limits(run.row, np.arange(run.first, run.last))
        enough = run.sign * values[run.first : run.last] - slack
        seasons = [np.zeros(len(enough), dtype=bool)]
        for lag in np.concatenate([NEIGHBOURS, -NEIGHBOURS]) if self.hindsight else NEIGHBOURS:
            first, last = run.first - lag * slots - jitter, run.last - lag * slots + jitter
            if first >= 0 and last <= len(values):
                there = run.sign * values[first:last]
                nearly = np.fmax.reduce([there[shift : shift + len(enough)] for shift in range(2 * jitter + 1)])
                seasons.append(nearly >= enough)
        return max(seasons, key=np.count_nonzero)

    def _unheard_of(self, run: _Run) -> bool:
        """Return whether at most a few samples (without hindsight: of those before it) come near a run."""
        values = self.found.values[run.row]
        others = values if self.hindsight else values[: run.core]
        return int(np.count_nonzero(others >= values[run.core] - ABSURD)) <= FEW
