"""Forecasting for load series: pure, importable alone. These names are its public face; the rest may change.

fit learns from a Series, a FittedForecast is asked for a Forecast and takes in new samples, its Gate says whether the
forecast may act. peak_outlook tells DailyPeaks of the months ahead. For reports, forecasting.decomposition has
decompose: it needs statsmodels, which nothing else does.
"""

from forecasting.accuracy import Accuracy, Score
from forecasting.batch import fit, fit_batch
from forecasting.daily_peaks import DailyPeaks
from forecasting.errors import ForecastingError, SeriesRefused
from forecasting.fitted import FittedForecast
from forecasting.forecast import Forecast
from forecasting.gate import Gate
from forecasting.marked_days import MarkedDays
from forecasting.occasions import Calendar, Event, MarkedDay
from forecasting.outlook import Growth, PeakOutlook, peak_outlook
from forecasting.public_holidays import public_holidays
from forecasting.selection import Weight
from forecasting.series import Series
from forecasting.updates import update_batch

__all__ = [
    "Accuracy",
    "Calendar",
    "DailyPeaks",
    "Event",
    "FittedForecast",
    "Forecast",
    "ForecastingError",
    "Gate",
    "Growth",
    "MarkedDay",
    "MarkedDays",
    "PeakOutlook",
    "Score",
    "Series",
    "SeriesRefused",
    "Weight",
    "fit",
    "fit_batch",
    "peak_outlook",
    "public_holidays",
    "update_batch",
]
