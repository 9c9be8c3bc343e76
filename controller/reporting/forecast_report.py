"""A Report from a cluster's ForecastReport: the next 48 hours of one policy, and how far they may be believed."""

from datetime import UTC, datetime, time, timedelta

import numpy as np

from controller.api.capacity_memory import SignalCapacity
from controller.api.capacity_outlook import CapacityOutlook
from controller.api.forecast_report import (
    Accuracy,
    ForecastPoint,
    ForecastReport,
    PlanStep,
    Seasonality,
    SignalForecast,
)
from controller.api.policy_status import Learned
from controller.api.scaling_policy import ScalingPolicy
from controller.reporting.report import AccuracyRow, Band, Demand, Figure, GateRow, Lines, MonthsAhead, Report, Weight
from controller.reporting.wording import duration, number, utc
from controller.scaling.publishing.capacity_runway import tell_runway
from forecasting.outlook import HORIZON_DAYS

HOUR = timedelta(hours=1)
NOON = time(12)  # of UTC: within the day that is meant, or close to it, by most clocks
SOURCES = {"Given": "given", "Learned": "learned", "LoadTest": "from a load test", "Default": "safe default"}
NOT_YET = "Nothing has been computed for this policy yet; the operator writes its first report after the first fit."


def from_forecast_report(report: ForecastReport, policy: ScalingPolicy | None = None) -> Report:
    """Return the report a person sees; with the policy it also says what is running now and between which bounds."""
    status = report.status
    span = f"next {HORIZON_DAYS} days" if status.outlook and not status.signals else "next 48 hours"
    made = f"computed {utc(status.generated_at)}" if status.generated_at else "not computed yet"
    return Report(
        title=report.key.name,
        subtitle=f"ScalingPolicy {report.metadata.namespace}/{report.spec.policy}, {span}, {made}",
        verdict=status.verdict or NOT_YET,
        figures=(*_running(policy), *_budget(policy), *_planned(status.plan), *_learned(status.learned)),
        demands=tuple(_demand(signal, policy) for signal in status.signals),
        replicas=_replicas(report),
        bounds=(policy.spec.min_replicas, policy.spec.max_replicas) if policy else None,
        months_ahead=_months_ahead(status.outlook, told=status.verdict),
    )


def _months_ahead(outlook: CapacityOutlook | None, *, told: str) -> MonthsAhead | None:
    """Return the outlook; a runway that the verdict tells already is not told again."""
    if outlook is None or not outlook.days:
        return None
    noons = [datetime.combine(each.date, NOON, UTC) for each in outlook.days]
    runways = (f"{tell_runway(runway)}; {runway.basis}." for runway in outlook.runways)
    notes = [f"{each[0].upper()}{each[1:]}" for each in runways]
    columns = ("lower", "expected", "bound80", "bound95")
    return MonthsAhead(
        seconds=_seconds(noons),
        **{name: np.array([getattr(each, name) for each in outlook.days], dtype=np.float64) for name in columns},
        limits={runway.source: runway.replicas for runway in outlook.runways},
        notes=tuple(note for note in notes if note not in told),
    )


def _running(policy: ScalingPolicy | None) -> tuple[Figure, ...]:
    if policy is None or policy.status.desired_replicas is None:
        return ()
    status = policy.status
    current = "unknown" if status.current_replicas is None else number(status.current_replicas)
    change = current if status.current_replicas == status.desired_replicas else f"{current} → {status.desired_replicas}"
    return (Figure(f"Replicas now ({policy.spec.mode})", change, status.message),)


def _budget(policy: ScalingPolicy | None) -> tuple[Figure, ...]:
    budget = policy.status.error_budget if policy else None
    if budget is None:
        return ()
    burnt = f"{number(budget.burnt_minutes)} of {number(budget.allowed_minutes)} minutes are burnt"
    return (Figure("Error budget left", f"{budget.left_percent} %", burnt),)


