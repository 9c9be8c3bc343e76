"""The built-in signal templates: golden signals under the names that most exporters give them.

A MetricsSource adds its own, and replaces one of these by using its name. The reference page of presets is made from
this table; how a template is read is the compiler's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.api.metrics_source import MetricsSourceSpec
from controller.api.signals import (
    Aggregation,
    LabelMatcher,
    MatchOperator,
    MetricDivisor,
    MetricSelector,
    MetricType,
    SignalTemplate,
)

_SERVER_ERRORS = LabelMatcher(label="code", values=tuple(str(code) for code in (*range(500, 509), 510, 511)))
# An empty value means that the label is not there: the series without a container are sums over the pod, and would
# count everything twice.
_SET = LabelMatcher(label="container", operator=MatchOperator.NOT_IN, values=("", "POD"))


@dataclass(frozen=True, slots=True)
class Preset:
    """A built-in template, and what its reference page says beside the template's own words."""

    template: SignalTemplate
    unit: str
    exposed_by: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels its series must carry."""
        return labels_of(self.template)


def labels_of(selector: MetricSelector) -> tuple[str, ...]:
    """Return the labels a selector needs on its series, the forced ones first."""
    divisor = selector.divide_by.matchers if selector.divide_by else ()
    matched = [matcher.label for matcher in (*selector.matchers, *divisor)]
    buckets = ["le"] if selector.type is MetricType.HISTOGRAM else []
    return tuple(dict.fromkeys(["namespace", selector.workload_label, *matched, *buckets]))


BUILT_IN = (
    Preset(
        SignalTemplate(
            name="http-request-rate",
            description="HTTP requests served, per second.",
            metric="http_requests_total",
            type=MetricType.COUNTER,
        ),
        unit="requests/s",
        exposed_by="Prometheus client libraries and most web frameworks",
    ),
    Preset(
        SignalTemplate(
            name="http-p95-latency",
            description="Duration that 95 % of HTTP requests stay under, in seconds, from a classic histogram.",
            metric="http_request_duration_seconds",
            type=MetricType.HISTOGRAM,
            percentile=95,
        ),
        unit="s",
        exposed_by="Prometheus client libraries and most web frameworks",
    ),
    Preset(
        SignalTemplate(
            name="http-p95-latency-native",
            description="Duration that 95 % of HTTP requests stay under, in seconds, from a native histogram.",
            metric="http_request_duration_seconds",
            type=MetricType.NATIVE_HISTOGRAM,
            percentile=95,
        ),
        unit="s",
        exposed_by="Prometheus client libraries with native histograms switched on",
    ),
    Preset(
        SignalTemplate(
            name="http-error-ratio",
            description="Share of HTTP requests answered with a 5xx code, from 0 to 1; 0 while there are no requests.",
            metric="http_requests_total",
            type=MetricType.COUNTER,
            matchers=(_SERVER_ERRORS,),
            divide_by=MetricDivisor(metric="http_requests_total"),
        ),
        unit="ratio",
        exposed_by="Prometheus client libraries and most web frameworks",
    ),
    Preset(
        SignalTemplate(
            name="queue-depth",
            description="Items waiting in a queue; seen by several exporters, it counts once.",
            metric="queue_depth",
            type=MetricType.GAUGE,
            workload_label="queue",
            aggregation=Aggregation.MAX,
        ),
        unit="items",
        exposed_by="the exporter of the queue, one series a queue",
    ),
    Preset(
        SignalTemplate(
            name="cpu-cores",
            description="CPU time used by the workload's containers, in cores.",
            metric="container_cpu_usage_seconds_total",
            type=MetricType.COUNTER,
            matchers=(_SET,),
        ),
        unit="cores",
        exposed_by="cAdvisor in every kubelet",
    ),
)
_BUILT_IN_TEMPLATES = {preset.template.name: preset.template for preset in BUILT_IN}


def presets_of(source: MetricsSourceSpec) -> Mapping[str, SignalTemplate]:
    """Return every template policies may name at this source, by name."""
    own = {template.name: template for template in source.presets}
    return MappingProxyType({**_BUILT_IN_TEMPLATES, **own})
