"""How a policy names what it measures: a preset, or a metric described field by field. PromQL is never accepted."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from controller.api.fields import (
    DnsLabel,
    LabelName,
    MetricName,
    Part,
    Percent,
    PositiveQuantity,
    Seconds,
    Sentence,
    cel,
    cross_field,
)

LATENCY = "latency"  # presets of latencies have it in their name
MatchedValue = Annotated[str, Field(max_length=253)]
LabelValue = Annotated[str, Field(min_length=1, max_length=253)]


class MetricType(StrEnum):
    """How the metric is exposed, which decides how it is read."""

    GAUGE = "Gauge"
    COUNTER = "Counter"
    HISTOGRAM = "Histogram"
    NATIVE_HISTOGRAM = "NativeHistogram"


class Aggregation(StrEnum):
    """How the series of one workload become one number."""

    SUM = "Sum"
    MAX = "Max"
    AVERAGE = "Average"


class MatchOperator(StrEnum):
    """How a label is compared, as in a Kubernetes label selector."""

    IN = "In"
    NOT_IN = "NotIn"


class LabelMatcher(Part):
    """Keep only series whose label has (or has not) one of these values."""

    label: LabelName
    """Name of the label."""
    operator: MatchOperator = MatchOperator.IN
    """`In` keeps series whose value is listed, `NotIn` drops them."""
    values: Annotated[tuple[MatchedValue, ...], Field(min_length=1, max_length=16)]
    """Exact values. An empty one means that the label is not there."""


class MetricSelector(Part):
    """A metric, and how to turn its series into one number a workload."""

    model_config = cross_field(
        cel(
            "!has(self.percentile) || self.type in ['Histogram', 'NativeHistogram']",
            "percentile is read from a histogram only: set type to Histogram or NativeHistogram",
        ),
        cel(
            "has(self.percentile) || !(self.type in ['Histogram', 'NativeHistogram'])",
            "a histogram needs percentile, for example 95",
        ),
    )

    metric: MetricName
    """Name of the metric, for example `http_requests_total`; of a classic histogram, its name without `_bucket`."""
    type: MetricType
    """`Counter` is read as a rate per second, `Gauge` as it is, a histogram as a percentile."""
    workload_label: LabelName = "pod"
    """The label that says which workload a series belongs to. With `pod`, the workload is read from the pod's name."""
    matchers: Annotated[tuple[LabelMatcher, ...], Field(max_length=8)] = ()
    """Further conditions on the series. `namespace` is always set by Headroom."""
    aggregation: Aggregation = Aggregation.SUM
    """How the series of a workload are joined; histograms are always summed before the percentile is read."""
    percentile: Annotated[int, Field(ge=1, le=99)] | None = None
    """Percentile read from a histogram."""
    divide_by: "MetricDivisor | None" = None
    """Divide by a second metric of the same kind, for a ratio such as errors over requests."""

    @model_validator(mode="after")
    def _percentile_fits_type(self) -> "MetricSelector":
        is_histogram = self.type in (MetricType.HISTOGRAM, MetricType.NATIVE_HISTOGRAM)
        if is_histogram and self.percentile is None:
            raise ValueError("a histogram needs percentile, for example 95")
        if self.percentile is not None and not is_histogram:
            raise ValueError("percentile is read from a histogram only: set type to Histogram or NativeHistogram")
        return self


class MetricDivisor(Part):
    """The lower half of a ratio; read, matched by workload and aggregated as the upper half is."""

    metric: MetricName
    """Name of the metric."""
    matchers: Annotated[tuple[LabelMatcher, ...], Field(max_length=8)] = ()
    """Further conditions on the series."""


class SignalTemplate(MetricSelector):
    """A named way to read a signal; the platform team adds these to a MetricsSource."""

    name: DnsLabel
    """The name policies use as `preset`."""
    description: Sentence = ""
    """What the signal measures, and its unit."""


class LoadSpec(Part):
    """What one Ready replica can take of this signal. A signal with a load is demand: it is forecast."""

    model_config = cross_field(
        cel(
            "!has(self.serviceTimeMilliseconds) || has(self.perReplica)",
            "serviceTimeMilliseconds needs perReplica: give both, or leave out both to have them learned",
        ),
    )

    per_replica: PositiveQuantity | None = None
    """Highest load one Ready replica serves: requests per second, items per second, cores. Without it, it is learned
    from the latency of `objective.latencySignal`."""
    service_time_milliseconds: Annotated[int, Field(ge=1, le=600_000)] | None = None
    """Mean time one request takes on an idle replica; with `objective.p95Milliseconds` it sizes by queueing theory."""

    @model_validator(mode="after")
    def _given_or_learned(self) -> "LoadSpec":
        if self.service_time_milliseconds is not None and self.per_replica is None:
            raise ValueError(
                "serviceTimeMilliseconds needs perReplica: give both, or leave out both to have them learned"
            )
        return self


class Load(LoadSpec):
    """A load of which it is known what one Ready replica can take."""

    per_replica: PositiveQuantity
    """Highest load one Ready replica serves."""


class Queue(Part):
    """The signal is a queue's depth. What waits longest is to be gone within a target time."""

    arrivals: DnsLabel
    """Name of the signal with the `load` of this queue: items that arrive per second, and how many a replica takes."""
    drain_target_seconds: Annotated[Seconds, Field(ge=60)] = 600
    """A backlog is gone within this time. Start-up is taken off; the deadline is kept as far as it is above that."""


class Signal(Part):
    """One thing measured for this workload."""

    model_config = cross_field(
        cel("has(self.preset) != has(self.metric)", "set exactly one of preset and metric"),
        cel(
            "!has(self.queue) || !has(self.load)",
            "the depth of a queue is no load: set load on the signal that queue.arrivals names",
        ),
    )

    name: DnsLabel
    """The name step rules and reasons use."""
    preset: DnsLabel | None = None
    """A signal template of the MetricsSource, for example `http-request-rate`."""
    metric: MetricSelector | None = None
    """A metric of your own, described field by field."""
    workload: LabelValue | None = None
    """Value of the template's workload label. Default: the scale target's name."""
    load: LoadSpec | None = None
    """Set on demand (requests, items, cores): what one replica can take. Leave out for latency, errors, depth."""
    queue: Queue | None = None
    """Set on the depth of a queue (items that wait, without those being worked on): its backlog is drained in time."""

    @model_validator(mode="after")
    def _one_way_to_read(self) -> "Signal":
        if (self.preset is None) == (self.metric is None):
            raise ValueError("set exactly one of preset and metric")
        return self

    @model_validator(mode="after")
    def _depth_is_no_load(self) -> "Signal":
        if self.queue and self.load:
            raise ValueError("the depth of a queue is no load: set load on the signal that queue.arrivals names")
        return self

    @property
    def is_latency(self) -> bool:
        """Whether it is a latency: a percentile of a histogram, or a preset with `latency` in its name."""
        return bool(self.metric and self.metric.percentile) or LATENCY in (self.preset or "")


Utilization = Annotated[Percent, Field(ge=10, le=100)]
