"""Backtest: forecasts from rolling origins, made as they would have been made there. Scores are accuracy.py's.

A fold is an origin at which every member is fitted again on what was known then. Between fits the operator feeds new
samples in, so each fold has an origin each hour of its day at which only the newest surprises are new: many cheap
looks. Source: Tashman, Out-of-sample tests of forecasting accuracy, 2000 (rolling origin).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from forecasting.cleaning import NO_DEMAND, clean_causally
from forecasting.leads import Leads, leads_of
from forecasting.masks import Reason
from forecasting.models import FittedModel, Model
from forecasting.models.persistence import fading
from forecasting.panel import Panel, ceiling_of, demand_of
from forecasting.seasons import Steps, Ticks
from forecasting.series import Values
from forecasting.surprises import CARRIED, surprises_at

FOLDS = 12
FOLD_SPACING = 5  # hours between folds at least, so that they see different hours
ORIGIN_SPACING = 1  # hours between the origins within a fold's day


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What was forecast from the origins of each fold and what came, in demand's own unit.

    `forecasts` is (members, series, folds, origins, leads), `truth` (series, folds, origins, leads), NaN where a sample
    is missing or lies beyond the fold's day: its first origin sees that day whole, its last one only an hour.
    `held` (series, folds, origins) is the last value known at each origin, `surprises` (members, series, folds,
    origins, memories) is how the samples before it deviate from each member's pattern. `recalled` (members, series,
    folds, origins) is what would be forecast there of the newest sample itself, NaN where that is not known. No
    forecast exceeds the log values of `ceiling` (series, folds, 1).
    """

    forecasts: Values
    truth: Values
    held: Values
    surprises: Values
    recalled: Values
    ceiling: Values


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Trials at folds that begin at `positions` of the panel, at the same `leads` from every origin.

    `distinct` is how many different origins there are: in short histories the days of folds overlap. `hours` (folds,
    origins, leads) is the local hour of the day that each forecast is for, `week_before` (series,
    folds, samples) the demand of the week that ends at each fold, NaN where missing.
    """

    positions: tuple[int, ...]
    leads: Leads
    trial: Trial
    distinct: int
    hours: Ticks
    week_before: Values

    def halves(self) -> tuple[slice, slice]:
        """Return the later and the earlier folds: what scores one half is learned from the other."""
        middle = len(self.positions) // 2
        return slice(middle, None), slice(middle)


def fold_positions(steps: Steps) -> tuple[int, ...]:
    """Return where folds begin: within the newer half of the history, a day before its end at the latest.

    They stand at mixed hours, whole hours apart from the end; none where there are less than two days. Of three weeks
    the folds have the last one: before two weeks were seen nobody knows a weekend.
    """
    two_weeks = min(2 * steps.per_week, len(steps) - steps.per_week)
    first, last = max(steps.per_day, len(steps) // 2, two_weeks), len(steps) - steps.per_day
    hours = (last - first) // steps.per_hour
    if hours < 0:
        return ()
    back = np.linspace(hours, 0, min(FOLDS, 1 + hours // FOLD_SPACING)).astype(np.int64)
    return tuple((last - back * steps.per_hour).tolist())


def run_backtest(panel: Panel, members: Sequence[Model]) -> Backtest:
    """Return what each member forecasts from each fold of the panel; gaps of the panel are NaN.

    Nothing at or after an origin reaches its forecast; what was no demand is no truth. The panel needs at least two
    days.
    """
    cleaned = clean_causally(panel)
    seen = _Seen(
        learned=cleaned.panel,
        heard=np.where(cleaned.masked(*Reason), np.nan, panel.logs),
        demand=np.where(cleaned.masked(*NO_DEMAND), np.nan, panel.logs),
    )
    positions = fold_positions(panel.steps)
    leads = leads_of(panel.steps)
    starts = np.arange(0, panel.steps.per_day, ORIGIN_SPACING * panel.steps.per_hour)
    fitted = zip(*(member.fit_at(cleaned.panel, positions) for member in members), strict=True)
    origins = np.array(positions)[:, None] + starts
    targets = origins[..., None] + leads.steps
    trial = _join([_fold(seen, *each).look(starts, leads) for each in zip(positions, fitted, strict=True)])
    # Where days of folds overlap, no sample may teach one half and test the other.
    begin_of_later = positions[len(positions) // 2]
    shared = (origins[:, :1] < begin_of_later)[..., None] & (targets >= begin_of_later)
    return Backtest(
        positions=positions,
        leads=leads,
        trial=replace(trial, truth=np.where(shared, np.nan, trial.truth)),
        distinct=len(np.unique(origins)),
        hours=_hours_of(panel.steps, targets),
        week_before=np.stack([_week_before(panel, position) for position in positions], axis=1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a backtest goes by: a panel to learn from, log values to be surprised by, and those that were demand."""

    learned: Panel
    heard: Values
    demand: Values


