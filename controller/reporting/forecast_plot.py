"""Forecasts of a recorded trace as a Report: what was measured, and what was expected of it from one origin or several.

From a single origin it is a band. From several there are lines, broken where no horizon reaches; where horizons overlap
the newer origin's counts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from controller.reporting.basis import NAMES, demand_from
from controller.reporting.report import AccuracyRow, Band, Focus, Lines, Report
from controller.reporting.wording import duration, number, utc
from forecasting import FittedForecast, Forecast, Gate, Series
from forecasting.evaluation import COMBINATION
from forecasting.out_of_sample import Attempt, Record
from forecasting.series import Values

CONTEXT = timedelta(days=7)  # of the trace before the first origin: a week shows what is usual
UNIT = "value"  # a trace does not say what it counts
CLOSE = timedelta(days=2)  # of it, where the chart opens on the newest origin
BASIS = "Errors are measured from outside, on what came after each origin; weights are those of the newest fit."
OURS, WEEK_NAIVE = NAMES[COMBINATION], "week_naive"


def from_forecasts(name: str, trace: Series, made: Sequence[tuple[FittedForecast, Forecast]]) -> Report:
    """Return the report of forecasts of a trace, at least one; what they rest on is told of the newest."""
    ordered = sorted(made, key=lambda pair: pair[1].origin)
    forecasts = [forecast for _, forecast in ordered]
    newest, level = ordered[-1][0], max(forecasts[0].levels)
    several = {
        OURS: [each.point for each in forecasts],
        _bound(level): [each.quantile(level) for each in forecasts],
    }
    window = forecasts[0].origin - CONTEXT, forecasts[-1].point.end
    alone = len(forecasts) == 1
    demand = replace(
        demand_from(newest, name, unit=UNIT, forecast=_band(forecasts[0]) if alone else None),
        measured=_lines(trace, window, {} if alone else several),
    )
    return Report(
        title=f"Forecast of {name}",
        subtitle=f"{_origins([each.origin for each in forecasts])}. Planned for: the {_bound(level)}.",
        verdict=_verdict(newest.gate),
        demands=(demand,),
        focus=None if alone else _focus(newest.origin, window[1]),
    )


def from_attempts(name: str, trace: Series, attempts: Sequence[Attempt], records: Sequence[Record]) -> Report:
    """Return the report of rolling-origin forecasts, oldest first: their paths, and how good every forecaster was."""
    oldest, newest = attempts[0], attempts[-1]
    paths = {
        OURS: [_path(each, each.points[COMBINATION]) for each in attempts],
        _bound(newest.level): [_path(each, each.planned) for each in attempts],
        NAMES[WEEK_NAIVE]: [_path(each, each.points[WEEK_NAIVE]) for each in attempts],
    }
    window = oldest.fitted.origin - CONTEXT, paths[OURS][-1].end
    rows = [
        AccuracyRow(NAMES.get(each.name, each.name), 100 * each.full_horizon.wape, 100 * each.full_horizon.coverage)
        for each in records
        if math.isfinite(each.full_horizon.wape)
    ]
    demand = demand_from(newest.fitted, name, unit=UNIT)
    ahead = duration((paths[OURS][-1].end - newest.fitted.origin).total_seconds())
    return Report(
        title=f"Accuracy on {name}",
        subtitle=f"{_origins([each.fitted.origin for each in attempts])}, {ahead} ahead from each.",
        verdict=_verdict(newest.fitted.gate),
        demands=(replace(demand, measured=_lines(trace, window, paths), accuracy=tuple(rows), basis=BASIS),),
        focus=_focus(newest.fitted.origin, window[1]),
    )


def _path(attempt: Attempt, values: Values) -> Series:
    return Series(attempt.fitted.origin, attempt.fitted.step, values)


def _band(forecast: Forecast) -> Band:
    lowest, highest = min(forecast.levels), max(forecast.levels)
    return Band(
        forecast.point.seconds,
        forecast.point.values,
        forecast.quantile(highest).values,
        lower=forecast.quantile(lowest).values if lowest < highest else None,
        made=f"as it stood {utc(forecast.origin)}",
    )


def _lines(trace: Series, window: tuple[datetime, datetime], paths: Mapping[str, Sequence[Series]]) -> Lines:
    """Return the trace and the paths on the trace's own grid over a window, NaN where one has nothing to say."""
    begin = max(window[0], trace.start)
    empty = np.full((window[1] - begin) // trace.step, np.nan)
    lines = {}
    for name, parts in {"Measured": [trace.between(begin, window[1])], **paths}.items():
        lines[name] = empty.copy()
        for part in parts:
            first = (part.start - begin) // trace.step
            lines[name][first : first + len(part)] = part.values
    return Lines(Series(begin, trace.step, empty).seconds, lines)


def _focus(origin: datetime, end: datetime) -> Focus:
    return Focus((origin - CLOSE).timestamp(), end.timestamp(), "the newest origin")


def _bound(level: float) -> str:
    return f"{number(100 * level, 1).removesuffix('.0')} % bound"


def _origins(origins: Sequence[datetime]) -> str:
    if len(origins) == 1:
        return f"From {utc(origins[0])}"
    return f"From {len(origins)} origins, {utc(origins[0])} to {utc(origins[-1])}"


def _verdict(gate: Gate) -> str:
    may = "may act" if gate.open else "may act over the lead time alone" if gate.short_term else "may not act"
    return f"The forecast {may}: {gate.message}."
