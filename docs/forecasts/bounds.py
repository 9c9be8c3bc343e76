"""Step: bounds from the forecast's own errors, and how often they held."""

from collections.abc import Mapping, Sequence

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads, came, hourly_updates
from docs.forecasts.step import DAY, Step, line, percent, span, time_axis
from docs.forecasts.weights import window_edges, window_names
from docs.marks import Axis, Band, Bars, Dots, Ink, Line, Mark, measured
from docs.tables import table
from forecasting import FittedForecast, Series
from forecasting.fitted import DEFAULT_LEVELS
from forecasting.series import Values

LOWEST = 0.05
LOOKS = 3  # hours between the origins at which bounds are held against what came
TOP = 0.95
A_FIFTH = 1.2


def bounds(loads: Loads) -> Step:
    """Return the bounds of the first morning, and the coverage of those of all mornings."""
    first = loads.mornings[0]
    hits = _hits(loads)
    windows = window_names(first.weights[0])
    covered = {level: _by_window(each, window_edges(first.weights[0])) for level, each in hits.items()}
    overall = {level: float(each.mean()) for level, each in hits.items()}
    width = first.evaluation.bounds.width[0]
    return Step(
        figures={
            "top_level": percent(TOP),
            "looks": str(next(iter(hits.values())).shape[0]),
            "coverage": table(
                ["bound", *windows, "a whole day"],
                [[f"{level:g}", *map(percent, covered[level]), percent(overall[level])] for level in DEFAULT_LEVELS],
            ),
            "covered": percent(overall[TOP]),
            "widest_hour": f"{int(np.argmax(width))}:00",
            "narrowest_hour": f"{int(np.argmin(width))}:00",
            "width_ratio": f"{float(width.max() / width.min()):.1f}",
        },
        holds={},
        picture=drawn(
            "A forecast with its bounds, how wide they are by the hour, and how often they held",
            [[_fan(loads.taxi, first)], [_widths(width), _coverage(covered, windows)]],
        ),
    )


def _hits(loads: Loads) -> dict[float, Values]:
    """Return by level whether each step of the day after each look stayed below its bound, (looks, steps)."""
    hits: dict[float, list[Values]] = {level: [] for level in DEFAULT_LEVELS}
    for fitted in loads.mornings[:-1]:
        for known in hourly_updates(loads.taxi, fitted, 24)[::LOOKS]:
            truth, forecast = came(loads.taxi, known), known.forecast(DAY)
            for level, of_level in hits.items():
                of_level.append((truth.values <= forecast.quantile(level).values).astype(np.float64))
    return {level: np.stack(of_level) for level, of_level in hits.items()}


def _by_window(hits: Values, windows: Sequence[tuple[float, float]]) -> list[float]:
    """Return the share of hits in each window of lead."""
    hours = np.arange(hits.shape[1]) * 24 / hits.shape[1]
    return [float(hits[:, (hours >= low) & (hours < high)].mean()) for low, high in windows]


def _fan(series: Series, fitted: FittedForecast) -> Panel:
    truth = came(series, fitted)
    forecast = fitted.forecast(DAY, levels=(LOWEST, *DEFAULT_LEVELS))
    hours = line(truth, fitted.origin).xs
    low, high = forecast.quantile(LOWEST).values, forecast.quantile(TOP).values
    return Panel(
        "A forecast of a day and its bounds",
        time_axis(fitted.origin, DAY, every=3),
        measured(f"passengers in {span(series.step)}", truth.values, high),
        [
            Band(hours, low, high, Ink.BLUE, f"{percent(LOWEST)} to {percent(TOP)}"),
            line(forecast.point, fitted.origin, Ink.BLUE, name="point"),
            line(forecast.quantile(TOP), fitted.origin, Ink.ORANGE, name=f"stays below with {percent(TOP)}"),
            Dots(hours, truth.values, Ink.TRUTH, "came", radius=2.5),
        ],
        height=240,
    )


def _widths(width: Values) -> Panel:
    hours = np.arange(len(width), dtype=np.float64)
    ticks = tuple((float(hour), f"{hour}:00") for hour in range(0, 24, 6))
    return Panel(
        "By hour of the day",
        Axis("", -1.0, 24.0, ticks),
        measured("times the usual width", width),
        [Bars(hours, width, 0.7)],
    )


def _coverage(covered: Mapping[float, Sequence[float]], windows: Sequence[str]) -> Panel:
    places = np.arange(len(windows), dtype=np.float64)
    ends = [name.split(" to ")[1] for name in windows]
    across = Axis("", -0.6, len(windows) - 0.4, tuple(zip(places.tolist(), ends, strict=True)))
    up = Axis(
        "share below the bound", 0.0, 1.0, tuple((share, percent(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    )
    marks: list[Mark] = []
    for ink, (level, shares) in zip((Ink.GREEN, Ink.ORANGE, Ink.BLUE), covered.items(), strict=True):
        marks.append(Line(np.array([-0.6, len(windows) - 0.4]), np.array([level, level]), ink, dashed=True))
        marks.append(Dots(places, np.array(shares), ink, f"{level:g}"))
    return Panel("Held, by how far ahead", across, up, marks)