def _planned(plan: tuple[PlanStep, ...]) -> tuple[Figure, ...]:
    if not plan:
        return ()
    peak, low = max(plan, key=lambda step: step.replicas), min(plan, key=lambda step: step.replicas)
    return (
        Figure("Most replicas planned", number(peak.replicas), f"from {utc(peak.start)}"),
        Figure("Fewest replicas planned", number(low.replicas), f"from {utc(low.start)}"),
    )


def _learned(learned: Learned | None) -> tuple[Figure, ...]:
    if learned is None:
        return ()
    steps = f" from {learned.lead_time_steps} scale-ups" if learned.lead_time_steps else ""
    note = f"from deciding to Ready; {learned.lead_time_source.lower()}{steps}"
    return (Figure("Lead time", duration(learned.lead_time_seconds), note), *map(_capacity, learned.capacities))


def _capacity(capacity: SignalCapacity) -> Figure:
    """Return what a replica can take, with what rules out less and more."""
    lowest, highest = (number(bound, 1) for bound in (capacity.lowest or 0, capacity.highest or 0))
    confidence = f", between {lowest} and {highest}" if capacity.lowest and capacity.highest else ""
    time = capacity.service_time_milliseconds
    parts = [f"{SOURCES[capacity.source]}{confidence}", f"{time} ms without waiting" if time else "", capacity.message]
    title = f"{capacity.name} a replica"
    return Figure(
        f"{title} (provisional)" if capacity.provisional else title,
        number(capacity.per_replica, 1),
        "; ".join(filter(None, parts)),
    )


def _replicas(report: ForecastReport) -> Lines | None:
    """Return the plan as a step line that ends where the forecast does, or an hour after its last step."""
    plan = report.status.plan
    if not plan:
        return None
    ends = [point.time for signal in report.status.signals for point in signal.points]
    last = max(*ends, plan[-1].start) if ends else plan[-1].start
    seconds = _seconds([*(step.start for step in plan), last + HOUR])
    return Lines(seconds, {"planned": np.array([step.replicas for step in (*plan, plan[-1])], dtype=np.float64)})


def _demand(signal: SignalForecast, policy: ScalingPolicy | None) -> Demand:
    percentile = f" at the {policy.spec.forecast.planning_percentile}th percentile" if policy else ""
    origins = f", {signal.accuracy.origins} rolling origins" if signal.accuracy else ""
    return Demand(
        name=signal.name,
        unit=signal.name,
        forecast=_band(signal.points, f"the highest of each hour, planned{percentile}"),
        gate=GateRow(signal.gate.open, signal.gate.short_term, signal.gate.reason, signal.gate.message),
        accuracy=_accuracy(signal.accuracy),
        weights=tuple(Weight(model.name, model.weight_percent, model.error_percent) for model in signal.models),
        basis=f"From {number(signal.history_days, 1).removesuffix('.0')} days of history{origins}.",
        season_sentence=_season_sentence(signal.seasonality),
    )


def _band(points: tuple[ForecastPoint, ...], made: str) -> Band | None:
    if not points:
        return None
    expected = np.array([point.expected for point in points])
    planned = np.array([point.planned for point in points])
    return Band(_seconds([point.time for point in points]), expected, planned, made=made)


def _accuracy(accuracy: Accuracy | None) -> tuple[AccuracyRow, ...]:
    if accuracy is None:
        return ()
    return (
        AccuracyRow("Headroom", accuracy.error_percent, accuracy.coverage_percent),
        AccuracyRow("Last week's copy", accuracy.last_week_error_percent),
    )


def _season_sentence(season: Seasonality | None) -> str:
    if season is None:
        return ""
    sentence = f"The daily season explains {season.daily_share_percent} % of the variation"
    if season.weekly_share_percent is not None:
        sentence += f", the weekly season {season.weekly_share_percent} %"
    growth = season.trend_percent_per_week
    if growth is None:
        return f"{sentence}."
    return (
        f"{sentence}. The level {'rose' if growth >= 0 else 'fell'} by {number(abs(growth), 1)} % over the last week."
    )


def _seconds(times: list[datetime]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([time.astimezone(UTC).timestamp() for time in times])
