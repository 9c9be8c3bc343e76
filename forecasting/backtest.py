"""Backtest: forecasts from rolling origins, made as they would have been made there. Scores are accuracy.py's.

A fold is an origin at which every member is fitted again on what was known then. Between fits the operator feeds new
samples in, so each fold has further origins within its day at which only the last hour's surprise is new:
many cheap looks at short leads. Source: Tashman, Out-of-sample tests of forecasting accuracy, 2000 (rolling origin).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.cleaning import fill_gaps
from forecasting.models import FittedModel, Model, fit_member
from forecasting.models.persistence import fading, mean_deviation
from forecasting.panel import Panel, ceiling_of, demand_of
from forecasting.seasons import HOUR, Steps, Ticks
from forecasting.series import Flags, Values

FOLDS = 12
FOLD_SPACING = 5  # hours between folds at least, so that they see different hours
NEAR_SPACING = 1  # hours between the origins within a fold's day
NEAR_HORIZON = 4  # hours ahead that each of them looks


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What was forecast from rolling origins and what came, in demand's own unit.

    `forecasts` is (members, series, folds, origins, steps), `truth` (series, folds, origins, steps) with NaN where a
    sample is missing, `held` (series, folds, origins) the last value known at each origin, `leads` (steps,) in hours.
    `recent` (series, folds, origins, hour) is the demand of the hour before each origin, `usual` (members, series,
    folds, origins, hour) what the members' patterns say of it. No forecast exceeds the log values of `ceiling`
    (series, folds, 1, 1).
    """

    leads: Values
    step: float
    forecasts: Values
    truth: Values
    held: Values
    recent: Values
    usual: Values
    ceiling: Values


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Rolling-origin forecasts: `far` a whole day from each fold, `near` a few hours from many origins in its day.

    `week_before` (series, folds, samples) is the demand of the week that ends at each fold, NaN where missing.
    """

    positions: tuple[int, ...]
    far: Trial
    near: Trial
    week_before: Values

    def halves(self) -> tuple[Flags, Flags]:
        """Return two halves of the folds, (folds,) each: what scores one is learned from the other."""
        odd = np.arange(len(self.positions)) % 2 == 1
        return odd, ~odd


def fold_positions(steps: Steps) -> tuple[int, ...]:
    """Return where folds begin: within the newer half of the history, a day before its end at the latest.

    They stand at mixed hours, whole hours apart from the end; none where there are less than two days.
    """
    first, last = max(steps.per_day, len(steps) // 2), len(steps) - steps.per_day
    hours = (last - first) // steps.per_hour
    if hours < 0:
        return ()
    back = np.linspace(hours, 0, min(FOLDS, 1 + hours // FOLD_SPACING)).astype(np.int64)
    return tuple((last - back * steps.per_hour).tolist())


def run_backtest(panel: Panel, members: Sequence[Model], near_hours: float) -> Backtest:
    """Return what each member forecasts from each fold of the panel; gaps of the panel are NaN.

    `near_hours` is how far the near origins look at least. Nothing at or after an origin reaches its forecast. The
    panel needs at least two days.
    """
    positions = fold_positions(panel.steps)
    near_steps = _near_steps(panel.steps, near_hours)
    # Near origins end where the next fold's begin: no sample may both teach and test.
    spacing = min(np.diff(positions), default=panel.steps.per_day)
    starts = np.arange(0, min(spacing, panel.steps.per_day - near_steps + 1), NEAR_SPACING * panel.steps.per_hour)
    fitted = _fit_at(panel, positions, members)
    folds = [_fold(panel, position, at, starts, near_steps) for position, at in zip(positions, fitted, strict=True)]
    far, near = zip(*folds, strict=True)
    week = np.stack([_week_before(panel, position) for position in positions], axis=1)
    return Backtest(positions, _join(far), _join(near), week)


def _near_steps(steps: Steps, hours: float) -> int:
    longest = steps.per_day - NEAR_SPACING * steps.per_hour
    return min(longest, round(max(hours, NEAR_HORIZON) * steps.per_hour))


def _fit_at(panel: Panel, positions: Sequence[int], members: Sequence[Model]) -> list[list[FittedModel]]:
    """Return the members fitted at each position."""
    if not np.isnan(panel.logs).any():
        return [list(at) for at in zip(*(member.fit_at(panel, positions) for member in members), strict=True)]
    # What fills a gap is known only from the samples before an origin.
    pasts = [fill_gaps(panel.before(position)).panel for position in positions]
    return [[fit_member(member, past) for member in members] for past in pasts]


def _fold(
    panel: Panel, position: int, fitted: Sequence[FittedModel], starts: Ticks, near_steps: int
) -> tuple[Trial, Trial]:
    """Forecast with members fitted at one position, from there and from the origins within its day."""
    past = fill_gaps(panel.before(position)).panel
    hour, day = panel.steps.per_hour, panel.steps.per_day
    steps, logs = panel.steps.part(position - hour, position + day), panel.logs[:, position - hour : position + day]
    window = _Window(
        steps=steps,
        logs=logs,
        held=_held(np.concatenate([past.logs[:, -hour:], logs[:, hour:]], axis=1)),
        patterns=np.stack([each.pattern(steps) for each in fitted]),
        persistence=np.stack([each.persistence for each in fitted]),
        ceiling=ceiling_of(past),
    )
    return window.trial(starts[:1], day), window.trial(starts, near_steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """The hour before a fold and the day after it: what was seen, and what the members fitted at the fold expect."""

    steps: Steps
    logs: Values  # (series, steps)
    held: Values  # (series, steps), the last value known at the end of each step
    patterns: Values  # (members, series, steps)
    persistence: Values  # (members, series)
    ceiling: Values  # (series, 1)

    def trial(self, starts: Ticks, horizon: int) -> Trial:
        """Return what is forecast `horizon` steps ahead from origins so many steps after the fold."""
        hour = self.steps.per_hour
        recent = starts[:, None] + np.arange(hour)
        target = starts[:, None] + hour + np.arange(horizon)
        leads = np.arange(horizon) * self.steps.seconds / HOUR
        left = np.stack([fading(each, leads + 0.5 * self.steps.seconds / HOUR) for each in self.persistence])
        surprise = mean_deviation(self.logs[:, recent], self.patterns[:, :, recent])
        logs = self.patterns[:, :, target] + surprise[..., None] * left[:, :, None, :]
        return Trial(
            leads=leads,
            step=self.steps.seconds / HOUR,
            forecasts=demand_of(logs, self.ceiling[:, :, None])[:, :, None],
            truth=np.expm1(self.logs[:, target])[:, None],
            held=np.expm1(self.held[:, hour + starts - 1])[:, None],
            recent=np.expm1(self.logs[:, recent])[:, None],
            usual=demand_of(self.patterns[:, :, recent], self.ceiling[:, :, None])[:, :, None],
            ceiling=self.ceiling[:, None, :, None],
        )


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


def _join(trials: Sequence[Trial]) -> Trial:
    """Return the trials of all folds as one."""
    first = trials[0]
    return Trial(
        leads=first.leads,
        step=first.step,
        forecasts=np.concatenate([each.forecasts for each in trials], axis=2),
        truth=np.concatenate([each.truth for each in trials], axis=1),
        held=np.concatenate([each.held for each in trials], axis=1),
        recent=np.concatenate([each.recent for each in trials], axis=1),
        usual=np.concatenate([each.usual for each in trials], axis=2),
        ceiling=np.concatenate([each.ceiling for each in trials], axis=1),
    )
