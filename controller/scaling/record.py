"""Record: a decision with all it knew, as plain data for one line of JSON. Who writes it is the lives' business."""

import math
from typing import Any

from pydantic import BaseModel

from controller.scaling.decision import Decision
from controller.scaling.observation import Observation, Outlook, Reading
from forecasting.series import Series


def record_of(decision: Decision) -> dict[str, Any]:
    """Return everything the decision was made from and everything it says, JSON-ready."""
    return {
        "at": decision.at.isoformat(),
        "policy": str(decision.policy),
        "observation": _observation(decision.observation),
        "candidates": [
            {"reason": c.reason, "source": c.source, "replicas": c.replicas, "message": c.message}
            for c in decision.plan.candidates
        ],
        "recommendedReplicas": decision.recommended_replicas,
        "limiters": [
            {"reason": limiter.reason, "before": limiter.before, "after": limiter.after, "message": limiter.message}
            for limiter in decision.limiters
        ],
        "desiredReplicas": decision.desired_replicas,
        "reason": decision.reason,
    }


def _observation(observation: Observation) -> dict[str, Any]:
    scale = observation.scale
    return {
        "spec": _dump(observation.policy.spec),
        "readings": {name: _reading(reading) for name, reading in observation.readings.items()},
        "recentArrivals": _recent_arrivals(observation),
        "scale": {
            "specReplicas": scale.spec_replicas,
            "readyReplicas": scale.ready_replicas,
            "rollingOut": scale.rolling_out,
            "pods": [
                {
                    "name": pod.name,
                    "createdAt": pod.created_at.isoformat(),
                    "readyAt": pod.ready_at.isoformat() if pod.ready_at else None,
                    "unschedulable": pod.unschedulable,
                }
                for pod in scale.pods
            ],
        },
        "memory": _dump(observation.memory),
        "outlooks": {name: _outlook(outlook) for name, outlook in observation.outlooks.items()},
        "unfitted": {
            name: {"reason": why.reason, "message": why.message} for name, why in observation.unfitted.items()
        },
        "events": [_dump(event) for event in observation.events],
        "obstacle": observation.obstacle.reason if observation.obstacle else None,
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {"value": reading.value, "validAt": reading.valid_at.isoformat(), "problem": reading.problem}


def _recent_arrivals(observation: Observation) -> dict[str, Any]:
    """Return what queues know of their arrivals; of other load signals the outlook holds what recent minutes tell."""
    queues = [signal.queue for signal in observation.policy.spec.signals if signal.queue]
    known = {queue.arrivals: observation.readings.get(queue.arrivals) for queue in queues}
    return {name: _series(reading.recent) for name, reading in known.items() if reading and reading.recent}


def _outlook(outlook: Outlook) -> dict[str, Any]:
    return {
        "asOf": outlook.as_of.isoformat(),
        "gate": {"open": outlook.gate.open, "reason": outlook.gate.reason, "message": outlook.gate.message},
        "expected": _series(outlook.expected),
        "planned": _series(outlook.planned),
        "usual": {"expected": _series(outlook.usual.expected), "low": _series(outlook.usual.low)},
    }


def _series(series: Series) -> dict[str, Any]:
    values = [None if math.isnan(value) else round(float(value), 6) for value in series.values]
    return {"start": series.start.isoformat(), "stepSeconds": series.step.total_seconds(), "values": values}


def _dump(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)
