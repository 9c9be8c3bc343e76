"""The ForecastReport of a policy: what is expected hours and months ahead, and how far it may be believed. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from controller.api.capacity_outlook import CapacityOutlook
from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import (
    Accuracy,
    ForecastPoint,
    ForecastReport,
    ForecastReportSpec,
    ForecastReportStatus,
    GateVerdict,
    ModelWeight,
    Seasonality,
    SignalForecast,
)
from controller.api.metadata import ObjectMeta
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.learning.learned_capacity import learned_numbers
from controller.scaling.learning.occasions import with_learned_multipliers
from controller.scaling.planning.ahead import HORIZON, PlanAhead, look_ahead, plan_ahead
from controller.scaling.planning.needs import Ahead, Foresight
from controller.scaling.publishing.capacity_runway import is_short, tell_runway
from controller.scaling.publishing.status import MAX_MESSAGE
from controller.scaling.reasons import Reason
from forecasting import FittedForecast

HOUR = timedelta(hours=1)
COMBINATION, WEEK_NAIVE = "combination", "week_naive"  # as forecasting.Accuracy names them


@dataclass(frozen=True, slots=True)
class SignalFit:
    """What one fit learned about one load signal, and the season it saw."""

    fitted: FittedForecast
    seasonality: Seasonality | None


def forecast_report(
    policy: ScalingPolicy,
    fits: Mapping[str, SignalFit],
    memory: Memory,
    *,
    events: Sequence[DemandEvent] = (),
    outlook: CapacityOutlook | None = None,
    now: datetime,
) -> ForecastReport:
    """Return the report of a policy from the fits of its load signals, the events that concern it, and its outlook."""
    signals = [signal for signal in policy.spec.load_signals if signal.name in fits]
    ahead = [look_ahead(policy, signal, fits[signal.name].fitted, now=now) for signal in signals]
    acting = [each for each in ahead if fits[each.signal.name].fitted.gate.open]
    windows = (*map(window_of, events), *schedule_windows(policy.spec, now, now + HORIZON))
    plan = plan_ahead(Foresight(policy, memory, acting, with_learned_multipliers(windows, memory)), now=now)
    status = ForecastReportStatus(
        generated_at=now.replace(microsecond=0),
        verdict=" ".join([_verdict(policy, fits, plan), *_warning(policy, outlook, now)])[:MAX_MESSAGE],
        plan=plan.steps,
        learned=learned_numbers(policy, memory),
        signals=tuple(_signal_forecast(each, fits[each.signal.name], now) for each in ahead),
        outlook=outlook,
    )
    metadata = ObjectMeta(name=policy.metadata.name, namespace=policy.metadata.namespace)
    return ForecastReport(metadata=metadata, spec=ForecastReportSpec(policy=policy.metadata.name), status=status)


def _points(ahead: Ahead, now: datetime) -> tuple[ForecastPoint, ...]:
    """Return the highest median and planned demand of each of the next 48 hours, from the running hour on."""
    first = now.replace(minute=0, second=0, microsecond=0)
    points = []
    for hour in range(HORIZON // HOUR):
        begin = first + hour * HOUR
        median, quantile = (series.between(begin, begin + HOUR).values for series in (ahead.expected, ahead.planned))
        if len(median):
            points.append(ForecastPoint(time=begin, expected=_figure(median.max()), planned=_figure(quantile.max())))
    return tuple(points)


BOUND_ACTS = "Of the forecast only the bound over the lead time acts."


def _verdict(policy: ScalingPolicy, fits: Mapping[str, SignalFit], plan: PlanAhead) -> str:
    closed = [f"{name}: {fit.fitted.gate.message}" for name, fit in sorted(fits.items()) if not fit.fitted.gate.open]
    if not plan.steps:
        says = (
            BOUND_ACTS if any(fit.fitted.gate.short_term for fit in fits.values()) else "The forecast does not act yet."
        )
        return " ".join([says, "; ".join(closed)]).rstrip()
    return " ".join([_sentence(policy, plan), *_shortfall(plan), *closed])


def _sentence(policy: ScalingPolicy, plan: PlanAhead) -> str:
    peak = max(plan.steps, key=lambda step: step.replicas)
    capped = " (maxReplicas)" if peak.replicas == policy.spec.max_replicas else ""
    if peak.reason == Reason.BUDGET:
        capped = f" ({peak.source})"
    low = min(step.replicas for step in plan.steps)
    if low == peak.replicas:
        return f"{low} replicas{capped} throughout the next 48 hours."
    changes = len(plan.steps) - 1
    followed = f" where following demand takes {plan.changes_of_need}" if plan.changes_of_need > changes else ""
    return (
        f"Between {low} and {peak.replicas} replicas{capped} in the next 48 hours, most from {peak.start:%a %H:%M} "
        f"UTC, in {changes} changes{followed}."
    )


def _shortfall(plan: PlanAhead) -> list[str]:
    """Return a sentence on what is asked for above a bound: when first, and how many at most."""
    short = [step for step in plan.steps if step.wanted is not None]
    if not short:
        return []
    first, most = short[0], max(step.wanted or 0 for step in short)
    return [
        f"Up to {most} are asked for, first from {first.start:%a %H:%M} UTC: {first.source} allows {first.replicas}."
    ]


def _warning(policy: ScalingPolicy, outlook: CapacityOutlook | None, now: datetime) -> list[str]:
    """Return a sentence on the runway that ends first, where it ends within 30 days."""
    first = outlook.runways[0] if outlook and outlook.runways else None
    if first is None or not is_short(first, policy, now=now):
        return []
    told = tell_runway(first)
    return [f"{told[0].upper()}{told[1:]}."]


def _signal_forecast(ahead: Ahead, fit: SignalFit, now: datetime) -> SignalForecast:
    fitted, points = fit.fitted, _points(ahead, now)
    gate = GateVerdict(
        open=fitted.gate.open, short_term=fitted.gate.short_term, reason=fitted.gate.reason, message=fitted.gate.message
    )
    return SignalForecast(
        name=ahead.signal.name,
        history_days=_figure(fitted.history / timedelta(days=1)),
        gate=gate,
        accuracy=_accuracy(fitted),
        models=_models(fitted, points),
        seasonality=fit.seasonality,
        points=points,
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
