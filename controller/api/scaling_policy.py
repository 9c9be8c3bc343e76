"""ScalingPolicy: what a team says about one workload. What the operator says back is in policy_status.py."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from controller.api.behavior import Behavior, Pause, Pin
from controller.api.cost import Cost
from controller.api.fields import (
    GroupVersion,
    ObjectName,
    Part,
    Replicas,
    Seconds,
    UniqueNames,
    by_name,
    cel,
    cross_field,
)
from controller.api.forecast import Forecast
from controller.api.guards import Dependency
from controller.api.metadata import ObjectKey, ObjectMeta
from controller.api.objective import Objective
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.schedule import Schedule
from controller.api.signals import Signal
from controller.api.step_rule import StepRule


class Mode(StrEnum):
    """Whether decisions are only shown, or acted on."""

    RECOMMEND = "Recommend"
    ACTIVE = "Active"


class Actuator(StrEnum):
    """Through what an Active policy acts."""

    SCALE = "Scale"
    HPA_MIN_REPLICAS = "HPAMinReplicas"
    METRIC = "Metric"


class ScaleTargetRef(Part):
    """The workload, as in HPA: anything in the policy's namespace with a `/scale`."""

    api_version: GroupVersion = "apps/v1"
    """API version of the target."""
    kind: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Z][A-Za-z0-9]*$")] = "Deployment"
    """Kind of the target."""
    name: ObjectName
    """Name of the target."""


class Capacity(Part):
    """What is known about bringing capacity up."""

    lead_time_seconds: Annotated[Seconds, Field(ge=1)] | None = None
    """Time from deciding to Ready. Without it, it is learned from the target's own pods."""


class Resilience(Part):
    """What the workload must outlive."""

    zones: Annotated[int, Field(ge=2, le=16)]
    """Zones (or regions) that replicas are evenly spread over: capacity is kept for the loss of one of them."""


class Fallback(Part):
    """A floor for the case that signals stay away."""

    replicas: Annotated[Replicas, Field(ge=1)]
    """At least this many replicas. Never lowers what runs."""
    after_seconds: Annotated[Seconds, Field(ge=60)] = 900
    """How long a signal must be lost first."""


class ScaleToZero(Part):
    """Run nothing while nobody asks and nobody is expected; minReplicas is the least that runs otherwise.

    Needs demand that is measured without the target's own pods, at an ingress or a queue: a signal that is lost wakes.
    """

    idle_seconds: Annotated[Seconds, Field(ge=60)] = 900
    """How long no demand must have been measured first."""


