"""The query compiler, pure: a signal template and the workloads that use it become one PromQL expression.

Every selector carries exactly one matcher on `namespace`, and it is ours. The answer has one series a workload,
labelled `namespace` and the label that `result_label` names.

Why the expressions look as they do:
- A value is a mean over a window (see windows.py), because a forecast is about means, and because a target that
  vanished then leaves the answer at the end of the window instead of lingering for Prometheus' five minutes.
- While a vanished target's samples slide out of that window, its rate would sink as if demand did. So a value counts
  only `and` a live series stands behind it: Prometheus marks a series stale at the first failed scrape.
- While samples come back after a gap, a rate rises from nothing as if demand did, and as if it had been low. So a rate
  counts only `and` the workload was seen at the beginning of the window too. Percentiles and ratios do not need that.
- A gauge is guarded series by series: when an exporter restarts, the old and the new series would otherwise be summed.
  Rates are guarded workload by workload: in a rollout the old pods' tails make up for new pods without a rate yet.
- Where nothing was served, a percentile and a ratio are 0: nothing was slow, nothing failed. Prometheus would say NaN,
  as it does for a broken histogram. That is a fact read from a live counter, not a missing sample.
- In a ratio of one metric to itself, no matching series in the upper half means none of it happened.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from controller.api.signals import Aggregation, LabelMatcher, MatchOperator, MetricDivisor, MetricSelector, MetricType
from controller.errors import InputRefused
from controller.telemetry.pod_names import WORKLOAD_OF_POD, pods_of
from controller.telemetry.promql import any_of, quote

NAMESPACE = "namespace"
POD = "pod"
WORKLOAD_FROM_POD = "headroom_workload"
_OURS = frozenset({NAMESPACE, "__name__", WORKLOAD_FROM_POD})
_BEGINNING = 3  # the first third of a window, which holds a scrape even when scrapes are a little late
_AGGREGATIONS = {Aggregation.SUM: "sum", Aggregation.MAX: "max", Aggregation.AVERAGE: "avg"}


class Workload(NamedTuple):
    """What a series belongs to: its namespace, and the value of the template's workload label."""

    namespace: str
    name: str


def result_label(selector: MetricSelector) -> str:
    """Return the label of the answer that holds the workload's name."""
    return WORKLOAD_FROM_POD if selector.workload_label == POD else selector.workload_label


def check_selector(selector: MetricSelector) -> None:
    """Raise InputRefused where a person's selector would get in the way of what the compiler itself adds."""
    if selector.workload_label in _OURS | {"le"}:
        raise InputRefused(f"workloadLabel must not be {selector.workload_label!r}; name a label that tells workloads")
    divisor = selector.divide_by
    for matcher in (*selector.matchers, *(divisor.matchers if divisor else ())):
        if matcher.label in _OURS:
            raise InputRefused(f"matchers must not name {matcher.label!r}: Headroom sets it; remove that matcher")
        quote(any_of(matcher.values))
    metrics = [selector.metric, divisor.metric] if divisor else [selector.metric]
    for metric in metrics:
        if selector.type is MetricType.HISTOGRAM and metric.endswith("_bucket"):
            raise InputRefused(f"a histogram is named without its suffix: write {metric.removesuffix('_bucket')!r}")


def compile_query(selector: MetricSelector, workloads: Collection[Workload], *, window: timedelta) -> str:
    """Return the PromQL that reads a selector for all these workloads, each value a mean over the window before it.

    Raises InputRefused on a selector `check_selector` refuses, on no workloads, and on one without namespace or name.
    """
    check_selector(selector)
    if not workloads or not all(workload.namespace and workload.name for workload in workloads):
        raise InputRefused("a query needs workloads, each with a namespace and a name")
    reader = _Reader(selector, _Scope.of(selector, workloads), int(window.total_seconds()))
    return reader.level() if selector.divide_by is None else reader.ratio(selector.divide_by)


