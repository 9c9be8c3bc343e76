"""Step: samples stand on a regular grid, and a gap stays a gap."""

from datetime import timedelta

import numpy as np

from benchmarks.traces import FIRST_PERCENT
from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads
from docs.forecasts.step import DAY, Step, line, moment, span, time_axis
from docs.marks import Span, measured, stairs
from forecasting import Series, SeriesRefused
from forecasting.batch import LONGEST_HISTORY
from forecasting.seasons import LONGEST_STEP, SHORTEST_STEP
from forecasting.series import Values

WEEK = timedelta(weeks=1)
HALF_A_DAY = 12  # hours


def grid(loads: Loads) -> Step:
    """Return a week of taxis, and a gap in another recording."""
    shop = loads.shop
    gap = int(np.flatnonzero(np.isnan(shop.values))[0])
    at = shop.start + gap * shop.step
    half_day = shop.between(at.replace(hour=0), at.replace(hour=0) + DAY / 2)
    missing = (at - half_day.start) // shop.step
    values = half_day.values
    below_zero = np.where(np.arange(len(values)) == missing, -1.0, values)
    return Step(
        figures={
            "first_percent": f"{FIRST_PERCENT} %",
            "taxi_step": span(loads.taxi.step),
            "shortest_step": span(SHORTEST_STEP),
            "longest_step": span(LONGEST_STEP),
            "history": span(LONGEST_HISTORY),
            "gap_at": moment(at),
        },
        holds={
            "Each value is the mean over its step.": _are_means(loads.taxi),
            "A fit learns from at most the last $history.": loads.mornings[0].history == LONGEST_HISTORY,
            "A missing sample is not a zero: it is not known.": bool(np.isnan(values[missing])),
            "It is refused, and the message names the sample.": f"sample {missing} " in _refusal(half_day, below_zero),
        },
        picture=drawn(
            "A week of taxi passengers, and half a day of requests with a gap", _rows(loads.taxi, half_day, missing)
        ),
    )


def _rows(taxi: Series, half_day: Series, missing: int) -> list[list[Panel]]:
    week = taxi.between(taxi.end - 3 * WEEK, taxi.end - 2 * WEEK)
    edges = np.arange(len(half_day) + 1, dtype=np.float64)
    passengers = Panel(
        "Taxis of New York",
        time_axis(week.start, 7 * DAY, every=24),
        measured(f"passengers in {span(taxi.step)}", week.values),
        [line(week, week.start)],
    )
    requests = Panel(
        "The API of a shop",
        time_axis(half_day.start, DAY / 2, every=1),
        measured("requests/s", half_day.values),
        [Span(missing, missing + 1, name="missing"), stairs(edges, half_day.values)],
    )
    return [[passengers], [requests]]


def _are_means(series: Series) -> bool:
    """Return whether a step twice as long has the mean of two."""
    pairs = series.values[: len(series) // 2 * 2].reshape(-1, 2)
    return np.allclose(series.at_step(2 * series.step).values, pairs.mean(axis=1))


def _refusal(series: Series, values: Values) -> str:
    """Return what is said of values that cannot be demand."""
    try:
        Series(series.start, series.step, values)
    except SeriesRefused as refusal:
        return str(refusal)
    return ""