def _fold(seen: _Seen, position: int, fitted: Sequence[FittedModel]) -> "_Fold":
    """Return the day before a position and the day after it, as members fitted there expect them."""
    past, day = seen.learned.before(position), seen.learned.steps.per_day
    around = slice(position - day, position + day)
    steps, logs = seen.learned.steps.part(around.start, around.stop), seen.demand[:, around]
    return _Fold(
        steps=steps,
        logs=logs,
        heard=seen.heard[:, around],
        held=_held(np.concatenate([past.logs[:, -day:], logs[:, day:]], axis=1)),
        patterns=np.stack([each.pattern(steps) for each in fitted]),
        persistence=np.stack([each.persistence for each in fitted]),
        ceiling=ceiling_of(past),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """The day before a fold and the day after it: what was seen, and what the members fitted at the fold expect."""

    steps: Steps
    logs: Values  # (series, steps)
    heard: Values  # the same without what is not carried forward
    held: Values  # (series, steps), the last value known at the end of each step
    patterns: Values  # (members, series, steps)
    persistence: Values  # (members, series)
    ceiling: Values  # (series, 1)

    def look(self, starts: Ticks, leads: Leads) -> Trial:
        """Return what is forecast from origins so many steps after the fold; it is the only one of its trial."""
        day = self.steps.per_day
        ahead = starts[:, None] + day + leads.steps
        inside = ahead < len(self.steps)
        target = np.where(inside, ahead, 0)
        surprises = surprises_at(self.heard - self.patterns, starts + day, day, self.steps.seconds)
        left = np.stack([fading(each, leads.centres) for each in self.persistence])
        carried = surprises[..., CARRIED, None] * left[:, :, None, :]
        newest = day + starts - 1
        recalled = demand_of(self.patterns[:, :, newest] + carried[..., 0], self.ceiling)
        return Trial(
            forecasts=demand_of(self.patterns[:, :, target] + carried, self.ceiling[:, :, None])[:, :, None],
            truth=np.where(inside, np.expm1(self.logs[:, target]), np.nan)[:, None],
            held=np.expm1(self.held[:, newest])[:, None],
            surprises=surprises[:, :, None],
            recalled=np.where(np.isnan(self.logs[:, newest]), np.nan, recalled)[:, :, None],
            ceiling=self.ceiling[:, None],
        )


def _join(trials: Sequence[Trial]) -> Trial:
    """Return the trials of all folds as one."""
    axes = {"forecasts": 2, "surprises": 2, "recalled": 2}
    names = [field.name for field in fields(Trial)]
    return Trial(
        **{name: np.concatenate([getattr(each, name) for each in trials], axis=axes.get(name, 1)) for name in names}
    )


def _hours_of(steps: Steps, positions: Ticks) -> Ticks:
    """Return the local hour of the day at positions; beyond the end, where nothing is scored, that of the last."""
    return steps.hours_of_day[np.minimum(positions, len(steps) - 1)]


def _held(logs: Values) -> Values:
    """Return the newest known value at each step, (series, steps); the first step must be known."""
    newest = np.maximum.accumulate(np.where(np.isnan(logs), 0, np.arange(logs.shape[1])), axis=1)
    return np.take_along_axis(logs, newest, axis=1)


def _week_before(panel: Panel, position: int) -> Values:
    """Return the demand of the week before a position, NaN where there was none, (series, steps of a week)."""
    week = np.full((len(panel.logs), panel.steps.per_week), np.nan)
    known = np.expm1(panel.logs[:, max(0, position - panel.steps.per_week) : position])
    week[:, week.shape[1] - known.shape[1] :] = known
    return week
