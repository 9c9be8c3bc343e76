"""The shipped default: the policy a backtest runs when it is given none; and the world that fits a policy."""

import math
from dataclasses import replace
from datetime import timedelta

from controller.api.metadata import ObjectMeta
from controller.api.objective import Objective
from controller.api.scaling_policy import Capacity, Mode, ScaleTargetRef, ScalingPolicy, ScalingPolicySpec
from controller.api.signals import Load, Signal
from controller.scaling.learning.lead_time import METRIC_DELAY
from controller.scaling.learning.learned_capacity import capacity_of
from controller.simulation.world import World

RATE_PRESET = "http-request-rate"
# A whole scale-up is Ready when its slowest pod is: of ten pods that is some 1.4 times the median start-up.
SLOWEST_POD = 1.4
# What counts as slow where a policy names no latency: in the default world, 250 ms for requests of 100 ms.
SLOW_SERVICE_TIMES = 2.5


def default_policy(world: World) -> ScalingPolicy:
    """Return the shipped default policy, told the world's capacity, start-up, objective and bounds."""
    lead_time = SLOWEST_POD * world.start_up + METRIC_DELAY
    spec = ScalingPolicySpec(
        scale_target_ref=ScaleTargetRef(name="workload"),
        mode=Mode.ACTIVE,
        min_replicas=world.min_replicas,
        max_replicas=world.max_replicas,
        signals=(Signal(name="requests", preset=RATE_PRESET, load=world.pod),),
        objective=world.objective,
        capacity=Capacity(lead_time_seconds=math.ceil(lead_time.total_seconds())),
    )
    return ScalingPolicy(metadata=ObjectMeta(name="headroom", namespace="backtest"), spec=spec)


def start_up_within(lead_time: timedelta) -> timedelta:
    """Return the median start-up of pods that a lead time is right for; at least a second."""
    return max((lead_time - METRIC_DELAY) / SLOWEST_POD, timedelta(seconds=1))


def world_for(policy: ScalingPolicy, world: World) -> World:
    """Return the world with the bounds, objective and pods that a policy assumes; what it does not say stays."""
    spec = policy.spec
    given = (capacity_of(signal, policy.status.memory) for signal in spec.load_signals if signal.preset == RATE_PRESET)
    pod = _with_service_time(next((load for load in given if load is not None), world.pod))
    slow = round(SLOW_SERVICE_TIMES * (pod.service_time_milliseconds or 0))
    return replace(
        world,
        pod=pod,
        objective=Objective(p95_milliseconds=spec.objective.p95_milliseconds or slow),
        min_replicas=spec.min_replicas,
        max_replicas=spec.max_replicas,
    )


def _with_service_time(load: Load) -> Load:
    """Return the load of a pod that serves one request at a time where the policy names no service time."""
    if load.service_time_milliseconds is not None:
        return load
    return load.model_copy(update={"service_time_milliseconds": max(1, round(1000 / load.per_replica))})
