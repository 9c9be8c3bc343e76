"""StepRule: above a threshold for a time, add replicas. What a fired rule remembers is in policy_status.py."""

from typing import Annotated

from pydantic import Field, model_validator

from controller.api.fields import DnsLabel, Part, Percent, Quantity, Replicas, Seconds, cel, cel_number, cross_field


class Step(Part):
    """One threshold and what to add above it."""

    model_config = cross_field(
        cel("has(self.addPercent) != has(self.addReplicas)", "set exactly one of addPercent and addReplicas"),
    )

    above: Quantity
    """Fires while the signal is above this value."""
    add_percent: Annotated[Percent, Field(ge=1)] | None = None
    """Add this share of the Ready replicas."""
    add_replicas: Annotated[Replicas, Field(ge=1)] | None = None
    """Add this many replicas."""

    @model_validator(mode="after")
    def _one_amount(self) -> "Step":
        if (self.add_percent is None) == (self.add_replicas is None):
            raise ValueError("set exactly one of addPercent and addReplicas")
        return self


class StepRule(Part):
    """Above a threshold for a time, add replicas; the highest step that holds counts.

    A rule on a latency stops adding for half an hour where two additions in a row, once Ready, did not lower it.
    """

    model_config = cross_field(
        cel(
            f"self.steps.map(s, {cel_number('s.above')}).isSorted() && "
            f"self.steps.all(s, self.steps.exists_one(t, {cel_number('s.above')} == {cel_number('t.above')}))",
            "the thresholds of a step rule must rise",
        ),
        cel(
            f"!has(self.rearmBelow) || {cel_number('self.rearmBelow')} <= {cel_number('self.steps[0].above')}",
            "rearmBelow must not be above the lowest threshold of its rule",
        ),
    )

    name: DnsLabel
    """Name shown in reasons."""
    signal: DnsLabel
    """Name of one of `spec.signals`."""
    for_seconds: Seconds = 0
    """How long the signal must stay above before the rule fires."""
    rearm_below: Quantity | None = None
    """The rule keeps what it added until the signal falls below this. Default: the lowest `above`."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=8)]
    """Thresholds, in rising order."""

    @model_validator(mode="after")
    def _rising_steps(self) -> "StepRule":
        thresholds = [step.above for step in self.steps]
        if thresholds != sorted(set(thresholds)):
            raise ValueError(f"the thresholds of a step rule must rise; {self.name!r} has {thresholds}")
        if self.rearm_below is not None and self.rearm_below > thresholds[0]:
            raise ValueError(f"rearmBelow must not be above the lowest threshold of its rule, {self.name!r}")
        return self

    @property
    def rearms_below(self) -> float:
        """The level under which the rule lets go of what it added."""
        return self.steps[0].above if self.rearm_below is None else self.rearm_below
