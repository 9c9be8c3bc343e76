"""What good service means: the promise that capacity is planned by. Whether it was kept is in error_budget.py."""

from typing import Annotated

from pydantic import Field, model_validator

from controller.api.error_budget import ErrorBudget
from controller.api.fields import DnsLabel, Part, cel, cross_field
from controller.api.guards import Indicator
from controller.api.signals import Utilization


class Objective(Part):
    """What good service means; capacity is whatever keeps it."""

    model_config = cross_field(
        cel(
            "!has(self.errorBudget) || (has(self.latencySignal) && has(self.p95Milliseconds)) || "
            "(has(self.indicators) ? size(self.indicators) > 0 : false)",
            "errorBudget is measured by indicators, or by latencySignal and p95Milliseconds: set these",
        ),
    )

    p95_milliseconds: Annotated[int, Field(ge=1, le=600_000)] | None = None
    """Latency that 95 % of requests must stay under. Needs `load.serviceTimeMilliseconds` on a signal."""
    latency_signal: DnsLabel | None = None
    """Name of the one of `spec.signals` that measures this latency, in seconds. What a replica can take is learned
    from it where `load.perReplica` is left out."""
    utilization_percent: Utilization = 70
    """Share of a replica's capacity to plan for, for loads without a service time."""
    indicators: Annotated[tuple[Indicator, ...], Field(max_length=8)] = ()
    """Signals that say whether service is good: no removal while it is bad, and an undo of one that made it bad."""
    error_budget: ErrorBudget | None = None
    """How much of the time service must be good, by these indicators and this latency. With less than a quarter of the
    rest left, a fifth more replicas than demand needs are kept."""

    @model_validator(mode="after")
    def _budget_is_measured(self) -> "Objective":
        by_latency = self.latency_signal is not None and self.p95_milliseconds is not None
        if self.error_budget is not None and not by_latency and not self.indicators:
            raise ValueError(
                "errorBudget is measured by indicators, or by latencySignal and p95Milliseconds: set these"
            )
        return self
