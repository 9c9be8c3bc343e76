"""The status of a ScalingPolicy: what the operator says about a workload, and what decisions must remember."""

from typing import Annotated, Literal

from pydantic import Field

from controller.api.capacity_memory import CapacityMemory, SignalCapacity
from controller.api.capacity_outlook import Runway
from controller.api.error_budget import MAX_SPELLS, BadSpell, BudgetStatus
from controller.api.fields import DnsLabel, Part, Replicas, Sentence, Timestamp, by_name
from controller.api.metadata import Conditions
from controller.api.occasion import MAX_OCCASIONS, Occasion
from controller.api.shadow import ShadowMemory


class Recommendation(Part):
    """A recommendation, and since when none higher has been made."""

    since: Timestamp
    """Since when the recommendation has been this or lower."""
    replicas: Replicas
    """What was recommended."""


class RuleMemory(Part):
    """What a step rule must not forget over a restart."""

    name: DnsLabel
    """Name of the rule."""
    above_since: Timestamp | None = None
    """Since when the signal has been above the lowest threshold."""
    level: Annotated[int, Field(ge=-1, le=8)] = -1
    """Index of the highest step that fired; -1 for none."""
    fired_at: Timestamp | None = None
    """When it last fired."""
    replicas: Replicas = 0
    """The count it reached and keeps proposing until it re-arms."""
    fired_value: Annotated[float, Field(ge=0)] | None = None
    """What the signal was when it last fired."""
    vain_steps: Annotated[int, Field(ge=0, le=8)] = 0
    """Additions in a row that did not lower the latency that asked for them."""
    stopped_at: Timestamp | None = None
    """When it stopped adding for want of effect; empty where it did not."""


class BacklogMemory(Part):
    """A queue with a backlog, and since when it has had one."""

    name: DnsLabel
    """Name of the queue's signal."""
    since: Timestamp
    """When the backlog was first seen."""


class Change(Part):
    """A change of replicas that was made, kept as long as a step limit or a cooldown asks for it."""

    at: Timestamp
    """When."""
    from_replicas: Replicas
    """Replicas before."""
    to_replicas: Replicas
    """Replicas after."""


class RemovalMemory(Part):
    """The last removal, while it is watched or undone."""

    at: Timestamp
    """When replicas were removed."""
    from_replicas: Replicas
    """Replicas before."""
    undone_at: Timestamp | None = None
    """When service went bad and they were put back; empty where it did not."""


class OutageMemory(Part):
    """A fall of demand that is taken for an outage."""

    began: Timestamp
    """When its first sign was seen."""
    seen: Timestamp
    """When its last sign was seen."""


class RolloutMemory(Part):
    """The newest rollout of the target."""

    began: Timestamp
    """When it was first seen."""
    ended: Timestamp | None = None
    """When it was over; empty while it goes on."""


class WriterMemory(Part):
    """Who else writes the number that this policy writes."""

    replicas: Replicas
    """What it stands at while nobody else writes."""
    written_by: Annotated[str, Field(max_length=128)] = ""
    """Who wrote it last, by managedFields; empty where that is not known."""
    written_at: Timestamp | None = None
    """When, by managedFields."""
    changed_by: Annotated[str, Field(max_length=128)] = ""
    """Who else changed it last."""
    changed_at: Timestamp | None = None
    """When that was seen."""
    yielded_since: Timestamp | None = None
    """Since when it is left to him; empty where it is not."""
    resumed_at: Timestamp | None = None
    """When it was last taken up again."""


class RestMemory(Part):
    """Of a policy that may scale to zero: since when nobody asks, and since when it has."""

    idle_since: Timestamp | None = None
    """Since when no demand has been measured; empty while there is some, or it is not known."""
    zero_since: Timestamp | None = None
    """Since when the target is at zero by our hand; a 0 that a person set is not ours."""


class StartUp(Part):
    """A scale-up that became wholly Ready."""

    created_at: Timestamp
    """When its first pod was created."""
    seconds: Annotated[int, Field(ge=0)]
    """Time until its last pod was Ready."""


