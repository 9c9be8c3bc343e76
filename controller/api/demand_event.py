"""DemandEvent: a dated launch, campaign or holiday that history does not show."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from controller.api.fields import (
    MultiplierPercent,
    ObjectName,
    Part,
    Replicas,
    Seconds,
    Sentence,
    Timestamp,
    cel,
    cross_field,
)
from controller.api.metadata import ObjectKey, ObjectMeta, PolicyNames


class DemandEventSpec(Part):
    """When, how much, and for which policies."""

    model_config = cross_field(
        cel("self.start < self.end", "start must be before end"),
        cel("has(self.multiplierPercent) || has(self.minReplicas)", "set multiplierPercent, minReplicas or both"),
        cel("!has(self.likeEvent) || has(self.multiplierPercent)", "likeEvent needs multiplierPercent as well"),
    )

    description: Sentence = ""
    """What happens, for the people who read the reason later."""
    start: Timestamp
    """Start of the event."""
    end: Timestamp
    """End of the event."""
    ramp_in_seconds: Seconds = 0
    """Capacity rises over this time before the start, so that all of it is there when the event begins."""
    ramp_out_seconds: Seconds = 0
    """What is asked for falls back to nothing over this time after the end. Default: all of it ends with the event."""
    multiplier_percent: MultiplierPercent | None = None
    """Expected demand in percent of the usual: 250 is two and a half times."""
    like_event: ObjectName | None = None
    """An earlier event of this namespace for the same policies, deleted or not. The multiplier that was measured in it
    is taken, within half and twice of what is given above the usual; what is given, where it was not seen."""
    min_replicas: Annotated[Replicas, Field(ge=1)] | None = None
    """At least this many replicas."""
    policies: PolicyNames
    """Names of the ScalingPolicies in this namespace that it concerns."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "DemandEventSpec":
        if self.start >= self.end:
            raise ValueError("start must be before end")
        if self.multiplier_percent is None and self.min_replicas is None:
            raise ValueError("set multiplierPercent, minReplicas or both")
        if self.like_event is not None and self.multiplier_percent is None:
            raise ValueError("likeEvent needs multiplierPercent as well")
        return self

    @property
    def ramp_in(self) -> timedelta:
        """How long before the start capacity begins to rise."""
        return timedelta(seconds=self.ramp_in_seconds)


class DemandEvent(Part):
    """A dated launch, campaign or holiday. Capacity is ready when it starts; learning forgets it afterwards."""

    model_config = ConfigDict(extra="ignore")

    api_version: Literal["headroom.dev/v1alpha1"] = "headroom.dev/v1alpha1"
    kind: Literal["DemandEvent"] = "DemandEvent"
    metadata: ObjectMeta
    spec: DemandEventSpec
    """When, how much, and for which policies."""

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return self.metadata.key

    @property
    def policy_keys(self) -> tuple[ObjectKey, ...]:
        """The policies it concerns, all in its own namespace."""
        return tuple(ObjectKey(self.metadata.namespace, name) for name in self.spec.policies)
