"""How to use the library alone, and what a fitted forecaster weighs."""

import math
import pickle
import runpy
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass
from io import StringIO
from pathlib import Path

import numpy as np

from docs.forecasts.loads import Loads
from docs.forecasts.step import Step, span
from forecasting import FittedForecast, Series, SeriesRefused, fit
from forecasting.fitted import DEFAULT_HORIZON

EXAMPLE = Path(__file__).with_name("example.py")
SHOWN_FROM = "from datetime"
BYTES_A_NUMBER = 8
KILO = 1000
ROOM = 1.5  # for what Python keeps around numbers; a test measures it


def library(loads: Loads) -> Step:
    """Return the example with what it prints, and the size of a forecaster of four weeks."""
    series = loads.tweets
    fitted = loads.tweets_now
    return Step(
        figures={
            "example": shown(),
            "example_prints": printed().strip(),
            "fitted_kilobytes": f"{kilobytes(fitted):.0f}",
            "fitted_step": span(series.step),
            "fitted_at_most": f"{math.ceil(ROOM * kilobytes(fitted) / 10) * 10}",
            "fitted_history": span(fitted.history),
            "default_horizon": span(DEFAULT_HORIZON),
        },
        holds={
            "It can be pickled.": _same_forecast(pickle.loads(pickle.dumps(fitted)), fitted),  # noqa: S301 -- our own
            "A forecaster is never changed: an update makes a new one.": _stays(loads),
            "What cannot be forecast is refused with a `SeriesRefused` that says why.": bool(_refusal(series)),
        },
    )


def _same_forecast(one: FittedForecast, other: FittedForecast) -> bool:
    return np.array_equal(one.forecast().paths, other.forecast().paths)


def _stays(loads: Loads) -> bool:
    """Return whether a forecaster says the same after another was made of it with newer samples."""
    fitted = loads.midnight
    before = fitted.forecast().paths
    later = fitted.update(loads.database.between(fitted.origin, loads.database.end))
    return np.array_equal(fitted.forecast().paths, before) and later.origin > fitted.origin


def _refusal(series: Series) -> str:
    """Return what is said of a series without a sample."""
    try:
        fit(Series(series.start, series.step, np.full(len(series), np.nan)))
    except SeriesRefused as refused:
        return str(refused)
    return ""


def shown() -> str:
    """Return the example from its imports on."""
    text = EXAMPLE.read_text(encoding="utf-8")
    return text[text.index(SHOWN_FROM) :].strip()


def printed() -> str:
    """Return what the example prints."""
    with redirect_stdout(StringIO()) as out:
        runpy.run_path(str(EXAMPLE))
    return out.getvalue()


def kilobytes(fitted: object) -> float:
    """Return what the numbers of a forecaster take: nearly all it is made of, and the same on every machine."""
    return numbers_in(fitted) * BYTES_A_NUMBER / KILO


def numbers_in(value: object) -> int:
    """Return how many numbers are in arrays anywhere in a value."""
    if isinstance(value, np.ndarray):
        return int(math.prod(value.shape))
    if is_dataclass(value):
        return sum(numbers_in(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, Mapping):
        return sum(map(numbers_in, value.values()))
    return sum(map(numbers_in, value)) if isinstance(value, tuple | list) else 0
