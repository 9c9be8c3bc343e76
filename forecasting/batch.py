"""fit and fit_batch: from series to their forecasters. One series is a batch of one: all runs on matrices."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from forecasting.backtest import fold_positions, run_backtest
from forecasting.cleaning import clean
from forecasting.errors import ForecastingError, SeriesRefused
from forecasting.evaluation import Evaluation, Planning, evaluate, unproven
from forecasting.fitted import FittedForecast
from forecasting.gate import SHORTEST_HISTORY, history_too_short
from forecasting.intervals import spread_of
from forecasting.marked_days import NO_MARKED_DAYS, MarkedDays, learn_marked_days
from forecasting.models import FALLBACK, MEMBERS, YARDSTICKS, FittedModel, Model, fit_member
from forecasting.occasions import Calendar
from forecasting.panel import Panel, ceiling_of, panel_of
from forecasting.seasons import Steps, check_step
from forecasting.series import Series, Values
from forecasting.standing import NOTHING_APART, hear
from forecasting.surprises import surprises_of

LONGEST_HISTORY = timedelta(days=28)  # older weeks say little about the next one
EVALUATION_HOLDS = timedelta(days=1)  # folds stand a day apart: sooner there is nothing new to say
ROWS_AT_ONCE = 48  # series whose backtests are in memory together: 75 MB at 5-minute steps; more leave the caches

DEFAULT_CALENDAR = Calendar()
DEFAULT_PLANNING_LEVEL = 0.95
DEFAULT_LEAD_TIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all series of a call share: their calendar, what the gate judges, and who takes part."""

    calendar: Calendar
    planning: Planning
    members: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """One series to fit: the part to learn from, what is known of its marked days, and an earlier fit."""

    series: Series
    marked: MarkedDays
    earlier: FittedForecast | None

    def evaluation(self, names: Sequence[str], planning: Planning) -> tuple[Evaluation, datetime] | None:
        """Return what the earlier fit's backtest said, and when, if that still holds for such members and use."""
        known = self.earlier
        if known is None or known.step != self.series.step or known.evaluation.planning != planning:
            return None
        young = timedelta(0) <= self.series.end - known.evaluated < EVALUATION_HOLDS
        same = [each.name for each in known.weights] == list(names)
        return (known.evaluation, known.evaluated) if young and same else None


def fit(
    series: Series,
    *,
    calendar: Calendar = DEFAULT_CALENDAR,
    planning_level: float = DEFAULT_PLANNING_LEVEL,
    lead_time: timedelta = DEFAULT_LEAD_TIME,
    earlier: FittedForecast | None = None,
    members: Sequence[Model] = MEMBERS,
    yardsticks: Sequence[Model] = YARDSTICKS,
) -> FittedForecast:
    """Return the forecaster of one series, learned from at most its last 28 days.

    An `earlier` fit of the same series makes this one several times cheaper: while it is less than a day old, what
    backtests said then is kept, and only the members are fitted again. From it also comes what marked days before the
    series were like; those in the series, however long it is, are looked at again. `planning_level` and `lead_time` say
    what the gate judges: that quantile's loss over [0, lead_time]. `members` are combined with the naive forecasts,
    which always take part: the gate compares with them. Raises SeriesRefused for a series without samples or a step
    from outside 15 s to 1 h, ForecastingError for a planning level outside (0, 1) or a negative lead time.
    """
    return fit_batch(
        [series],
        calendar=calendar,
        planning_level=planning_level,
        lead_time=lead_time,
        earlier=[earlier],
        members=members,
        yardsticks=yardsticks,
    )[0]


def fit_batch(
    series: Sequence[Series],
    *,
    calendar: Calendar = DEFAULT_CALENDAR,
    planning_level: float = DEFAULT_PLANNING_LEVEL,
    lead_time: timedelta = DEFAULT_LEAD_TIME,
    earlier: Sequence[FittedForecast | None] | None = None,
    members: Sequence[Model] = MEMBERS,
    yardsticks: Sequence[Model] = YARDSTICKS,
) -> list[FittedForecast]:
    """Return the forecasters of many series, in their order; series that share a grid are fitted together.

    `earlier` has an entry for each series. Raises as fit does; the message names the position of a series that is
    refused.
    """
    taking_part = {model.name: model for model in (*yardsticks, *members)}
    plan = _Plan(calendar, _planning(planning_level, lead_time), tuple(taking_part.values()))
    prepared = [_prepare(series, position, calendar) for position in range(len(series))]
    before = earlier or [None] * len(series)
    jobs = [
        _Job(each, learn_marked_days(whole, calendar, known.marked if known else NO_MARKED_DAYS), known)
        for each, whole, known in zip(prepared, series, before, strict=True)
    ]
    fitted: dict[int, FittedForecast] = {}
    for positions in _by_grid(prepared):
        fitted.update(zip(positions, _fit_grid([jobs[position] for position in positions], plan), strict=True))
    return [fitted[position] for position in range(len(series))]


def _planning(level: float, lead_time: timedelta) -> Planning:
    if not 0 < level < 1:
        raise ForecastingError(f"planning_level must lie between 0 and 1, got {level}")
    if lead_time < timedelta(0):
        raise ForecastingError(f"lead_time must not be negative, got {lead_time}")
    return Planning(level, lead_time)