class Memory(Part):
    """What decisions remember, so that a restart loses nothing."""

    recommendations: Annotated[tuple[Recommendation, ...], Field(max_length=64)] = ()
    """Falling recommendations of the stabilization window; each counts until the next began."""
    changes: Annotated[tuple[Change, ...], Field(max_length=64)] = ()
    """Changes within the longest step limit or cooldown."""
    rules: Annotated[tuple[RuleMemory, ...], Field(max_length=16, json_schema_extra=by_name())] = ()
    """State of the step rules that are not at rest."""
    backlogs: Annotated[tuple[BacklogMemory, ...], Field(max_length=16, json_schema_extra=by_name())] = ()
    """Queues that have a backlog."""
    start_ups: Annotated[tuple[StartUp, ...], Field(max_length=20)] = ()
    """Recent scale-ups, from which the lead time is learned."""
    removal: RemovalMemory | None = None
    """The last removal, while it is watched or undone."""
    outage: OutageMemory | None = None
    """The outage that is on, or has just ended."""
    rollout: RolloutMemory | None = None
    """The newest rollout; start-ups of its pods are not learned from."""
    writer: WriterMemory | None = None
    """Who else writes what this policy writes; empty while it does not act."""
    capacities: Annotated[tuple[CapacityMemory, ...], Field(max_length=16, json_schema_extra=by_name())] = ()
    """What the capacity of a replica is learned from, for each load signal whose policy does not give it."""
    shadow: ShadowMemory | None = None
    """In Recommend mode, what would have been done beside what was; empty while the policy acts."""
    bad_spells: Annotated[tuple[BadSpell, ...], Field(max_length=MAX_SPELLS)] = ()
    """When service was bad, as far back as the error budget asks; the oldest first."""
    rest: RestMemory | None = None
    """Of a policy that may scale to zero: since when nobody asks, and since when it has."""
    wished_replicas: Replicas | None = None
    """What a Metric policy asked for last: its decisions move this number."""
    occasions: Annotated[tuple[Occasion, ...], Field(max_length=MAX_OCCASIONS)] = ()
    """Demand in the last windows of events and schedules, for the multiplier of the next; the oldest first."""
    planned_replicas: Replicas | None = None
    """The last replicas planned with valid signals: what a stale signal falls back on."""


class Learned(Part):
    """Numbers learned from the workload itself."""

    lead_time_seconds: Annotated[int, Field(ge=0)]
    """Time from deciding to Ready that plans use."""
    lead_time_source: Literal["Given", "Learned", "Default"]
    """Where the lead time comes from."""
    lead_time_steps: Annotated[int, Field(ge=0)] = 0
    """Number of observed scale-ups behind a learned lead time."""
    capacities: Annotated[tuple[SignalCapacity, ...], Field(max_length=16, json_schema_extra=by_name())] = ()
    """What one Ready replica can take of each load signal; of a signal that is not listed it is not known yet."""


class ScalingPolicyStatus(Part):
    """What the operator says about the workload. Written only when something in it changes."""

    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The generation of the spec this is about."""
    current_replicas: Replicas | None = None
    """Replicas the target asks for now."""
    desired_replicas: Replicas | None = None
    """Replicas Headroom wants (Active) or would want (Recommend)."""
    forecast_replicas: Replicas | None = None
    """Replicas the forecast asks for over the lead time; empty while the forecast may not act."""
    reason: Annotated[str, Field(max_length=64)] = ""
    """Why desired is what it is, in one word."""
    message: Sentence = ""
    """Why desired is what it is, with figures."""
    last_scale_time: Timestamp | None = None
    """When Headroom last changed the target."""
    learned: Learned | None = None
    """Numbers learned from the workload itself."""
    runway: Runway | None = None
    """How long the limit lasts that ends first; dates that move by a day or two stay as they are."""
    error_budget: BudgetStatus | None = None
    """What is left of `objective.errorBudget`."""
    conditions: Conditions = ()
    """Acting, SignalsHealthy, ForecastReady, ForecastWithinMax, CapacityRunway, WithinErrorBudget, ScalingLimited;
    SafeToEnable in Recommend mode."""
    memory: Memory = Memory()
    """What decisions remember over a restart. For the operator, not for people."""
