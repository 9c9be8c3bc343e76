"""The stage of a rehearsal: as much of a policy as a replay can measure, the world it fits, and the load it can serve.

What cannot be rehearsed is left out here and said, so that nobody takes silence for a promise kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load, Signal
from controller.errors import InputRefused
from controller.scaling.capacity import load_for, replicas_for
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.simulation.defaults import RATE_PRESET, start_up_within, world_for
from controller.simulation.signals import MEASURES
from controller.simulation.world import DEFAULT_POD, World

CPU_PRESET = "cpu-cores"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is rehearsed of a policy, and where.

    `peak_rps` is the most that maxReplicas serve within the objective. `left_out` says of each part of the policy that
    is not rehearsed why.
    """

    policy: ScalingPolicy
    world: World
    peak_rps: float
    left_out: Mapping[str, str]

    def replicas_for(self, rps: float) -> int:
        """Return the replicas that the policy's load signals ask for at a load, where they are requests; else 0."""
        spec, known = self.policy.spec, self.policy.status.memory
        needs = [
            replicas_for(rps, capacity, spec.objective)
            for signal in spec.load_signals
            if signal.preset == RATE_PRESET and (capacity := capacity_of(signal, known)) is not None
        ]
        return min(max(needs, default=0), spec.max_replicas)


def set_stage(policy: ScalingPolicy, start_up: timedelta | None = None, *, seed: int = 1) -> Stage:
    """Return the stage for a policy; pods start as fast as its lead time says where no `start_up` is given.

    Raises InputRefused where it is not known what a replica can take.
    """
    for signal in policy.spec.load_signals:
        if capacity_of(signal, policy.status.memory) is None:
            raise InputRefused(
                f"what a replica takes of {signal.name!r} is left to be learned, and a rehearsal begins without a "
                "past: give --load-test, or load.perReplica"
            )
    measured = {signal.name: each for signal in policy.spec.signals if (each := _measurable(signal)) is not None}
    rehearsed = _with_signals(policy, measured)
    begins = start_up or start_up_within(lead_time(policy, policy.status.memory))
    world = world_for(rehearsed, World(_pod(rehearsed), start_up=begins, seed=seed))
    return Stage(rehearsed, world, _peak_rps(rehearsed, world), dict(_left_out(policy, measured)))


def _measurable(signal: Signal) -> Signal | None:
    """Return a signal as a replay measures it: demand that it has no measure of comes as requests; None for others."""
    if signal.preset in MEASURES:
        return signal
    return signal.model_copy(update={"preset": RATE_PRESET, "metric": None}) if signal.load else None


def _with_signals(policy: ScalingPolicy, measured: Mapping[str, Signal]) -> ScalingPolicy:
    """Return the policy without what hangs on a signal that is not measured, or on the calendar."""
    spec = policy.spec
    indicators = tuple(each for each in spec.objective.indicators if each.signal in measured)
    update = {
        "signals": tuple(measured.values()),
        "step_scaling": tuple(rule for rule in spec.step_scaling if rule.signal in measured),
        "dependencies": tuple(each for each in spec.dependencies if each.signal in measured),
        "objective": spec.objective.model_copy(update={"indicators": indicators}),
        "forecast": spec.forecast.model_copy(update={"holidays": None}),
        "schedules": (),
    }
    return policy.model_copy(update={"spec": spec.model_copy(update=update)})


def _left_out(policy: ScalingPolicy, measured: Mapping[str, Signal]) -> Iterator[tuple[str, str]]:
    for signal in policy.spec.signals:
        asked = f"preset {signal.preset}" if signal.preset else "a metric of its own"
        if signal.name not in measured:
            yield f"signal {signal.name}", f"it is {asked}, which a replay cannot measure"
        elif measured[signal.name] is not signal:
            yield f"signal {signal.name}", f"it is {asked}; requests of the same number stand in for it"
    parts = [("step rule", rule.name, rule.signal) for rule in policy.spec.step_scaling]
    parts += [("dependency", each.name, each.signal) for each in policy.spec.dependencies]
    parts += [("indicator", each.signal, each.signal) for each in policy.spec.objective.indicators]
    for schedule in policy.spec.schedules:
        yield f"schedule {schedule.name}", "a made load has no time of day"
    for kind, name, signal_name in parts:
        if signal_name not in measured:
            yield f"{kind} {name}", f"signal {signal_name} is not measured in a replay"


def _pod(policy: ScalingPolicy) -> Load:
    """Return a pod that uses as many cores as the policy says, where it knows nothing but cores."""
    cores = [capacity_of(each, policy.status.memory) for each in policy.spec.load_signals if each.preset == CPU_PRESET]
    if not cores or cores[0] is None:
        return DEFAULT_POD
    milliseconds = cores[0].service_time_milliseconds or DEFAULT_POD.service_time_milliseconds or 1
    return Load(per_replica=cores[0].per_replica * 1000 / milliseconds, service_time_milliseconds=milliseconds)


def _peak_rps(policy: ScalingPolicy, world: World) -> float:
    """Return the requests/s that maxReplicas serve, by the load signal that allows the fewest."""
    spec = policy.spec
    per_request = {RATE_PRESET: 1.0, CPU_PRESET: world.service_time}
    peaks = [
        load_for(spec.max_replicas, capacity, spec.objective) / per_request[signal.preset]
        for signal in spec.load_signals
        if signal.preset in per_request and (capacity := capacity_of(signal, policy.status.memory)) is not None
    ]
    return min(peaks, default=load_for(spec.max_replicas, world.pod, world.objective))
