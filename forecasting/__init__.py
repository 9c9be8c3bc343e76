"""Forecasting for load series: pure, importable alone. These names are its public face; the rest may change.

fit learns from a Series, a FittedForecast is asked for a Forecast and takes in new samples, its Gate says whether the
forecast may act. For reports, forecasting.decomposition has decompose: it needs statsmodels, which
nothing else does.
"""

from forecasting.accuracy import Accuracy, Score
from forecasting.batch import fit, fit_batch
from forecasting.errors import ForecastingError, SeriesRefused
from forecasting.fitted import FittedForecast
from forecasting.forecast import Forecast
from forecasting.gate import Gate
from forecasting.occasions import Calendar, Event
from forecasting.selection import Weight
from forecasting.series import Series

__all__ = [
    "Accuracy",
    "Calendar",
    "Event",
    "FittedForecast",
    "Forecast",
    "ForecastingError",
    "Gate",
    "Score",
    "Series",
    "SeriesRefused",
    "Weight",
    "fit",
    "fit_batch",
]
