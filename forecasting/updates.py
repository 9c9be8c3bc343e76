"""Updates: new samples taken in by many forecasters at once, without a fit.

Those that share a grid, a calendar and the layout of their members are stacked, so that the work is done on matrices; a
single one is a stack of one. What is made of samples far from what was expected is standing.py's business.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecasting.models import FittedModel, stacked
from forecasting.occasions import Calendar
from forecasting.panel import HIGHEST_GROWTH, Panel
from forecasting.seasons import Steps, local_steps
from forecasting.series import Series, Values, bucket_means
from forecasting.standing import Standing, hear_rows
from forecasting.surprises import renewed

if TYPE_CHECKING:  # it asks this module for its own update
    from forecasting.fitted import FittedForecast

KEPT_ALONE = 16  # forecasters that are updated one by one: a fleet's are stacked
ROWS_AT_ONCE = 64  # forecasters stacked together: what is copied of them stays in a processor's cache


def update_batch(forecasters: Sequence[FittedForecast], recents: Sequence[Series]) -> list[FittedForecast]:
    """Return each forecaster with the newer samples of its series taken in, as FittedForecast.update does, in order.

    Forecasters of one fit_batch whose newer samples share a grid are updated at matrix speed. Raises SeriesRefused for
    a step that does not divide the fitted one.
    """
    updated = list(forecasters)
    for positions in _alike(forecasters, recents):
        values = np.array([recents[position].values for position in positions])
        # How many samples there are up to the newest known one.
        counts = np.max(np.arange(1, values.shape[1] + 1) * ~np.isnan(values), axis=1, initial=0)
        for count in sorted({*counts.tolist()} - {0}):
            rows = np.flatnonzero(counts == count)
            group = [forecasters[positions[row]] for row in rows]
            recent = recents[positions[rows[0]]]
            after = _update(group, values[rows], recent, newest=recent.start + count * recent.step)
            for row, each in zip(rows, after, strict=True):
                updated[positions[row]] = each
    return updated


def _alike(forecasters: Sequence[FittedForecast], recents: Sequence[Series]) -> Iterator[list[int]]:
    """Yield positions of forecasters that can be stacked, and whose newer samples can, not too many at once."""
    if len(forecasters) == len(recents) == 1:
        yield [0]
        return
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for position, (each, recent) in enumerate(zip(forecasters, recents, strict=True)):
        layouts = tuple([(type(member), member.layout) for member in each.members])
        grid = each.origin, each.step, recent.start, recent.step, len(recent)
        # Comparing hundreds of holidays would cost more than an update: fits made together share them.
        calendar = each.calendar.time_zone, id(each.calendar.events), id(each.calendar.marked_days)
        groups[layouts, grid, calendar].append(position)
    for positions in groups.values():
        for first in range(0, len(positions), ROWS_AT_ONCE):
            yield positions[first : first + ROWS_AT_ONCE]


def _update(
    group: Sequence[FittedForecast], values: Values, recent: Series, *, newest: datetime
) -> list[FittedForecast]:
    """Return forecasters that are alike after samples (rows, n) on the grid of one of them, known until `newest`."""
    one = group[0]
    # Whole steps since the old origin, and the step in progress at the new one.
    passed = max(0, (newest - one.origin) // one.step)
    logs = _logs_on_grid(one, values, recent, passed + 1)
    in_progress = logs[:, -1].tolist()
    if passed and len(group) > 1:
        return _after_whole_steps(group, logs[:, :-1], in_progress)
    after = [_alone(one, logs[:, :-1].tobytes())] if passed else group
    return [replace(each, in_progress=log) for each, log in zip(after, in_progress, strict=True)]


@lru_cache(maxsize=KEPT_ALONE)
def _alone(forecaster: FittedForecast, whole: bytes) -> FittedForecast:
    """Return one forecaster after log values of whole steps: the same again for each sample of the step in progress."""
    return _after_whole_steps([forecaster], np.frombuffer(whole)[None], [math.nan])[0]


def _after_whole_steps(
    group: Sequence[FittedForecast], logs: Values, in_progress: Sequence[float]
) -> list[FittedForecast]:
    """Return forecasters that are alike after log values of whole steps (rows, n), and of those in progress."""
    one, passed = group[0], logs.shape[1]
    steps = local_steps(one.origin.timestamp(), one.step.total_seconds(), passed, one.calendar.zone)
    members = [stacked(of_kind) for of_kind in zip(*(each.members for each in group), strict=True)]
    heard = _hear(group, steps, logs, members)
    absorbed = _absorbed(one.calendar, Panel(steps, heard.whole), members)
    ceilings = _raised(group, np.where(np.isnan(heard.whole), np.nan, logs))
    return [
        replace(
            each,
            origin=one.origin + passed * one.step,
            members=tuple(new.select(row) if new else old for new, old in zip(absorbed, each.members, strict=True)),
            ceiling=ceilings[row : row + 1].copy(),
            standing=heard.standings[row],
            surprises=heard.surprises[row].copy(),
            newest=heard.newest[row].copy(),
            in_progress=in_progress[row],
        )
        for row, each in enumerate(group)
    ]


class _Heard(NamedTuple):
    """What is made of the log values of whole steps: what members learn, (rows, n), what stands, what surprises.

    `newest` (rows, members) is how the last of them deviates from the patterns.
    """

    whole: Values
    standings: list[Standing]
    surprises: Values
    newest: Values


def _hear(group: Sequence[FittedForecast], steps: Steps, logs: Values, members: Sequence[FittedModel]) -> _Heard:
    """Return what a group's log values (rows, n) of steps say, given what its members are, stacked."""
    patterns = np.array([member.pattern(steps) for member in members]).swapaxes(0, 1)
    marked = np.array([each.marked.deviations(steps, each.calendar) for each in group])
    deviations = (logs - marked)[:, None] - patterns
    shares = np.array([each.evaluation.mix.now for each in group])
    combined = (shares[:, None] @ deviations)[:, 0]
    limits = [each.evaluation.limits for each in group]
    added, levels, standings = hear_rows([each.standing for each in group], combined, limits, steps.seconds)
    surprises = renewed(np.array([each.surprises for each in group]), deviations + added[:, None], steps.seconds)
    # What is passed over is unknown from here on.
    return _Heard(logs + added - levels, standings, surprises, deviations[..., -1])


