"""What a policy watches beside its demand: indicators of good service, and dependencies more replicas may harm."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from controller.api.fields import DnsLabel, Part, Quantity, Replicas, cel, cross_field


class Indicator(Part):
    """A signal that says whether service is good: an error ratio, a latency."""

    signal: DnsLabel
    """Name of one of `spec.signals`."""
    above: Quantity
    """Service is bad while the signal is above this value."""


class DependencyAction(StrEnum):
    """What a dependency above its limit does to the number of replicas."""

    BLOCK = "Block"
    CAP = "Cap"


class Dependency(Part):
    """Something the workload leans on, such as a database: while it is above its limit, more replicas would harm it."""

    model_config = cross_field(
        cel(
            "has(self.maxReplicas) == (has(self.action) && self.action == 'Cap')",
            "set maxReplicas with action Cap, and only then",
        ),
    )

    name: DnsLabel
    """Name shown in reasons."""
    signal: DnsLabel
    """Name of one of `spec.signals`: connections of the database, p95 of a service behind. Without data, no limit."""
    above: Quantity
    """The limit holds while the signal is above this value."""
    action: DependencyAction = DependencyAction.BLOCK
    """`Block` adds no replicas, `Cap` adds up to `maxReplicas`. Neither removes any."""
    max_replicas: Annotated[Replicas, Field(ge=1)] | None = None
    """The most replicas to scale up to, with `Cap`."""

    @model_validator(mode="after")
    def _cap_has_a_number(self) -> "Dependency":
        if (self.max_replicas is not None) != (self.action is DependencyAction.CAP):
            raise ValueError("set maxReplicas with action Cap, and only then")
        return self