def _prepare(series: Sequence[Series], position: int, calendar: Calendar) -> Series:
    """Return what is to be learned from, and name the position of a series that is refused among others."""
    try:
        return learnable(series[position], calendar)
    except SeriesRefused as error:
        if len(series) == 1:
            raise
        raise SeriesRefused(f"series {position}: {error}") from error


def learnable(series: Series, calendar: Calendar) -> Series:
    """Return the part of a series to learn from: its last 28 days, from its first sample on."""
    check_step(series.step)
    recent = series.between(series.end - LONGEST_HISTORY, series.end)
    usable = ~np.isnan(recent.values) & ~calendar.unusual(recent.seconds, recent.step.total_seconds())
    if not usable.any():
        raise SeriesRefused("there is no sample to learn from: wait for the first, or look at the query")
    return recent.between(recent.start + int(np.argmax(usable)) * recent.step, recent.end)


def _by_grid(series: Sequence[Series]) -> Iterator[list[int]]:
    """Yield positions of series that share start, step and length, not too many at once."""
    grids: dict[tuple[datetime, timedelta, int], list[int]] = defaultdict(list)
    for position, each in enumerate(series):
        grids[each.start, each.step, len(each)].append(position)
    for positions in grids.values():
        for first in range(0, len(positions), ROWS_AT_ONCE):
            yield positions[first : first + ROWS_AT_ONCE]


def _fit_grid(jobs: Sequence[_Job], plan: _Plan) -> list[FittedForecast]:
    """Fit series that share a grid."""
    panel = panel_of([job.series for job in jobs], plan.calendar)
    history = len(panel) * jobs[0].series.step
    models = tuple(model for model in plan.members if history >= model.needs) or (FALLBACK,)
    cleaned = clean(panel)
    members = [fit_member(model, cleaned.panel) for model in models]
    evaluations = _evaluations(jobs, panel, cleaned.panel, models, plan.planning)
    ceilings = ceiling_of(cleaned.panel)
    deviations = _newest_deviations(jobs, plan.calendar, panel.steps, members)
    heard = [
        hear(NOTHING_APART, evaluation.mix.now @ of_row, evaluation.limits, panel.steps.seconds)
        for of_row, (evaluation, _) in zip(deviations, evaluations, strict=True)
    ]
    surprises = surprises_of(deviations + np.stack([each.added for each in heard])[:, None], panel.steps.seconds)
    return [
        FittedForecast(
            origin=job.series.end,
            step=job.series.step,
            history=history,
            calendar=plan.calendar,
            members=tuple(member.select(row) for member in members),
            evaluation=evaluation,
            evaluated=evaluated,
            ceiling=ceilings[row : row + 1].copy(),
            marked=job.marked,
            left_out=cleaned.left_out(row),
            standing=heard[row].standing,
            surprises=surprises[row].copy(),
            newest=deviations[row, :, -1].copy(),
            in_progress=math.nan,
        )
        for row, (job, (evaluation, evaluated)) in enumerate(zip(jobs, evaluations, strict=True))
    ]


def _evaluations(
    jobs: Sequence[_Job], panel: Panel, gapless: Panel, models: Sequence[Model], planning: Planning
) -> list[tuple[Evaluation, datetime]]:
    """Return what is known of each series, and since when: from an earlier fit where that is young, else anew."""
    names = [model.name for model in models]
    known = [job.evaluation(names, planning) for job in jobs]
    stale = [row for row, each in enumerate(known) if each is None]
    anew = iter(_evaluate(panel.rows(stale), gapless.rows(stale), models, planning) if stale else ())
    return [each or (next(anew), job.series.end) for each, job in zip(known, jobs, strict=True)]


def _evaluate(panel: Panel, gapless: Panel, models: Sequence[Model], planning: Planning) -> Sequence[Evaluation]:
    """Return what rolling origins say of each series, or what can be said without them."""
    names = [model.name for model in models]
    season = panel.steps.per_week if len(panel) >= 2 * panel.steps.per_week else panel.steps.per_day
    spread = spread_of(np.expm1(gapless.logs), season)
    history = len(panel) * timedelta(seconds=panel.steps.seconds)
    if not fold_positions(panel.steps):
        return unproven(names, spread, planning, history)
    evaluations = evaluate(panel, run_backtest(panel, models), names, spread=spread, planning=planning)
    if history >= SHORTEST_HISTORY:
        return evaluations
    return [replace(each, gate=history_too_short(history)) for each in evaluations]


def _newest_deviations(
    jobs: Sequence[_Job], calendar: Calendar, steps: Steps, members: Sequence[FittedModel]
) -> Values:
    """Return how the last day deviates from what members and calendar expect of it, (series, members, steps)."""
    day = steps.part(max(0, len(steps) - steps.per_day), len(steps))
    patterns = np.stack([member.pattern(day) for member in members], axis=1)
    logs = np.log1p(np.stack([job.series.values[-len(day) :] for job in jobs]))
    logs[:, calendar.touched(day.begins, day.seconds)] = np.nan
    logs -= [job.marked.deviations(day, calendar) for job in jobs]
    deviations: Values = logs[:, None] - patterns
    return deviations
