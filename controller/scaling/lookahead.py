"""Reading an outlook: what is forecast within a horizon, where the forecast may act; or why there is nothing."""

from datetime import datetime, timedelta

from controller.scaling.observation import Observation, Outlook
from controller.scaling.reasons import Reason
from forecasting.fleet import NotFitted
from forecasting.series import Series, Values


def peak(observation: Observation, signal: str, *, horizon: timedelta) -> float | None:
    """Return the highest planned demand over [now, now + horizon]; None without an open forecast of any part of it."""
    outlook = observation.outlooks.get(signal)
    return _highest(outlook, observation.now, horizon) if outlook and outlook.gate.open else None


def bound(observation: Observation, signal: str, *, horizon: timedelta) -> float | None:
    """Return what peak returns, also where the gate lets a forecast act over the lead time alone."""
    outlook = observation.outlooks.get(signal)
    return _highest(outlook, observation.now, horizon) if outlook and outlook.gate.short_term else None


def _highest(outlook: Outlook, now: datetime, horizon: timedelta) -> float | None:
    planned = outlook.planned
    begin = max(0, (now - planned.start) // planned.step)
    end = max(0, (now + horizon - planned.start) // planned.step + 1)
    return max(planned.values[begin:end].tolist(), default=None)  # of a few values a list is faster than an array


def window(series: Series, begin: datetime, end: datetime) -> Values:
    """Return the values of the steps that touch [begin, end); none where none do."""
    first = max(0, (begin - series.start) // series.step)
    return series.values[first : max(first, -((series.start - end) // series.step))]


def mean(observation: Observation, signal: str, *, horizon: timedelta) -> float | None:
    """Return the mean expected demand over [now, now + horizon]; None without an open forecast of any part of it."""
    outlook = observation.outlooks.get(signal)
    if outlook is None or not outlook.gate.open:
        return None
    ahead = window(outlook.expected, observation.now, observation.now + horizon)
    return float(ahead.mean()) if len(ahead) else None


def why_missing(observation: Observation, signal: str) -> NotFitted:
    """Return why there is no forecast of a signal: what its fit failed of, or that none has ended yet."""
    failed = observation.unfitted.get(signal)
    if failed is None:
        return NotFitted(Reason.FORECAST_NOT_READY, f"no forecast of {signal} has been fitted yet")
    return NotFitted(failed.reason, f"no forecast of {signal} could be fitted: {failed.message}")
