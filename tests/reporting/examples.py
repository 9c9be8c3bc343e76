"""Reports as large and as odd as tests need them. Seeded: the same arguments give the same report."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.reporting.replay import from_replay
from controller.reporting.report import AccuracyRow, Band, Component, Demand, GateRow, Report, Weight
from controller.scaling.judging.timeline import Note, Timeline
from controller.scaling.reasons import Reason
from forecasting.series import Values

START = datetime(2025, 3, 3, tzinfo=UTC)
TICK = 15.0
PER_POD = 10.0
LIMIT_MS = 250.0
LATE_TICKS = 12  # pods are Ready three minutes after somebody asks for them


def demand_of(seconds: Values, rng: np.random.Generator) -> Values:
    """A weekday shape with three spikes a day."""
    hours = seconds / 3600 % 24
    weekend = np.isin((seconds // 86_400).astype(int) % 7, (2, 3))
    shape = 160 + 130 * np.sin((hours - 9) / 24 * 2 * np.pi) * np.where(weekend, 0.6, 1.0)
    for hour, height in ((9, 0.8), (13, 0.5), (20, 1.0)):
        since = (hours - hour) * 60
        shape = shape * (1 + height * np.clip(np.minimum(since / 2, (20 - since) / 2), 0, 1))
    noise = np.convolve(rng.normal(0, 0.05, len(seconds)), np.ones(4) / 2, "same")
    return np.asarray(shape * (1 + noise))


def delayed(values: Values, ticks: int) -> Values:
    return np.concatenate([np.full(ticks, values[0]), values[:-ticks]])


def held_down(wanted: Values, ticks: int) -> Values:
    """Scale-down waits: the highest wish of the last ticks counts."""
    padded = np.concatenate([np.full(ticks - 1, wanted[0]), wanted])
    highest: Values = np.lib.stride_tricks.sliding_window_view(padded, ticks).max(axis=1)
    return highest


def p95_of(demand: Values, ready: Values) -> Values:
    backlog, latencies = 0.0, np.empty(len(demand))
    for tick, (arrivals, pods) in enumerate(zip(demand * TICK, ready * PER_POD * TICK, strict=True)):
        served = min(backlog + arrivals, pods)
        backlog += arrivals - served
        load = arrivals / pods
        wait = np.inf if load >= 1 and backlog == 0 else 1000 * backlog * TICK / pods
        latencies[tick] = 100 + wait + 40 * max(load, 0) ** 8
    return latencies


def timeline(name: str, demand: Values, created: Values, notes: tuple[Note, ...] = ()) -> Timeline:
    ready = np.minimum(created, delayed(created, LATE_TICKS))
    p95 = p95_of(demand, ready)
    return Timeline(
        policy=name,
        start=START,
        tick=timedelta(seconds=TICK),
        objective_ms=LIMIT_MS,
        demand_rps=demand,
        measured_rps=delayed(demand, 6),
        desired_replicas=created,
        created_replicas=created,
        ready_replicas=ready,
        backlog=np.zeros(len(demand)),
        p95_ms=p95,
        late_share=(p95 > LIMIT_MS).astype(float),
        needed_replicas=np.ceil(demand / PER_POD),
        notes=notes,
    )


def notes_of(seconds: Values, created: Values) -> tuple[Note, ...]:
    notes = []
    for tick in np.flatnonzero(np.diff(created)) + 1:
        before, after = int(created[tick - 1]), int(created[tick])
        ahead = f"forecast plans for {after * 9.1:.0f} requests/s within 4.9 min, which needs {after} replicas"
        reason, message = Reason.FORECAST, ahead
        if after < before:
            reason, message = Reason.SCALE_DOWN_STABILIZED, f"{after} is the highest recommendation of the last 300 s"
        notes.append(Note(datetime.fromtimestamp(seconds[tick], UTC), after, reason, message))
    return tuple(notes)


def season_of(days: int, rng: np.random.Generator) -> tuple[Component, ...]:
    seconds: Values = START.timestamp() + np.arange(-days * 24, 0, dtype=np.float64) * 3600.0
    hours = seconds / 3600
    return (
        Component("Trend", "requests/s", seconds, np.linspace(165, 178, len(seconds))),
        Component("Daily season", "factor", seconds, 1 + 0.6 * np.sin((hours - 9) / 24 * 2 * np.pi)),
        Component("Weekly season", "factor", seconds, 1 + 0.2 * np.sin(hours / 168 * 2 * np.pi)),
        Component("What is left", "factor", seconds, rng.normal(1, 0.04, len(seconds))),
    )


def replay_report(days: float = 2) -> Report:
    """Ours and an HPA in the same world of seasonal demand with spikes."""
    rng = np.random.default_rng(7)
    seconds = START.timestamp() + np.arange(0, days * 86_400, TICK)
    demand = demand_of(seconds, rng)
    expected = demand_of(seconds, np.random.default_rng(8))
    smooth = np.convolve(np.pad(expected, 10, mode="edge"), np.ones(21) / 21, "valid")
    ahead = np.concatenate([smooth[20:], np.full(20, smooth[-1])])
    ours = held_down(np.ceil(np.maximum(np.maximum(smooth, ahead) * 1.06, delayed(demand, 4)) / PER_POD / 0.9), 20)
    hpa = held_down(np.ceil(delayed(np.convolve(demand, np.ones(8) / 8, "same"), 6) / PER_POD / 0.8), 20)
    forecast = Band(seconds, smooth, smooth * 1.12, smooth * 0.9, made="as it stood 3 minutes before")
    signal = Demand(
        name="requests",
        unit="requests/s",
        forecast=forecast,
        gate=GateRow(
            open=True,
            short_term=True,
            reason="BeatsNaive",
            message="quantile loss 0.61 of the last value's over 12 origins",
        ),
        accuracy=(AccuracyRow("Headroom", 4.2, 95.3), AccuracyRow("Last week's copy", 7.9)),
        weights=(Weight("weekly profile", 61, 4.4), Weight("harmonic", 27, 5.3), Weight("week naive", 12, 7.9)),
        basis="From 28 days of history, 12 rolling origins.",
        season=season_of(28, rng),
        season_sentence="The daily season explains 88 % of the variation, the weekly season 21 %.",
    )
    return from_replay(
        (timeline("Headroom", demand, ours, notes_of(seconds, ours)), timeline("HPA", demand, hpa)),
        signal,
        title="Headroom against plain HPA",
        subtitle=f"taxi trips, {days:g} days replayed in ticks of 15 s, pods Ready after 3 minutes",
        bounds=(2, 200),
        notes=("Trace: nyc_taxi.csv. HPA: target 70 % utilization, tolerance 10 %.",),
    )


def forecast_report_object(**status: object) -> dict[str, object]:
    """A ForecastReport as kubectl writes it: 48 hours of a daily shape, `status` fields replaced where given."""
    hours = [START + timedelta(hours=hour) for hour in range(48)]
    expected = [round(90 + 60 * math.sin((at.hour - 9) / 24 * 2 * math.pi), 1) for at in hours]
    points = [
        {"time": at.isoformat(), "expected": value, "planned": round(1.2 * value, 1)}
        for at, value in zip(hours, expected, strict=True)
    ]
    plan = [
        {"start": at.isoformat(), "replicas": math.ceil(1.2 * value / 9)}
        for at, value in zip(hours, expected, strict=True)
    ]
    signal = {
        "name": "requests",
        "historyDays": 21,
        "gate": {"open": True, "reason": "Open", "message": "quantile loss is 0.58 of the best naive forecast's"},
        "accuracy": {"origins": 12, "errorPercent": 6.1, "lastWeekErrorPercent": 9.4, "coveragePercent": 95.8},
        "models": [
            {"name": "profile", "weightPercent": 58, "errorPercent": 6.4},
            {"name": "harmonic", "weightPercent": 42, "errorPercent": 7.0},
        ],
        "seasonality": {"dailySharePercent": 88, "weeklySharePercent": 31, "trendPercentPerWeek": 2.4},
        "points": points,
    }
    full: dict[str, object] = {
        "generatedAt": START.isoformat(),
        "verdict": "Between 4 and 20 replicas in the next 48 hours, most from Mon 15:00 UTC, in 48 steps.",
        "plan": plan,
        "learned": {"leadTimeSeconds": 96, "leadTimeSource": "Learned", "leadTimeSteps": 7},
        "signals": [signal],
    }
    return {
        "apiVersion": "headroom.dev/v1alpha1",
        "kind": "ForecastReport",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"policy": "web"},
        "status": full | status,
    }
