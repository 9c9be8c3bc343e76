"""Made loads, the same in every run: policies, weeks of history, their fits."""

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.api.scaling_policy import ScalingPolicy
from forecasting import FittedForecast, Series, fit_batch
from forecasting.series import Values

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
WEEKS = timedelta(weeks=4)
STEPS = WEEKS // STEP
STEPS_A_DAY = timedelta(days=1) // STEP
LEVEL = 80.0  # requests/s: eleven replicas or so
NAMESPACES = 200
DISTINCT = 40  # histories that are fitted; all others are copies, which cost the same to keep and to ask


def a_policy_document(number: int) -> dict[str, object]:
    """Return a policy as the API server sends it: demand, a queue, a latency objective and a step rule."""
    return {
        "apiVersion": "headroom.dev/v1alpha1",
        "kind": "ScalingPolicy",
        "metadata": {
            "name": f"workload-{number}",
            "namespace": f"team-{number % NAMESPACES}",
            "uid": f"00000000-0000-4000-8000-{number:012d}",
            "resourceVersion": str(number),
            "generation": 1,
            "creationTimestamp": "2026-01-05T08:00:00Z",
        },
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": f"workload-{number}"},
            "mode": "Active",
            "minReplicas": 2,
            "maxReplicas": 200,
            "signals": [
                {
                    "name": "requests",
                    "preset": "http-request-rate",
                    "load": {"perReplica": 10, "serviceTimeMilliseconds": 100},
                },
                {"name": "queue", "preset": "queue-depth"},
            ],
            "objective": {"p95Milliseconds": 250},
            "capacity": {"leadTimeSeconds": 300},
            "stepScaling": [
                {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]},
            ],
        },
    }


def policies(count: int) -> list[ScalingPolicy]:
    """Return so many policies, each on a workload of its own."""
    return [ScalingPolicy.model_validate(a_policy_document(number)) for number in range(count)]


def a_history(seed: int, *, swing: float = 0.5, noise: float = 0.05) -> Series:
    """Return four weeks up to now: a day's wave of this share of the level, with noise."""
    phase = 2 * np.pi * np.arange(STEPS) / STEPS_A_DAY
    shape: Values = LEVEL * (1 + swing * np.sin(phase))
    shaken = shape * np.exp(np.random.default_rng(seed).normal(0, noise, STEPS))
    return Series(NOW - WEEKS, STEP, shaken)


def pickled_forecasts(*, swing: float = 0.5, noise: float = 0.05) -> list[bytes]:
    """Return forecasters as a worker process sends them: fitting leaves its memory behind there."""
    fitted = fit_batch([a_history(seed, swing=swing, noise=noise) for seed in range(DISTINCT)])
    return [pickle.dumps(each) for each in fitted]


def unpickled(pickled: Sequence[bytes], count: int) -> list[FittedForecast]:
    """Return so many forecasters, none sharing memory with another."""
    return [pickle.loads(pickled[number % len(pickled)]) for number in range(count)]  # noqa: S301  made above
