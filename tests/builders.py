"""Builders: a policy, an observation, an outlook with sensible defaults, so that a test names only what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from controller.api.demand_event import DemandEvent
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.observation import Observation, Obstacle, Outlook, Pod, Reading, Scale, Usual
from forecasting import FittedForecast, Gate, Series, fit
from forecasting.fleet import NotFitted

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday

REQUESTS = {"name": "requests", "preset": "http-request-rate", "load": {"perReplica": 10}}
QUEUED_REQUESTS = {**REQUESTS, "load": {"perReplica": 10, "serviceTimeMilliseconds": 100}}
LATENCY = {"name": "latency", "preset": "http-p95-latency"}
QUEUE = {"name": "queue", "preset": "queue-depth"}


def a_policy(*signals: Mapping[str, Any], name: str = "web", namespace: str = "shop", **spec: object) -> ScalingPolicy:
    """Return an Active policy on Deployment `web`; `spec` fields are given as the wire writes them."""
    full = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "mode": "Active",
        "minReplicas": 1,
        "maxReplicas": 100,
        "signals": list(signals or (REQUESTS,)),
        "capacity": {"leadTimeSeconds": 180},
        "forecast": {"planningPercentile": 95},
        **spec,
    }
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "generation": 1}
    return ScalingPolicy.model_validate({"metadata": metadata, "spec": full})


def an_event(name: str = "launch", namespace: str = "shop", **spec: object) -> DemandEvent:
    """Return a demand event on policy `web`, two hours long from one hour after noon, three times the usual."""
    full = {
        "start": NOON + timedelta(hours=1),
        "end": NOON + timedelta(hours=3),
        "multiplierPercent": 300,
        "policies": ["web"],
        **spec,
    }
    return DemandEvent.model_validate({"metadata": {"name": name, "namespace": namespace}, "spec": full})


def a_reading(
    value: float | None, *, age: timedelta = timedelta(0), problem: str = "", now: datetime = NOON
) -> Reading:
    """Return a reading of this age."""
    return Reading(value=value, valid_at=now - age, problem=problem)


@cache
def a_fitted_forecast(*, gate_open: bool = True, short_term: bool = False) -> FittedForecast:
    """Return a small real forecaster of about 50 requests a second, its origin at noon, with this verdict.

    With `short_term` a closed gate lets it act over the lead time; an open one always does.
    """
    history = Series(NOON - timedelta(minutes=10), timedelta(minutes=5), np.full(2, 50.0))
    opened = Gate(open=True, reason="BeatsLastWeek", message="17 % better than last week's copy", short_term=True)
    near = Gate(open=False, reason="NotBetterThanLastValue", message="no better than the last value", short_term=True)
    closed = Gate(open=False, reason="HistoryTooShort", message="9 of 14 days of history")
    gate = opened if gate_open else near if short_term else closed
    fitted = fit(history)
    return replace(fitted, evaluation=replace(fitted.evaluation, gate=gate))


def an_outlook(
    planned: Sequence[float],
    *,
    gate_open: bool = True,
    short_term: bool = False,
    start: datetime = NOON,
    step: timedelta = timedelta(minutes=1),
    usual: Usual | None = None,
) -> Outlook:
    """Return an outlook whose planned demand is given minute by minute from noon on; the median is 80 % of it.

    By default anything is usual, so that no fall is odd.
    """
    values = np.asarray(planned, dtype=float)
    expected, plan = Series(start, step, 0.8 * values), Series(start, step, values)
    anything = Usual(expected, Series(start, step, 0 * values), a_fitted_forecast())
    fitted = a_fitted_forecast(gate_open=gate_open, short_term=short_term)
    return Outlook(start, 0.95, expected, plan, fitted, usual or anything)


def a_usual(demand: float, *, low: float | None = None, minutes: int = 300) -> Usual:
    """Return a usual demand that holds from an hour before noon on; it hardly falls below 80 % of it."""
    start, step = NOON - timedelta(hours=1), timedelta(minutes=1)
    least = 0.8 * demand if low is None else low
    expected, lowest = (Series(start, step, np.full(minutes, value)) for value in (demand, least))
    return Usual(expected, lowest, a_fitted_forecast())


def an_observation(  # noqa: PLR0913  everything a decision may know, each with a default
    policy: ScalingPolicy | None = None,
    *,
    replicas: int = 10,
    ready: int | None = None,
    readings: Mapping[str, Reading] | None = None,
    memory: Memory | None = None,
    outlooks: Mapping[str, Outlook] | None = None,
    unfitted: Mapping[str, NotFitted] | None = None,
    events: Sequence[DemandEvent] = (),
    schedules_until: datetime | None = None,
    obstacle: Obstacle | None = None,
    pods: Sequence[Pod] = (),
    rolling_out: bool = False,
    now: datetime = NOON,
    **values: float,
) -> Observation:
    """Return an observation at noon; keyword numbers are fresh readings, e.g. `requests=120`."""
    fresh = {name: a_reading(value, now=now) for name, value in values.items()}
    scale = Scale(replicas, replicas if ready is None else ready, tuple(pods), rolling_out)
    policy = policy or a_policy()
    scheduled = schedule_windows(policy.spec, now, schedules_until or now)
    return Observation(
        now=now,
        policy=policy,
        readings={**fresh, **(readings or {})},
        scale=scale,
        memory=memory or Memory(),
        outlooks=outlooks or {},
        unfitted=unfitted or {},
        windows=(*map(window_of, events), *scheduled),
        obstacle=obstacle,
    )
