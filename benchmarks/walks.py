"""Walks: what a cluster, a metrics store and people may do to one policy, step by step, drawn from a seed.

Hypothesis looks for the shortest mean case in the tests; here far more decisions follow one another, as in years.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from benchmarks.loads import NOW
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.memory import resume
from controller.scaling.observation import Observation, Reading, Scale

SIGNALS = ("requests", "queue", "latency")
LOSSES = ("a problem", "no value", "not a number")
LOST_SHARE = 0.1  # of the readings
EVENT_SHARE = 0.05  # of the steps: something else than a sweep happens first
QUEUE = {"name": "queue", "preset": "queue-depth"}
LATENCY = {"name": "latency", "preset": "http-p95-latency"}
RULES: tuple[dict[str, Any], ...] = (
    {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]},
    {"name": "slow", "signal": "latency", "forSeconds": 60, "steps": [{"above": "250m", "addReplicas": 2}]},
)
LIMITED_PODS = 5
LIMIT_PERIOD = timedelta(seconds=60)


def a_policy(draw: Random) -> ScalingPolicy:
    """Return a policy of any mode, with or without rules, step limits, windows, a latency objective and a pause."""
    low = draw.randint(1, 10)
    limits = [{"type": "Pods", "value": LIMITED_PODS, "periodSeconds": int(LIMIT_PERIOD.total_seconds())}]
    behavior = {
        "scaleUp": {"policies": draw.choice([[], limits]), "tolerancePercent": draw.choice([0, 10])},
        "scaleDown": {
            "policies": draw.choice([[], limits]),
            "stabilizationWindowSeconds": draw.choice([0, 60, 300]),
            "cooldownSeconds": draw.choice([0, 60]),
        },
    }
    load = {"perReplica": 10, "serviceTimeMilliseconds": 100}
    spec = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "mode": draw.choice(["Active", "Recommend"]),
        "minReplicas": low,
        "maxReplicas": low + draw.randint(0, 150),
        "signals": [{"name": "requests", "preset": "http-request-rate", "load": load}, QUEUE, LATENCY],
        "objective": draw.choice([{}, {"p95Milliseconds": 250}]),
        "capacity": {"leadTimeSeconds": draw.choice([30, 300])},
        "stepScaling": draw.sample(RULES, draw.randint(0, len(RULES))),
        "behavior": behavior,
        **draw.choice([{}, {}, {}, {"pause": {"direction": draw.choice(["Both", "ScaleUp", "ScaleDown"])}}]),
    }
    return ScalingPolicy.model_validate({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})


@dataclass
class Walk:
    """One policy on its way: what stands in the cluster, and what was measured last."""

    draw: Random
    policy: ScalingPolicy = field(init=False)
    memory: Memory = field(default_factory=Memory)
    readings: dict[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policy, self.now = a_policy(self.draw), NOW
        self.replicas = self.ready = self.draw.randint(0, 60)

    def observations(self, steps: int) -> Iterator[Observation]:
        """Yield what is observed at each step, carrying out what is decided on it."""
        for _ in range(steps):
            if self.draw.random() < EVENT_SHARE:
                self._meet_an_event()
            self.now += timedelta(seconds=self.draw.choice((0, 15, 15, 15, 60, 600)))
            self.ready = min(self.replicas, self.ready + self.draw.randint(0, 10))
            self.readings = dict(self._measure())
            seen = Observation(self.now, self.policy, self.readings, Scale(self.replicas, self.ready), self.memory)
            yield seen
            decision = evaluate(seen)
            self.memory = decision.memory
            if seen.acts:
                self.replicas = decision.desired_replicas

    def _measure(self) -> Iterator[tuple[str, Reading]]:
        """Yield a reading of each signal; some of them lost in one way or another."""
        values: Mapping[str, float] = {
            "requests": self.draw.choice((0.0, 1.0)) * self.draw.expovariate(1 / 300),
            "queue": self.draw.expovariate(1 / 800),
            "latency": self.draw.expovariate(1 / 0.2),
        }
        for name in SIGNALS:
            fresh = Reading(values[name], self.now)
            yield name, self._lost(name, fresh) if self.draw.random() < LOST_SHARE else fresh

    def _lost(self, name: str, fresh: Reading) -> Reading:
        last = self.readings.get(name, Reading(None, self.now))
        way = self.draw.choice(LOSSES)
        if way == "no value":
            return Reading(None, self.now, problem="no data")
        return replace(fresh, value=math.nan) if way == "not a number" else replace(last, problem="HTTP 502")

    def _meet_an_event(self) -> None:
        """Let somebody scale by hand, edit the policy, kill the operator or set a clock."""
        match self.draw.randrange(4):
            case 0:
                self.replicas = self.draw.randint(0, 80)
            case 1:
                self.policy = a_policy(self.draw)
            case 2:
                self.memory = resume(self.memory, self.replicas, self.now)
            case _:
                self.now += timedelta(seconds=self.draw.choice((-7200, -300, 300, 7200)))
