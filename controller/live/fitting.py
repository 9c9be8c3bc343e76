"""Fitting: what a worker process does for one load signal. Reads its history, fits, and sends back little.

Top-level functions over plain data, because they cross to another process. History never does: it stays in the file.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import Seasonality
from controller.api.scaling_policy import ScalingPolicySpec
from controller.scaling.dates.calendars import calendar_of, calendar_of_days
from controller.scaling.planning.outlook import LEVELS
from controller.scaling.publishing.forecast_report import SignalFit
from controller.telemetry.history import HOURS, load_series
from controller.telemetry.questions import Asked
from forecasting import DailyPeaks, ForecastingError, PeakOutlook, Series, fit, peak_outlook
from forecasting.decomposition import decompose


@dataclass(frozen=True)
class FitRequest:
    """One load signal to fit, what the gate judges it by, and its last fit, which makes this one cheaper.

    `events` are left out of learning, beside what `spec` says of holidays and schedules.
    """

    history: Path
    asked: Asked
    spec: ScalingPolicySpec
    events: tuple[DemandEvent, ...]
    lead_time: timedelta
    earlier: SignalFit | None = None


def fit_signal(request: FitRequest) -> SignalFit | None:
    """Return the fit of a signal; None while there is no history of it. Raises ForecastingError with a reason."""
    series = load_series(request.history, request.asked)
    if series is None:
        return None
    earlier = request.earlier
    fitted = fit(
        series,
        calendar=calendar_of(request.spec, series, events=request.events),
        planning_level=request.spec.forecast.planning_percentile / 100,
        lead_time=request.lead_time,
        earlier=earlier.fitted if earlier else None,
    )
    # A decomposition is for reports and slow: it is renewed when backtests are.
    if earlier and earlier.fitted.evaluated == fitted.evaluated:
        return SignalFit(fitted, earlier.seasonality)
    return SignalFit(fitted, _seasonality(series, request.spec.forecast.time_zone))


@dataclass(frozen=True)
class OutlookRequest:
    """One load signal to look months ahead for, from hours as far back as they go and the last weeks in detail."""

    hours: Path
    history: Path
    asked: Asked
    spec: ScalingPolicySpec
    events: tuple[DemandEvent, ...]


def outlook_signal(request: OutlookRequest) -> PeakOutlook | None:
    """Return the outlook of a signal's peaks; None while no hour is known. Raises ForecastingError with a reason."""
    hours = load_series(request.hours, request.asked, HOURS)
    if hours is None:
        return None
    calendar = calendar_of_days(request.spec, hours, events=request.events)
    peaks, recent = DailyPeaks.of(hours, calendar), load_series(request.history, request.asked)
    return peak_outlook(peaks if recent is None else peaks.raised_to(DailyPeaks.of(recent, calendar)), levels=LEVELS)


def _seasonality(series: Series, time_zone: str) -> Seasonality | None:
    """Return what a decomposition shows; None where the history is too short for one."""
    try:
        parts = decompose(series, time_zone)
    except ForecastingError:
        return None
    trend = parts.trend_percent_per_week
    return Seasonality(
        daily_share_percent=round(100 * parts.daily_share),
        weekly_share_percent=None if parts.weekly is None else round(100 * parts.weekly_share),
        trend_percent_per_week=None if trend is None else round(trend, 1),
    )
