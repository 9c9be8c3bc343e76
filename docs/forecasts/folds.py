"""Step: the members are tried on the past, from origins they had not seen beyond."""

import itertools
from datetime import datetime, timedelta

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads
from docs.forecasts.step import DAY, HOUR, Step, line, moment, span, time_axis
from docs.marks import Dots, Ink, Span, measured
from forecasting import Calendar, Series
from forecasting.backtest import FOLD_SPACING, ORIGIN_SPACING, Backtest, fold_positions, run_backtest
from forecasting.batch import LONGEST_HISTORY
from forecasting.combination import combine
from forecasting.models import MEMBERS
from forecasting.panel import Panel as SeriesPanel
from forecasting.panel import panel_of

SHOWN_ORIGINS = (0, 6, 12)  # hours after a fold's begin
INKS = (Ink.BLUE, Ink.ORANGE, Ink.GREEN)


def folds(loads: Loads) -> Step:
    """Return where the folds of the first morning's history stand, and what was forecast within one of them."""
    end = loads.mornings[0].origin
    history = loads.taxi.between(end - LONGEST_HISTORY, end)
    panel = panel_of([history], Calendar())
    backtest = run_backtest(panel, MEMBERS)
    begins = [history.start + position * history.step for position in fold_positions(panel.steps)]
    return Step(
        figures={
            "folds": str(len(begins)),
            "fold_first": moment(begins[0]),
            "fold_last": moment(begins[-1]),
            "fold_spacing": span(FOLD_SPACING * HOUR),
            "origins_a_fold": str(backtest.trial.truth.shape[2]),
            "origin_spacing": span(ORIGIN_SPACING * HOUR),
            "origins": str(backtest.distinct),
        },
        holds={
            "Nothing that came after an origin reaches a forecast from there.": _is_blind(panel, backtest),
            "at least $fold_spacing apart.": all(
                later - earlier >= FOLD_SPACING * HOUR for earlier, later in itertools.pairwise(begins)
            ),
            "Folds begin at mixed hours.": len({begin.hour for begin in begins}) > len(begins) / 2,
        },
        picture=drawn(
            "Where a forecast is tried within four weeks of history, and forecasts from three origins of one day",
            [[_where(history, begins)], [_within(history, backtest)]],
        ),
    )


def _is_blind(panel: SeriesPanel, backtest: Backtest) -> bool:
    """Return whether forecasts from the last fold's first origin stay when all that came after it is another."""
    logs = panel.logs.copy()
    logs[:, backtest.positions[-1] :] = 0.0
    other = run_backtest(SeriesPanel(panel.steps, logs), MEMBERS)
    return np.allclose(other.trial.forecasts[:, :, -1, 0], backtest.trial.forecasts[:, :, -1, 0])


def _where(history: Series, begins: list[datetime]) -> Panel:
    spans = [_span(history, begin) for begin in begins]
    return Panel(
        "The history of a fit, and the days it is tried on",
        time_axis(history.start, LONGEST_HISTORY, every=96),
        measured("passengers in 30 min", history.values),
        [*spans, line(history, history.start)],
    )


def _span(history: Series, begin: datetime) -> Span:
    since = (begin - history.start) / HOUR
    return Span(since, since + 24, Ink.BLUE, "")


def _within(history: Series, backtest: Backtest) -> Panel:
    """Return the combination's forecasts from three origins of the last fold, as far as its day goes."""
    begin = history.start + backtest.positions[-1] * history.step
    truth = history.between(begin, begin + DAY)
    paths = combine(backtest).forecasts[0, -1]
    half = history.step / HOUR / 2
    looks: list[Dots] = []
    for ink, origin in zip(INKS, SHOWN_ORIGINS, strict=True):
        inside = ~np.isnan(backtest.trial.truth[0, -1, origin])
        hours = origin * ORIGIN_SPACING + backtest.leads.hours[inside] + half
        at = begin + timedelta(hours=origin * ORIGIN_SPACING)
        looks.append(Dots(hours, paths[origin, inside], ink, f"from {at:%H:%M}"))
    every = [each.ys for each in looks]
    return Panel(
        "One of these days: forecasts from three of its origins",
        time_axis(begin, DAY, every=3),
        measured("passengers in 30 min", truth.values, *every),
        [line(truth, begin, name="came"), *looks],
    )
