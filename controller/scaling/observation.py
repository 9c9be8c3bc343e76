"""What one decision is made from, gathered once. Nothing here reads a clock or asks a server."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from controller.api.behavior import PauseDirection
from controller.api.capacity_outlook import Runway
from controller.api.policy_status import Memory
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.scaling.dates.demand_windows import DemandWindow
from controller.scaling.reasons import Reason
from forecasting import FittedForecast
from forecasting.fleet import NotFitted
from forecasting.gate import Gate
from forecasting.series import Series

FIELD_MANAGER = "headroom"  # by this name the API server knows what we wrote


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest trusted sample of one signal, and why there is nothing newer if there is not.

    `value` is None while there has never been one; `valid_at` is then the time it was first asked for.
    `problem` is empty while the last answer was complete, fresh and finite. Of a load signal, `recent` holds the last
    hours as means over a minute, ending where the newest sample ends.
    """

    value: float | None
    valid_at: datetime
    problem: str = ""
    recent: Series | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the target: when it was created, and when it became Ready."""

    name: str
    created_at: datetime
    ready_at: datetime | None = None
    unschedulable: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Who wrote a number last, by the name that he gave to the API server, and when."""

    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class HpaFloor:
    """The HPA whose floor a decision moves: between the one its owner set, and its maximum."""

    name: str
    original: int
    max_replicas: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The number that a decision moves, what is Ready of it, and the pods themselves while some are on their way.

    `spec_replicas` is what the target asks for; of an HPAMinReplicas policy it is the floor of `hpa`, and of a Metric
    policy what it asked for last.

    `pods` is empty while nothing is in flight: pods are listed only when somebody needs them. `revision` names the
    template that pods are made from; empty where that is not known. `written` says who asked for `spec_replicas`; None
    where that is not known.
    """

    spec_replicas: int
    ready_replicas: int
    pods: tuple[Pod, ...] = ()
    rolling_out: bool = False
    revision: str = ""
    written: Written | None = None
    hpa: HpaFloor | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the target cannot be read, or must not be written."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Target:
    """The target as the cluster shows it: its scale, or what stands in the way of reading or writing it."""

    scale: Scale | None
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """No policy of the cluster changes anything in this direction.

    `origin` says what froze, and by whom; `note` what was odd about it.
    """

    origin: str
    direction: PauseDirection = PauseDirection.BOTH
    until: datetime | None = None
    note: str = ""

    def is_over(self, now: datetime) -> bool:
        """True once the end that it names has come."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual at this time by one fit alone, before the newest samples: what they fall short of is told by it.

    `expected` is the median, `low` what demand stays above in nearly all cases.
    """

    expected: Series
    low: Series
    fitted: FittedForecast = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of one load signal: demand from its newest sample (`as_of`) on, on the forecaster's grid.

    `expected` is the median, `planned` the quantile at the planning `level`. `fitted` is what it was made from, and
    `usual` what it says without the newest samples.
    """

    as_of: datetime
    level: float
    expected: Series
    planned: Series
    fitted: FittedForecast = field(repr=False)
    usual: Usual

    @property
    def gate(self) -> Gate:
        """Whether the forecast may act, and why."""
        return self.fitted.gate


@dataclass(frozen=True, slots=True)
class Grant:
    """What a policy gets of what it shares with others, where that is less than it asks for.

    `pool` names the budget or the quota that leaves it least. One that only recommends would get it, and is not cut.
    """

    replicas: int
    pool: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything one decision may know.

    `unfitted` is what the last fit of a load signal failed of, where it did. `windows` are those of all demand events
    for the policy, and of its schedules as far as a lead time from now. `runway` is that
    of the limit that ends first; None while there is no outlook of the next months.
    """

    now: datetime
    policy: ScalingPolicy
    readings: Mapping[str, Reading]
    scale: Scale
    memory: Memory
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)
    windows: tuple[DemandWindow, ...] = ()
    obstacle: Obstacle | None = None
    unfitted: Mapping[str, NotFitted] = field(default_factory=dict)
    freeze: Freeze | None = None
    grant: Grant | None = None
    runway: Runway | None = None

    def remembering(self, memory: Memory) -> "Observation":
        """Return the observation with this memory; itself where it is its own, as in nearly every sweep."""
        return self if memory is self.memory else replace(self, memory=memory)

    @property
    def acts(self) -> bool:
        """True where a decision will be carried out, not only shown."""
        yields = self.memory.writer is not None and self.memory.writer.yielded_since is not None
        return self.may_act and not yields

    @property
    def may_act(self) -> bool:
        """True where a decision would be carried out if nobody else wrote the same number."""
        return self.policy.spec.mode is Mode.ACTIVE and self.obstacle is None