class ScalingPolicySpec(Part):
    """What the team wants for its workload."""

    model_config = cross_field(
        cel("self.minReplicas <= self.maxReplicas", "minReplicas must not be above maxReplicas"),
        cel(
            "!has(self.stepScaling) || self.stepScaling.all(rule, self.signals.exists(s, s.name == rule.signal))",
            "every step rule must name one of spec.signals",
        ),
        cel(
            "!has(self.scaleToZero) || ((!has(self.actuator) || self.actuator == 'Scale') && "
            "self.signals.exists(s, has(s.load)))",
            "scaleToZero needs actuator Scale and a signal with a load",
        ),
        cel(
            "!has(self.dependencies) || self.dependencies.all(d, self.signals.exists(s, s.name == d.signal))",
            "every dependency must name one of spec.signals",
        ),
        cel(
            "!has(self.objective) || !has(self.objective.indicators) || self.objective.indicators.all(i, "
            "self.signals.exists(s, s.name == i.signal))",
            "every indicator of the objective must name one of spec.signals",
        ),
        cel(
            "self.signals.all(s, !has(s.queue) || self.signals.exists(t, t.name == s.queue.arrivals && has(t.load)))",
            "queue.arrivals must name one of spec.signals that has a load",
        ),
        cel(
            "!has(self.objective) || !has(self.objective.p95Milliseconds) || self.signals.exists(s, has(s.load) && "
            "(has(s.load.serviceTimeMilliseconds) || !has(s.load.perReplica)))",
            "objective.p95Milliseconds needs load.serviceTimeMilliseconds on a signal",
        ),
        cel(
            "!has(self.objective) || !has(self.objective.latencySignal) || "
            "self.signals.exists(s, !has(s.load) && s.name == self.objective.latencySignal)",
            "objective.latencySignal must name one of spec.signals that has no load",
        ),
        cel(
            "(has(self.objective) && has(self.objective.p95Milliseconds) && has(self.objective.latencySignal)) || "
            "self.signals.all(s, !has(s.load) || has(s.load.perReplica))",
            "a load without perReplica needs objective.p95Milliseconds and objective.latencySignal to be learned from",
        ),
        cel(
            "!has(self.objective) || !has(self.objective.p95Milliseconds) || self.signals.all(s, !has(s.load) || "
            "!has(s.load.serviceTimeMilliseconds) || s.load.serviceTimeMilliseconds < self.objective.p95Milliseconds)",
            "objective.p95Milliseconds must be above every load.serviceTimeMilliseconds: no fleet is faster than one "
            "idle replica",
        ),
        cel(
            "(has(self.forecast) && has(self.forecast.holidays)) || !has(self.schedules) || "
            "self.schedules.all(s, !has(s.exceptHolidays) || !s.exceptHolidays)",
            "exceptHolidays of a schedule needs forecast.holidays",
        ),
    )

    scale_target_ref: ScaleTargetRef
    """The workload this policy is about, in the same namespace."""
    mode: Mode = Mode.RECOMMEND
    """`Recommend` decides and shows; `Active` also changes the workload."""
    actuator: Actuator = Actuator.SCALE
    """`Scale` writes the target's `/scale`; refused where an HPA owns the target. `HPAMinReplicas` raises the floor of
    that HPA, which goes on reacting above it. `Metric` exports the wish as `headroom_wanted_replicas`, for an HPA."""
    min_replicas: Annotated[Replicas, Field(ge=1)] = 1
    """Never fewer. A target that somebody set to 0 is off and stays off, as with HPA."""
    max_replicas: Annotated[Replicas, Field(ge=1)]
    """Never more."""
    scale_to_zero: ScaleToZero | None = None
    """Allow zero replicas while nothing is measured and nothing forecast. Needs actuator `Scale` and a signal with a
    `load`."""
    metrics_source: ObjectName = "default"
    """Name of the MetricsSource to ask."""
    signals: Annotated[tuple[Signal, ...], Field(min_length=1, max_length=16, json_schema_extra=by_name()), UniqueNames]
    """What is measured. Signals with a `load` are demand; the others serve queues, step rules and guards."""
    objective: Objective = Objective()
    """What good service means."""
    forecast: Forecast = Forecast()
    """How demand is forecast."""
    capacity: Capacity = Capacity()
    """What is known about bringing capacity up."""
    step_scaling: Annotated[tuple[StepRule, ...], Field(max_length=16, json_schema_extra=by_name()), UniqueNames] = ()
    """Rules beside the forecast: above a threshold, add. To remove again a policy needs a signal with a `load`."""
    schedules: Annotated[tuple[Schedule, ...], Field(max_length=16, json_schema_extra=by_name()), UniqueNames] = ()
    """Windows that come again, such as opening hours; where several hold, the largest counts."""
    behavior: Behavior = Behavior()
    """How fast and how often replicas may change."""
    dependencies: Annotated[tuple[Dependency, ...], Field(max_length=8, json_schema_extra=by_name()), UniqueNames] = ()
    """What the workload leans on, and would harm by more replicas."""
    resilience: Resilience | None = None
    """What the workload must outlive. Spread the pods yourself, by `topologySpreadConstraints`."""
    cost: Cost | None = None
    """What replicas cost, and a budget that policies share."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    """Who gets more of a shared budget or ResourceQuota: higher ones are served first, equal ones share by need."""
    fallback: Fallback | None = None
    """A floor for the case that signals stay away."""
    pause: Pause | None = None
    """Forbid changes for a while."""
    pin: Pin | None = None
    """Hold an exact number for a while."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "ScalingPolicySpec":
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"minReplicas must not be above maxReplicas; they are {self.min_replicas} and {self.max_replicas}"
            )
        return self

    @model_validator(mode="after")
    def _zero_can_be_left(self) -> "ScalingPolicySpec":
        if self.scale_to_zero and (self.actuator is not Actuator.SCALE or not self.load_signals):
            raise ValueError("scaleToZero needs actuator Scale and a signal with a load")
        return self

    @model_validator(mode="after")
    def _parts_name_signals(self) -> "ScalingPolicySpec":
        names = {signal.name for signal in self.signals}
        named = [
            *(("step rule", f"; {rule.name!r} names {rule.signal!r}", rule.signal) for rule in self.step_scaling),
            *(("dependency", f"; {each.name!r} names {each.signal!r}", each.signal) for each in self.dependencies),
            *(("indicator of the objective", f", not {i.signal!r}", i.signal) for i in self.objective.indicators),
        ]
        for part, who, signal in named:
            if signal not in names:
                raise ValueError(f"every {part} must name one of spec.signals{who}")
        return self

    @model_validator(mode="after")
    def _queues_name_loads(self) -> "ScalingPolicySpec":
        loads = {signal.name for signal in self.load_signals}
        for signal in self.signals:
            if signal.queue and signal.queue.arrivals not in loads:
                raise ValueError(
                    f"queue.arrivals must name one of spec.signals that has a load; {signal.name!r} names "
                    f"{signal.queue.arrivals!r}"
                )
        return self

    @model_validator(mode="after")
    def _objective_can_be_met(self) -> "ScalingPolicySpec":
        limit = self.objective.p95_milliseconds
        times = [s.load.service_time_milliseconds for s in self.signals if s.load and s.load.service_time_milliseconds]
        learned = any(signal.load and signal.load.per_replica is None for signal in self.signals)
        if limit is not None and not times and not learned:
            raise ValueError("objective.p95Milliseconds needs load.serviceTimeMilliseconds on a signal")
        if limit is not None and max(times, default=0) >= limit:
            raise ValueError(
                f"objective.p95Milliseconds must be above every load.serviceTimeMilliseconds: {limit} is not above "
                f"{max(times)}, and no fleet is faster than one idle replica"
            )
        return self

    @model_validator(mode="after")
    def _capacity_can_be_learned(self) -> "ScalingPolicySpec":
        wanted = self.objective.latency_signal
        if wanted is not None and not any(each.name == wanted and each.load is None for each in self.signals):
            raise ValueError(
                f"objective.latencySignal must name one of spec.signals that has no load; it names {wanted!r}"
            )
        if self.objective.p95_milliseconds is not None and wanted is not None:
            return self
        for signal in self.load_signals:
            if signal.load is not None and signal.load.per_replica is None:
                raise ValueError(
                    "a load without perReplica needs objective.p95Milliseconds and objective.latencySignal to be "
                    f"learned from; {signal.name!r} has none"
                )
        return self

    @model_validator(mode="after")
    def _holidays_are_known(self) -> "ScalingPolicySpec":
        wanting = [schedule.name for schedule in self.schedules if schedule.except_holidays]
        if wanting and self.forecast.holidays is None:
            raise ValueError(f"exceptHolidays of a schedule needs forecast.holidays; {wanting[0]!r} sets it")
        return self

    @property
    def load_signals(self) -> tuple[Signal, ...]:
        """The signals that are demand."""
        return tuple([signal for signal in self.signals if signal.load])

    @property
    def asking_signals(self) -> frozenset[str]:
        """Names of the signals that may ask for replicas; the others only guard."""
        spoken_for = [signal.name for signal in self.signals if signal.load or signal.queue]
        return frozenset([*spoken_for, *(rule.signal for rule in self.step_scaling)])


class ScalingPolicy(Part):
    """Scales a workload ahead of its demand: forecast, live ratio and step rules propose, limits dispose."""

    model_config = ConfigDict(extra="ignore")

    api_version: Literal["headroom.dev/v1alpha1"] = "headroom.dev/v1alpha1"
    kind: Literal["ScalingPolicy"] = "ScalingPolicy"
    metadata: ObjectMeta
    spec: ScalingPolicySpec
    """What the team wants for its workload."""
    status: ScalingPolicyStatus = ScalingPolicyStatus()
    """What the operator says about the workload."""

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return self.metadata.key
