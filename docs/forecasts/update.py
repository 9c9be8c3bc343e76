"""Step: new samples between fits, and fits that cost little."""

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import LEAD_TIME, Loads, came, hourly_updates
from docs.forecasts.step import DAY, HOUR, Step, line, off_by, percent, span, time_axis
from docs.marks import Ink, Span, measured
from forecasting import FittedForecast, Series, fit
from forecasting.batch import EVALUATION_HOLDS

HOURS = 24
NOON = 12


def update(loads: Loads) -> Step:
    """Return a day of the database as its midnight saw it, and as each hour saw the next."""
    series, midnight = loads.database, loads.midnight
    known = hourly_updates(series, midnight, HOURS)
    whole_day = midnight.forecast(DAY).point
    kept = _next_hours(series, whole_day, known)
    renewed = float(np.mean([off_by(came(series, each, HOUR), each.forecast(HOUR).point.values) for each in known]))
    again = fit(series.between(series.start, known[NOON].origin), lead_time=LEAD_TIME, earlier=midnight)
    return Step(
        figures={
            "holds_for": span(EVALUATION_HOLDS),
            "update_kept": percent(kept, 1),
            "update_renewed": percent(renewed, 1),
        },
        holds={
            "An update changes no weight, no bound and no verdict.": known[-1].evaluation is midnight.evaluation,
            "What backtests said is kept for $holds_for.": again.evaluation is midnight.evaluation,
            "The members are fitted again.": _differ(again, known[NOON]),
        },
        picture=drawn(
            "A day of a database: the forecast of midnight, and that of noon after updates",
            [[_panel(series, whole_day, known[NOON])]],
        ),
    )


def _next_hours(series: Series, day: Series, known: list[FittedForecast]) -> float:
    """Return how far a day's forecast was off, hour by hour, as a mean share."""
    hours = [(came(series, each, HOUR), day.between(each.origin, each.origin + HOUR)) for each in known]
    return float(np.mean([off_by(truth, path.values) for truth, path in hours]))


def _differ(one: FittedForecast, other: FittedForecast) -> bool:
    return not np.allclose(one.forecast(DAY).point.values, other.forecast(DAY).point.values)


def _panel(series: Series, whole_day: Series, noon: FittedForecast) -> Panel:
    truth = series.between(whole_day.start, whole_day.end)
    rest = noon.forecast(whole_day.end - noon.origin).point
    return Panel(
        "A day of queries to a database",
        time_axis(whole_day.start, DAY, every=3),
        measured("queries/s", truth.values, whole_day.values, rest.values, low=None),
        [
            Span(NOON, HOURS, Ink.TRUTH, "to come at noon"),
            line(truth, whole_day.start, name="came"),
            line(whole_day, whole_day.start, Ink.ORANGE, name="forecast of midnight", dashed=True),
            line(rest, whole_day.start, Ink.BLUE, name="updated until noon"),
        ],
        height=240,
    )
