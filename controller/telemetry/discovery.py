"""Which workloads a source has a signal of, for people who do not name them; pure. Policies always name theirs.

The question is what is scraped now. The answer is untrusted: an odd series refuses the whole. What is no workload that
can be scaled (a DaemonSet's pod, a Job's) is left out.
"""

from collections.abc import Collection
from typing import Any

from controller.api.signals import MetricSelector, MetricType
from controller.telemetry.compiler import NAMESPACE, POD, Workload, check_selector, matcher_text
from controller.telemetry.failures import AnswerRefused
from controller.telemetry.pod_names import workload_of
from controller.telemetry.promql import any_of, quote


def compile_discovery(selector: MetricSelector, namespaces: Collection[str]) -> str:
    """Return the PromQL that asks for every workload with a selector's metric, in these namespaces or in all.

    Of a ratio the divisor counts: without errors there is no series of errors. Raises InputRefused as compile_query.
    """
    check_selector(selector)
    source = selector.divide_by or selector
    metric = f"{source.metric}_count" if selector.type is MetricType.HISTOGRAM else source.metric
    where = f"{NAMESPACE}=~{quote(any_of(namespaces))}" if namespaces else f'{NAMESPACE}!=""'
    label = selector.workload_label
    matchers = ",".join([f"__name__={quote(metric)}", where, f'{label}!=""', *map(matcher_text, source.matchers)])
    return f"group by ({NAMESPACE},{label}) ({{{matchers}}})"


def read_workloads(result: list[Any], selector: MetricSelector, namespaces: Collection[str]) -> tuple[Workload, ...]:
    """Return the workloads of an instant answer, sorted; raise AnswerRefused on what was not asked for."""
    found: set[Workload] = set()
    for series in result:
        labels = series.get("metric") if isinstance(series, dict) else None
        if not isinstance(labels, dict):
            raise AnswerRefused("answered with something that is not a series")
        namespace, value = labels.get(NAMESPACE), labels.get(selector.workload_label)
        if not (isinstance(namespace, str) and isinstance(value, str) and namespace and value):
            raise AnswerRefused("answered with a series that has no namespace or no workload")
        if namespaces and namespace not in namespaces:
            raise AnswerRefused("answered with a series of a namespace that was not asked for")
        name = workload_of(value) if selector.workload_label == POD else value
        if name is not None:
            found.add(Workload(namespace, name))
    return tuple(sorted(found))
