"""Step: several simple methods, the members, each say what they expect."""

from collections.abc import Mapping
from statistics import fmean

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import DAYS_WALKED, Loads, came
from docs.forecasts.step import DAY, Step, line, moment, off_by, percent, span, time_axis
from docs.marks import Ink, measured
from docs.tables import code, table
from forecasting import FittedForecast, Series
from forecasting.evaluation import COMBINATION

COLUMNS = 2


def members(loads: Loads) -> Step:
    """Return what each member said on a morning, and how far each was off on all mornings."""
    first = loads.mornings[0]
    misses = [misses_of(loads.taxi, fitted) for fitted in loads.mornings]
    names = list(misses[0])
    alone = names[:-1]
    mean = {name: float(np.mean([each[name] for each in misses])) for name in names}
    closest = {min(alone, key=each.__getitem__) for each in misses}
    return Step(
        figures={
            "members": str(len(alone)),
            "members_from": moment(first.origin),
            "days_walked": str(DAYS_WALKED),
            "closest": str(len(closest)),
            "member_misses": table(
                ["member", "off that day", f"off on {DAYS_WALKED} days"],
                [[code(name), percent(misses[0][name], 1), percent(mean[name], 1)] for name in names],
            ),
        },
        holds={
            "No member is the closest on every day.": len(closest) > 1,
            "Together they are less off than one picked at random.": mean[COMBINATION]
            < fmean(mean[name] for name in alone),
        },
        picture=drawn("What each member expected of one day, beside what came", _rows(loads.taxi, first, misses[0])),
    )


def misses_of(series: Series, fitted: FittedForecast) -> dict[str, float]:
    """Return how far off each member was over a day, and all of them together, last."""
    truth = came(series, fitted)
    paths = {name: path.values for name, path in fitted.member_points(DAY).items()}
    paths[COMBINATION] = fitted.forecast(DAY).point.values
    return {name: off_by(truth, path) for name, path in paths.items()}


def _rows(series: Series, fitted: FittedForecast, misses: Mapping[str, float]) -> list[list[Panel]]:
    truth = came(series, fitted)
    paths = fitted.member_points(DAY)
    axis = time_axis(fitted.origin, DAY, every=6)
    unit = measured(f"passengers in {span(series.step)}", truth.values, *(path.values for path in paths.values()))
    panels = [
        Panel(
            f"{name}: {percent(misses[name], 1)} off",
            axis,
            unit,
            [line(truth, fitted.origin, name="came"), line(path, fitted.origin, Ink.BLUE, name="expected")],
            height=170,
        )
        for name, path in paths.items()
    ]
    return [panels[first : first + COLUMNS] for first in range(0, len(panels), COLUMNS)]
