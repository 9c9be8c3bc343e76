"""How fast and how often replicas may change: the HPA's `behavior`, with its words, and what it lacks."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from controller.api.fields import Part, Percent, Replicas, Seconds, Timestamp


class StepLimitType(StrEnum):
    """Unit of a step limit, as in HPA."""

    PODS = "Pods"
    PERCENT = "Percent"


class SelectPolicy(StrEnum):
    """Which of several step limits counts, as in HPA."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class StepLimit(Part):
    """At most this much change within a period."""

    type: StepLimitType
    """`Pods` or `Percent` of the replicas at the start of the period."""
    value: Annotated[int, Field(ge=1, le=10_000)]
    """How much."""
    period_seconds: Annotated[int, Field(ge=1, le=1800)]
    """Within which time."""


StepLimits = Annotated[tuple[StepLimit, ...], Field(max_length=8)]


class ScaleUpBehavior(Part):
    """Limits on adding replicas."""

    policies: StepLimits = ()
    """Step limits; none by default, because a spike that is due needs its replicas at once."""
    select_policy: SelectPolicy = SelectPolicy.MAX
    """Which step limit counts when there are several; `Disabled` forbids adding."""
    tolerance_percent: Annotated[Percent, Field(le=50)] = 3
    """A rise of at most this share of the replicas is left alone."""
    cooldown_seconds: Seconds = 0
    """Time after an increase in which no other follows."""


class ScaleDownBehavior(Part):
    """Limits on removing replicas."""

    stabilization_window_seconds: Annotated[Seconds, Field(le=3600)] = 300
    """The highest recommendation of this window holds, as in HPA."""
    policies: StepLimits = ()
    """Step limits; none by default."""
    select_policy: SelectPolicy = SelectPolicy.MAX
    """Which step limit counts when there are several; `Disabled` forbids removing."""
    tolerance_percent: Annotated[Percent, Field(le=50)] = 5
    """A fall of at most this share of the replicas is left alone."""
    cooldown_seconds: Seconds = 0
    """Time after a decrease in which no other follows."""
    watch_seconds: Annotated[Seconds, Field(le=3600)] = 300
    """With `objective.indicators`: service that goes bad this soon after a removal puts it back for half an hour."""
    outage_hold_seconds: Annotated[Seconds, Field(le=21_600)] = 3600
    """A fall that no season explains, or with bad service, removes nothing for this long; 0 believes it at once."""


class Behavior(Part):
    """How fast and how often replicas may change, in each direction."""

    scale_up: ScaleUpBehavior = ScaleUpBehavior()
    """Limits on adding replicas."""
    scale_down: ScaleDownBehavior = ScaleDownBehavior()
    """Limits on removing replicas."""


class PauseDirection(StrEnum):
    """Which changes a pause forbids."""

    BOTH = "Both"
    SCALE_UP = "ScaleUp"
    SCALE_DOWN = "ScaleDown"


class Pause(Part):
    """Forbid changes for a while. Recommendations go on being made and shown."""

    direction: PauseDirection = PauseDirection.BOTH
    """Which changes are forbidden."""
    until: Timestamp | None = None
    """End of the pause. Without it, the pause lasts until it is removed."""


class Pin(Part):
    """Hold an exact number of replicas, whatever is measured or forecast."""

    replicas: Annotated[Replicas, Field(ge=1)]
    """The number to hold. Bounds do not move it."""
    until: Timestamp
    """End of the pin; a pin that nobody remembers must not outlive its reason."""