@dataclass(frozen=True)
class _Scope:
    """Which series belong to the workloads, and how they are grouped by workload."""

    matchers: str
    label: str
    pods: str | None

    @classmethod
    def of(cls, selector: MetricSelector, workloads: Collection[Workload]) -> "_Scope":
        names = {workload.name for workload in workloads}
        pods = pods_of(names) if selector.workload_label == POD else None
        namespaces = quote(any_of(workload.namespace for workload in workloads))
        workload = quote(any_of(names) if pods is None else pods)
        matchers = f"{NAMESPACE}=~{namespaces},{selector.workload_label}=~{workload}"
        return cls(matchers, result_label(selector), pods)

    def series(self, metric: str, matchers: Collection[LabelMatcher]) -> str:
        """Return the selector of a metric. The name is a matcher too, since a metric may be called `sum` or `nan`."""
        return "{" + ",".join([f"__name__={quote(metric)}", self.matchers, *map(matcher_text, matchers)]) + "}"

    def grouped(self, operation: str, expression: str, *, keep: str = "") -> str:
        """Return the expression aggregated by workload, keeping one more label where given."""
        if self.pods is not None:
            replacement = f'{quote(self.label)},"{WORKLOAD_OF_POD}",{quote(POD)},{quote(self.pods)}'
            expression = f"label_replace({expression},{replacement})"
        return f"{operation} by ({NAMESPACE},{self.label}{keep}) ({expression})"


def matcher_text(matcher: LabelMatcher) -> str:
    """Return a person's matcher as PromQL."""
    operator = "=~" if matcher.operator is MatchOperator.IN else "!~"
    return f"{matcher.label}{operator}{quote(any_of(matcher.values))}"


@dataclass(frozen=True)
class _Reader:
    """Reads metrics of one type over one window in seconds, one number a workload."""

    selector: MetricSelector
    scope: _Scope
    window: int

    def level(self) -> str:
        """Return the selector's own value."""
        metric, matchers = self.selector.metric, self.selector.matchers
        value = f"{self._value(metric, matchers)}{self._while_live(metric, matchers)}"
        if self.selector.type is not MetricType.COUNTER:
            return value
        begin = self.window // _BEGINNING
        seen = f"present_over_time({self.scope.series(metric, matchers)}[{begin}s] offset {self.window - begin}s)"
        return f"{value} and {self.scope.grouped('group', seen)}"

    def ratio(self, divisor: MetricDivisor) -> str:
        """Return the selector's value over a second one; 0 over 0 is 0, anything else over 0 is missing."""
        upper = self._value(self.selector.metric, self.selector.matchers)
        lower = self._value(divisor.metric, divisor.matchers)
        if divisor.metric == self.selector.metric:
            quotient = f"({upper} or {lower} * 0) / ({lower} > 0) or {lower} == 0"
        else:
            quotient = f"{upper} / ({lower} > 0) or {upper} == 0 and {lower} == 0"
        return f"({quotient}){self._while_live(divisor.metric, divisor.matchers)}"

    def _value(self, metric: str, matchers: Collection[LabelMatcher]) -> str:
        series = self.scope.series(metric, matchers)
        match self.selector.type:
            case MetricType.COUNTER:
                return self._aggregated(self._over("rate", series))
            case MetricType.GAUGE:
                return self._aggregated(f"({self._over('avg_over_time', series)} and {series})")
            case MetricType.HISTOGRAM:
                buckets = self._over("rate", self.scope.series(f"{metric}_bucket", matchers))
                count = self._over("rate", self.scope.series(f"{metric}_count", matchers))
                histogram = self.scope.grouped("sum", buckets, keep=",le")
                return self._percentile(histogram, count=self.scope.grouped("sum", count))
            case MetricType.NATIVE_HISTOGRAM:
                histogram = self.scope.grouped("sum", self._over("rate", series))
                return self._percentile(histogram, count=f"histogram_count({histogram})")

    def _while_live(self, metric: str, matchers: Collection[LabelMatcher]) -> str:
        """Return what lets a value through only while a live series stands behind it; a gauge has it inside."""
        if self.selector.type is MetricType.GAUGE:
            return ""
        name = f"{metric}_count" if self.selector.type is MetricType.HISTOGRAM else metric
        return f" and {self.scope.grouped('group', self.scope.series(name, matchers))}"

    def _over(self, function: str, series: str) -> str:
        return f"{function}({series}[{self.window}s])"

    def _aggregated(self, expression: str) -> str:
        return self.scope.grouped(_AGGREGATIONS[self.selector.aggregation], expression)

    def _percentile(self, histogram: str, *, count: str) -> str:
        quantile = f"{(self.selector.percentile or 0) / 100:g}"
        return f"(histogram_quantile({quantile},{histogram}) >= 0 or {count} == 0)"