def _absorbed(calendar: Calendar, whole: Panel, members: Sequence[FittedModel]) -> list[FittedModel | None]:
    """Return stacked members with the samples of whole steps, but for those of marked days; None where unchanged."""
    marked = calendar.marked(whole.steps.begins, whole.steps.seconds) >= 0
    fresh = Panel(whole.steps, np.where(marked, np.nan, whole.logs))
    absorbed = [member.absorb(fresh) for member in members]
    return [None if new is old else new for new, old in zip(absorbed, members, strict=True)]


def _logs_on_grid(one: FittedForecast, values: Values, recent: Series, count: int) -> Values:
    """Return samples (rows, n) as log values of so many steps of the fitted grid from its origin on, less events."""
    start, offset, ratio = recent.coarser(one.step, one.origin)
    buckets = bucket_means(values, offset, ratio)
    first = (start - one.origin) // one.step
    logs = np.full((len(values), count), np.nan)
    low, high = max(0, first), min(count, first + buckets.shape[1])
    if low < high:
        logs[:, low:high] = np.log1p(buckets[:, low - first : high - first])
    if one.calendar.events:
        seconds = one.step.total_seconds()
        begins = one.origin.timestamp() + np.arange(count) * seconds
        logs[:, one.calendar.touched(begins, seconds)] = np.nan
    return logs


def _raised(group: Sequence[FittedForecast], logs: Values) -> Values:
    """Return the ceilings (rows, 1) of a group after log values (rows, n)."""
    highest = np.fmax.reduce(logs, axis=1, keepdims=True)
    ceilings = np.concatenate([each.ceiling for each in group])
    raised: Values = np.fmax(ceilings, np.log1p(HIGHEST_GROWTH * np.expm1(highest)))
    return raised
