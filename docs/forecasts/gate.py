"""Step: a forecast may act only while it is worth more than having none."""

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import LEAD_TIME, Loads
from docs.forecasts.step import DAY, Step, line, percent, span, time_axis, whole
from docs.marks import Ink, measured
from docs.tables import table
from forecasting import FittedForecast, Series, fit
from forecasting.accuracy import pinball_loss
from forecasting.batch import DEFAULT_PLANNING_LEVEL, LONGEST_HISTORY
from forecasting.gate import ENOUGH_ORIGINS, FAR, HURDLES, MARGIN, SHORTEST_HISTORY

SEED = 20140701
WALK_STEP = 0.05  # of its level
LEVEL = 10_000.0


def gate(loads: Loads) -> Step:
    """Return the gate of the taxis, and of a random walk of the same length."""
    taxi, walk = loads.mornings[0], _random_walk(loads.taxi)
    fitted = fit(walk, lead_time=LEAD_TIME)
    young = fit(loads.taxi.between(loads.taxi.end - SHORTEST_HISTORY + loads.taxi.step, loads.taxi.end))
    panels = [
        _panel("Taxis: open", "passengers in 30 min", loads.taxi, taxi),
        _panel("A random walk: closed", "made units", walk, fitted),
    ]
    return Step(
        figures={
            **_figures(),
            "open_message": taxi.gate.message,
            "closed_reason": fitted.gate.reason,
            "closed_message": fitted.gate.message,
        },
        holds={
            "For the taxis the gate is open:": taxi.gate.open,
            "For the walk it is closed:": not fitted.gate.open,
            "A closed gate says which comparison failed, with its figures,": any(
                fitted.gate.reason == each.reason and each.words in fitted.gate.message for each in HURDLES
            ),
            "Its bound may still act.": fitted.gate.short_term,
            "With less than $shortest_history of history the gate is closed too, and no bound acts.": not (
                young.gate.open or young.gate.short_term
            ),
        },
        picture=drawn("A load whose gate is open, and a random walk whose gate is closed", [panels]),
    )


def _figures() -> dict[str, str]:
    """Return what the gate asks for, and how the walk was made."""
    asked = {True: "win by the margin", False: "not lose by more than margin and chance allow"}
    return {
        "planning_level": percent(DEFAULT_PLANNING_LEVEL),
        "lead_time": span(LEAD_TIME),
        "hurdles": table(["beside", "the forecast must"], [[each.words, asked[each.by_margin]] for each in HURDLES]),
        "harder": f"{_punished(-1.0) / _punished(1.0):.0f}",
        "margin": percent(MARGIN),
        "enough_origins": str(ENOUGH_ORIGINS),
        "far_off": f"{FAR:g}",
        "shortest_history": span(SHORTEST_HISTORY),
        "seed": str(SEED),
        "walk_step": percent(WALK_STEP),
    }


def _punished(planned_over_demand: float) -> float:
    """Return the loss of a plan that is so much above a demand of 1, or below it where it is negative."""
    demand, planned = np.ones((1, 1)), np.full((1, 1), 1.0 + planned_over_demand)
    return float(pinball_loss(demand, planned, DEFAULT_PLANNING_LEVEL)[0])


def _random_walk(like: Series) -> Series:
    """Return a load without any season on the taxis' grid: each step is a little more or less than the one before."""
    count = LONGEST_HISTORY // like.step
    steps = np.random.default_rng(SEED).normal(0.0, WALK_STEP, count)
    return Series(like.start, like.step, LEVEL * np.exp(np.cumsum(steps)))


def _panel(title: str, unit: str, series: Series, fitted: FittedForecast) -> Panel:
    """Return two days before a forecast, and the day that it tells."""
    begin = fitted.origin - 2 * DAY
    past = series.between(begin, fitted.origin)
    forecast = fitted.forecast(DAY, levels=(DEFAULT_PLANNING_LEVEL,))
    bound = forecast.quantile(DEFAULT_PLANNING_LEVEL)
    return Panel(
        title,
        time_axis(begin, 3 * DAY, every=24),
        measured(unit, past.values, bound.values),
        [
            line(past, begin, name="known"),
            line(forecast.point, begin, Ink.BLUE, name="point"),
            line(bound, begin, Ink.ORANGE, name=f"{whole(100 * DEFAULT_PLANNING_LEVEL)} % bound"),
        ],
    )
