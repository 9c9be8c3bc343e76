"""The ForecastReport of a policy: what is expected over the next 48 hours, and how far it may be believed. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np

from controller.api.forecast_report import (
    Accuracy,
    ForecastPoint,
    ForecastReport,
    ForecastReportSpec,
    ForecastReportStatus,
    GateVerdict,
    ModelWeight,
    PlanStep,
    Seasonality,
    SignalForecast,
)
from controller.api.metadata import ObjectMeta
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.scaling.capacity import replicas_for
from controller.scaling.learning.learned_capacity import capacity_of, learned_numbers
from controller.scaling.publishing.status import MAX_MESSAGE
from forecasting import FittedForecast

HORIZON = timedelta(hours=48)
HOUR = timedelta(hours=1)
MEDIAN = 0.5
COMBINATION, WEEK_NAIVE = "combination", "week_naive"  # as forecasting.Accuracy names them


@dataclass(frozen=True, slots=True)
class SignalFit:
    """What one fit learned about one load signal, and the season it saw."""

    fitted: FittedForecast
    seasonality: Seasonality | None


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The next hours of one signal."""

    signal: Signal
    points: tuple[ForecastPoint, ...]


def forecast_report(
    policy: ScalingPolicy, fits: Mapping[str, SignalFit], memory: Memory, *, now: datetime
) -> ForecastReport:
    """Return the report of a policy from the fits of its load signals."""
    signals = [signal for signal in policy.spec.load_signals if signal.name in fits]
    ahead = [_Ahead(signal, _points(policy, fits[signal.name].fitted, now)) for signal in signals]
    plan = _plan(policy, [each for each in ahead if fits[each.signal.name].fitted.gate.open], memory)
    status = ForecastReportStatus(
        generated_at=now.replace(microsecond=0),
        verdict=_verdict(policy, fits, plan)[:MAX_MESSAGE],
        plan=plan,
        learned=learned_numbers(policy, memory),
        signals=tuple(_signal_forecast(each, fits[each.signal.name]) for each in ahead),
    )
    metadata = ObjectMeta(name=policy.metadata.name, namespace=policy.metadata.namespace)
    return ForecastReport(metadata=metadata, spec=ForecastReportSpec(policy=policy.metadata.name), status=status)


def _points(policy: ScalingPolicy, fitted: FittedForecast, now: datetime) -> tuple[ForecastPoint, ...]:
    """Return the highest median and planned demand of each of the next 48 hours, from the running hour on."""
    level = policy.spec.forecast.planning_percentile / 100
    first = now.replace(minute=0, second=0, microsecond=0)
    forecast = fitted.forecast(first + HORIZON - fitted.origin, levels=(MEDIAN, level))
    expected, planned = forecast.quantile(MEDIAN), forecast.quantile(level)
    points = []
    for hour in range(HORIZON // HOUR):
        begin = first + hour * HOUR
        median, quantile = (series.between(begin, begin + HOUR).values for series in (expected, planned))
        if len(median):
            points.append(ForecastPoint(time=begin, expected=_figure(median.max()), planned=_figure(quantile.max())))
    return tuple(points)


def _plan(policy: ScalingPolicy, ahead: list[_Ahead], memory: Memory) -> tuple[PlanStep, ...]:
    """Return the replicas of each hour, equal neighbours joined; empty while no forecast may act or be sized."""
    needs: dict[datetime, int] = {}
    for each in ahead:
        capacity = capacity_of(each.signal, memory)
        if capacity is None:
            continue
        for point in each.points:
            replicas = replicas_for(point.planned, capacity, policy.spec.objective)
            bounded = min(max(replicas, policy.spec.min_replicas), policy.spec.max_replicas)
            needs[point.time] = max(needs.get(point.time, 0), bounded)
    steps = groupby(sorted(needs.items()), key=lambda item: item[1])
    return tuple(PlanStep(start=next(hours)[0], replicas=replicas) for replicas, hours in steps)


def _verdict(policy: ScalingPolicy, fits: Mapping[str, SignalFit], plan: tuple[PlanStep, ...]) -> str:
    closed = [f"{name}: {fit.fitted.gate.message}" for name, fit in sorted(fits.items()) if not fit.fitted.gate.open]
    if not plan:
        return "The forecast does not act yet. " + "; ".join(closed)
    peak = max(plan, key=lambda step: step.replicas)
    capped = " (maxReplicas)" if peak.replicas == policy.spec.max_replicas else ""
    low = min(step.replicas for step in plan)
    sentence = (
        f"Between {low} and {peak.replicas} replicas{capped} in the next 48 hours, "
        f"most from {peak.start:%a %H:%M} UTC, in {len(plan)} steps."
    )
    return " ".join([sentence, *closed])


def _signal_forecast(ahead: _Ahead, fit: SignalFit) -> SignalForecast:
    fitted = fit.fitted
    gate = GateVerdict(open=fitted.gate.open, reason=fitted.gate.reason, message=fitted.gate.message)
    return SignalForecast(
        name=ahead.signal.name,
        history_days=_figure(fitted.history / timedelta(days=1)),
        gate=gate,
        accuracy=_accuracy(fitted),
        models=_models(fitted, ahead.points),
        seasonality=fit.seasonality,
        points=ahead.points,
    )


def _accuracy(fitted: FittedForecast) -> Accuracy | None:
    """Return the scores over the full horizon; None where no origin could be scored."""
    scores = fitted.accuracy.full_horizon
    ours, last_week = scores.get(COMBINATION), scores.get(WEEK_NAIVE)
    if not fitted.accuracy.origins or ours is None or last_week is None:
        return None
    figures = (ours.wape, last_week.wape, ours.coverage)
    if not all(math.isfinite(figure) for figure in figures):
        return None
    return Accuracy(
        origins=fitted.accuracy.origins,
        error_percent=_figure(100 * ours.wape),
        last_week_error_percent=_figure(100 * last_week.wape),
        coverage_percent=_figure(100 * ours.coverage),
    )


def _models(fitted: FittedForecast, points: tuple[ForecastPoint, ...]) -> tuple[ModelWeight, ...]:
    """Return each member's share, with its error as a share of the demand expected."""
    mean = float(np.mean([point.expected for point in points])) if points else 0.0
    return tuple(
        ModelWeight(
            name=member.name,
            weight_percent=round(100 * member.weight),
            error_percent=_figure(100 * member.error / mean) if mean > 0 and math.isfinite(member.error) else None,
        )
        for member in sorted(fitted.weights, key=lambda member: -member.weight)
    )


def _figure(value: float) -> float:
    """Return a figure with the digits a person reads, so that reports do not differ by noise."""
    return float(f"{float(value):.4g}")
