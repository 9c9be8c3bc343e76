"""What a forecast rests on, for readers: a Demand from a FittedForecast and a decomposition of its history."""

import math
from datetime import timedelta

from controller.reporting.report import AccuracyRow, Band, Component, Demand, GateRow, Weight
from controller.reporting.wording import number, percent, share
from forecasting import FittedForecast
from forecasting.decomposition import Decomposition

DAY = timedelta(days=1)
COMBINATION = "combination"  # as forecasting.Accuracy names it
NAMES = {
    COMBINATION: "Headroom",
    "week_naive": "Last week's copy",
    "day_naive": "Yesterday's copy",
    "last_value": "Last value held",
}


def demand_from(
    fitted: FittedForecast, name: str, *, unit: str, forecast: Band | None = None, parts: Decomposition | None = None
) -> Demand:
    """Return how the forecast of one load signal was made and how good it has been over the full horizon."""
    origins = fitted.accuracy.origins
    return Demand(
        name=name,
        unit=unit,
        forecast=forecast,
        gate=GateRow(fitted.gate.open, fitted.gate.short_term, fitted.gate.reason, fitted.gate.message),
        accuracy=_accuracy(fitted),
        weights=_weights(fitted),
        basis=f"From {number(fitted.history / DAY, 1).removesuffix('.0')} days of history, {origins} rolling origins.",
        season=() if parts is None else _components(parts, unit),
        season_sentence="" if parts is None else _sentence(parts),
    )


def _accuracy(fitted: FittedForecast) -> tuple[AccuracyRow, ...]:
    """Return the combination first, then the others from the best on; who has no finite error is left out."""
    scores = fitted.accuracy.full_horizon
    known = [name for name, scored in scores.items() if math.isfinite(scored.wape)]
    order = sorted(known, key=lambda name: (name != COMBINATION, scores[name].wape))
    return tuple(
        AccuracyRow(NAMES.get(name, name), 100 * scores[name].wape, 100 * scores[name].coverage) for name in order
    )


def _weights(fitted: FittedForecast) -> tuple[Weight, ...]:
    scores = fitted.accuracy.full_horizon
    wapes = {name: 100 * scored.wape for name, scored in scores.items() if math.isfinite(scored.wape)}
    return tuple(
        Weight(NAMES.get(each.name, each.name), 100 * each.weight, wapes.get(each.name))
        for each in sorted(fitted.weights, key=lambda each: -each.weight)
    )


def _components(parts: Decomposition, unit: str) -> tuple[Component, ...]:
    named = (
        ("Trend", unit, parts.trend),
        ("Daily season", "factor", parts.daily),
        ("Weekly season", "factor", parts.weekly),
        ("What is left", "factor", parts.remainder),
    )
    return tuple(
        Component(name, unit, series.seconds, series.values) for name, unit, series in named if series is not None
    )


def _sentence(parts: Decomposition) -> str:
    weekly = "" if parts.weekly is None else f", the weekly season {share(parts.weekly_share)}"
    growth = parts.trend_percent_per_week
    trend = (
        "" if growth is None else f" The trend {'rises' if growth >= 0 else 'falls'} by {percent(abs(growth))} a week."
    )
    return (
        f"Trend times seasons times what is left gives the demand. The daily season explains "
        f"{share(parts.daily_share)} of the variation that the trend does not{weekly}.{trend}"
    )
