"""Reading an outlook: what is forecast within a horizon, where the forecast may act; or why there is nothing."""

from datetime import timedelta

import numpy as np

from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from forecasting.fleet import NotFitted


def peak(observation: Observation, signal: str, *, horizon: timedelta) -> float | None:
    """Return the highest planned demand over [now, now + horizon]; None without an open forecast of any part of it."""
    outlook = observation.outlooks.get(signal)
    if outlook is None or not outlook.gate.open:
        return None
    planned = outlook.planned
    begin = max(0, (observation.now - planned.start) // planned.step)
    end = max(0, (observation.now + horizon - planned.start) // planned.step + 1)
    window = planned.values[begin:end]
    return float(np.max(window)) if len(window) else None


def mean(observation: Observation, signal: str, *, horizon: timedelta) -> float | None:
    """Return the mean expected demand over [now, now + horizon]; None without an open forecast of any part of it."""
    outlook = observation.outlooks.get(signal)
    if outlook is None or not outlook.gate.open:
        return None
    window = outlook.expected.between(observation.now, observation.now + horizon).values
    return float(np.mean(window)) if len(window) else None


def why_missing(observation: Observation, signal: str) -> NotFitted:
    """Return why there is no forecast of a signal: what its fit failed of, or that none has ended yet."""
    failed = observation.unfitted.get(signal)
    if failed is None:
        return NotFitted(Reason.FORECAST_NOT_READY, f"no forecast of {signal} has been fitted yet")
    return NotFitted(failed.reason, f"no forecast of {signal} could be fitted: {failed.message}")
