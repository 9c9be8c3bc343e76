"""Selectors, sources and workloads with sensible defaults, so that a test names only what it is about."""

from controller.api.metrics_source import MetricsSource
from controller.api.signals import MetricSelector
from controller.telemetry.compiler import Workload

WEB = Workload("shop", "web")


def a_selector(**fields: object) -> MetricSelector:
    """Return a gauge told apart by its `app` label; fields are given as the wire writes them."""
    return MetricSelector.model_validate({"metric": "depth", "type": "Gauge", "workloadLabel": "app", **fields})


def a_source(url: str = "http://127.0.0.1:9090", *, name: str = "default", **spec: object) -> MetricsSource:
    """Return a MetricsSource; `spec` fields are given as the wire writes them."""
    return MetricsSource.model_validate({"metadata": {"name": name}, "spec": {"url": url, **spec}})
