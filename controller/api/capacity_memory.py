"""What is known of the capacity of one replica: the number that sizing uses, and what it was learned from."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from controller.api.fields import DnsLabel, Part, Replicas, Sentence, Timestamp

MAX_PAIRS = 40  # entries of LoadPairs: some 2 KB of a status

Figure = Annotated[float, Field(ge=0)]
Figures = Annotated[tuple[Figure, ...], Field(max_length=MAX_PAIRS)]


class LoadPairs(Part):
    """What was seen of load and latency while the Ready replicas stood still. Entries of the lists belong together."""

    minutes: Figures = ()
    """How many minutes an entry sums up; old ones fade."""
    per_replica: Figures = ()
    """Load of one Ready replica, the mean of these minutes."""
    replicas: Figures = ()
    """Ready replicas, the mean of these minutes."""
    milliseconds: Figures = ()
    """Latency (p95), the mean of these minutes."""

    @model_validator(mode="after")
    def _lists_belong_together(self) -> "LoadPairs":
        lengths = {len(self.minutes), len(self.per_replica), len(self.replicas), len(self.milliseconds)}
        if len(lengths) > 1:
            raise ValueError(f"the lists of pairs must be equally long; they have {sorted(lengths)} entries")
        return self


class Capacity(Part):
    """The load that one Ready replica can take, with its confidence."""

    per_replica: Annotated[float, Field(gt=0)]
    """Highest load one Ready replica serves; what sizing uses."""
    service_time_milliseconds: Annotated[int, Field(ge=1)] | None = None
    """Latency of a request that need not wait."""
    source: Literal["Given", "Learned", "LoadTest", "Default"]
    """Where the number comes from. `Default` is what the replicas were seen to carry at least."""
    lowest: Figure | None = None
    """What was seen rules out less than this."""
    highest: Figure | None = None
    """What was seen rules out more than this; empty where it never came near the limit: not identifiable."""
    provisional: bool = False
    """True after a release, or once replicas carry less than they did: lowered until the new number is learned."""
    message: Sentence = ""
    """Why the number is what it is."""


class SignalCapacity(Capacity):
    """The capacity of one replica for one load signal."""

    name: DnsLabel
    """The load signal."""


class CapacityMemory(Part):
    """What must not be forgotten of the capacity for one load signal."""

    name: DnsLabel
    """The load signal."""
    used: Capacity | None = None
    """The number that sizing uses; empty while too little was seen."""
    known: Capacity | None = None
    """The last number that was learned or load-tested, before any doubt about it."""
    pairs: LoadPairs = LoadPairs()
    """What was seen since the last release or doubt."""
    misfit: Figure = 0.0
    """How far pairs lie from the queueing model on average, as a logarithm of the latency."""
    suspicion: Figure = 0.0
    """How much slower than known replicas have been of late; alarms above a limit."""
    doubted_at: Timestamp | None = None
    """Since when the number has been provisional."""
    doubted_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """How much of the known number was trusted then."""
    revision: Annotated[str, Field(max_length=253)] = ""
    """The revision of the target's pods that the number is about."""
    ready_replicas: Replicas = 0
    """Ready replicas when last looked at."""
    steady_since: Timestamp | None = None
    """Since when there have been as many."""
    sampled_at: Timestamp | None = None
    """The end of the newest minute learned from."""
    fitted_at: Timestamp | None = None
    """When the number was last computed."""
