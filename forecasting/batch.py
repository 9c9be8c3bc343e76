"""fit and fit_batch: from series to their forecasters. One series is a batch of one: all runs on matrices."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasting.backtest import fold_positions, run_backtest
from forecasting.cleaning import fill_gaps
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
from forecasting.surprises import surprises_of

LONGEST_HISTORY = timedelta(days=28)  # older weeks say little about the next one
ROWS_AT_ONCE = 64  # series whose backtests are in memory together: some 100 MB at 5-minute steps

DEFAULT_CALENDAR = Calendar()
DEFAULT_PLANNING_LEVEL = 0.95
DEFAULT_LEAD_TIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all series of a call share: their calendar, what the gate judges, and who takes part."""

    calendar: Calendar
    planning: Planning
    members: tuple[Model, ...]


def fit(
    series: Series,
    *,
    calendar: Calendar = DEFAULT_CALENDAR,
    planning_level: float = DEFAULT_PLANNING_LEVEL,
    lead_time: timedelta = DEFAULT_LEAD_TIME,
    remembered: MarkedDays = NO_MARKED_DAYS,
    members: Sequence[Model] = MEMBERS,
) -> FittedForecast:
    """Return the forecaster of one series, learned from at most its last 28 days.

    What the calendar's marked days are like is learned from all of the series, and taken from `remembered`, an earlier
    fit's, for those before it. `planning_level` and `lead_time` say what the gate judges: that quantile's loss over
    [0, lead_time]. `members` are combined with the naive forecasts, which always take part: the gate compares with
    them. Raises SeriesRefused for a series without samples or a step from outside 15 s to 1 h, ForecastingError for a
    planning level outside (0, 1) or a negative lead time.
    """
    return fit_batch(
        [series],
        calendar=calendar,
        planning_level=planning_level,
        lead_time=lead_time,
        remembered=[remembered],
        members=members,
    )[0]


def fit_batch(
    series: Sequence[Series],
    *,
    calendar: Calendar = DEFAULT_CALENDAR,
    planning_level: float = DEFAULT_PLANNING_LEVEL,
    lead_time: timedelta = DEFAULT_LEAD_TIME,
    remembered: Sequence[MarkedDays] | None = None,
    members: Sequence[Model] = MEMBERS,
) -> list[FittedForecast]:
    """Return the forecasters of many series, in their order; series that share a grid are fitted together.

    `remembered` has an entry for each series. Raises as fit does; the message names the position of a series that is
    refused.
    """
    taking_part = {model.name: model for model in (*YARDSTICKS, *members)}
    plan = _Plan(calendar, _planning(planning_level, lead_time), tuple(taking_part.values()))
    prepared = [_prepare(series, position, calendar) for position in range(len(series))]
    known = remembered or [NO_MARKED_DAYS] * len(series)
    marked = [learn_marked_days(each, calendar, before) for each, before in zip(series, known, strict=True)]
    fitted: dict[int, FittedForecast] = {}
    for positions in _by_grid(prepared):
        together = _fit_grid(
            [prepared[position] for position in positions],
            [marked[position] for position in positions],
            plan,
        )
        fitted.update(zip(positions, together, strict=True))
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


def _fit_grid(series: Sequence[Series], marked: Sequence[MarkedDays], plan: _Plan) -> list[FittedForecast]:
    """Fit series that share a grid; what each knows of marked days goes along."""
    panel = panel_of(series, plan.calendar)
    history = len(panel) * series[0].step
    models = tuple(model for model in plan.members if history >= model.needs) or (FALLBACK,)
    gapless = fill_gaps(panel).panel
    members = [fit_member(model, gapless) for model in models]
    evaluation = _evaluation(panel, gapless, models, plan.planning)
    ceilings = ceiling_of(panel)
    surprises = _newest_surprises(series, marked, calendar=plan.calendar, steps=panel.steps, members=members)
    return [
        FittedForecast(
            origin=each.end,
            step=each.step,
            history=history,
            calendar=plan.calendar,
            gate=history_too_short(history) if history < SHORTEST_HISTORY else evaluation.gates[row],
            accuracy=evaluation.accuracies[row],
            weights=evaluation.weights[row],
            members=tuple(member.select(row) for member in members),
            mix=evaluation.mix.select(row),
            correction=evaluation.correction.select(row),
            bounds=evaluation.bounds.select(row),
            ceiling=ceilings[row : row + 1].copy(),
            marked=marked[row],
            surprises=surprises[row].copy(),
            in_progress=math.nan,
        )
        for row, each in enumerate(series)
    ]


def _evaluation(panel: Panel, gapless: Panel, models: Sequence[Model], planning: Planning) -> Evaluation:
    """Return what rolling origins say, or what can be said without them."""
    names = [model.name for model in models]
    season = panel.steps.per_week if len(panel) >= 2 * panel.steps.per_week else panel.steps.per_day
    spread = spread_of(gapless.logs, season)
    if not fold_positions(panel.steps):
        return unproven(names, spread, planning)
    backtest = run_backtest(panel, models)
    return evaluate(panel, backtest, names, spread=spread, planning=planning)


def _newest_surprises(
    series: Sequence[Series],
    marked: Sequence[MarkedDays],
    *,
    calendar: Calendar,
    steps: Steps,
    members: Sequence[FittedModel],
) -> Values:
    """Return how the last day deviates from what members and calendar expect of it, (series, members, memories)."""
    day = steps.part(max(0, len(steps) - steps.per_day), len(steps))
    patterns = np.stack([member.pattern(day) for member in members], axis=1)
    logs = np.log1p(np.stack([each.values[-len(day) :] for each in series]))
    logs[:, calendar.touched(day.begins, day.seconds)] = np.nan
    logs -= [each.deviations(day, calendar) for each in marked]
    return surprises_of(logs[:, None] - patterns, day.seconds)
