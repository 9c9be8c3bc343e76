"""Exporter: our own metrics, by name. What is measured is told to it by the lives; it keeps a registry of its own."""

from datetime import timedelta
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from controller.api.metadata import ObjectKey
from controller.scaling.decision import Decision


class MetricDoc(NamedTuple):
    """A metric as its documentation shows it."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


GAUGES = (
    MetricDoc("headroom_policies", "Policies decided in the last sweep."),
    MetricDoc("headroom_leader", "1 while this process holds the Lease, else 0."),
    MetricDoc("headroom_current_replicas", "Replicas the target asks for.", ("namespace", "policy")),
    MetricDoc("headroom_desired_replicas", "Replicas Headroom wants.", ("namespace", "policy")),
    MetricDoc(
        "headroom_forecast_replicas",
        "Replicas the forecast asks for over the lead time; absent while it may not act.",
        ("namespace", "policy"),
    ),
)
COUNTERS = (
    MetricDoc("headroom_decisions_total", "Decisions by the reason that decided.", ("reason",)),
    MetricDoc("headroom_api_writes_total", "Writes to the API server, by resource.", ("resource",)),
    MetricDoc("headroom_fits_total", "Fits of a load signal, by outcome: fitted or failed.", ("outcome",)),
)
HISTOGRAMS = (
    MetricDoc("headroom_sweep_duration_seconds", "Time one sweep over all policies took."),
    MetricDoc("headroom_fit_duration_seconds", "Time one fit took, history included."),
)
_PER_POLICY = ("headroom_current_replicas", "headroom_desired_replicas", "headroom_forecast_replicas")


class Exporter:
    """The metrics of the tables above. Every method is told a value; `render` is what a scrape gets."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges = {doc.name: Gauge(*doc[:2], doc.labels, registry=self._registry) for doc in GAUGES}
        self._counters = {doc.name: Counter(*doc[:2], doc.labels, registry=self._registry) for doc in COUNTERS}
        self._histograms = {doc.name: Histogram(*doc[:2], doc.labels, registry=self._registry) for doc in HISTOGRAMS}
        self._exported: set[ObjectKey] = set()

    def render(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self._registry)

    def record_sweep(self, took: timedelta) -> None:
        """Take in how long a sweep took."""
        self._histograms["headroom_sweep_duration_seconds"].observe(took.total_seconds())

    def record_leadership(self, *, leads: bool) -> None:
        """Take in whether this process leads."""
        self._gauges["headroom_leader"].set(int(leads))

    def record_decision(self, decision: Decision) -> None:
        """Take in what was decided for one policy."""
        self._counters["headroom_decisions_total"].labels(decision.reason).inc()
        replicas = (decision.current_replicas, decision.desired_replicas, decision.plan.forecast_replicas)
        for name, value in zip(_PER_POLICY, replicas, strict=True):
            if value is None:
                self._gauges[name].remove_by_labels(_labels(decision.policy))
            else:
                self._gauges[name].labels(**_labels(decision.policy)).set(value)
        self._exported.add(decision.policy)

    def keep_policies(self, policies: set[ObjectKey]) -> None:
        """Count the policies, and drop the series of those that are no longer decided."""
        self._gauges["headroom_policies"].set(len(policies))
        for gone in self._exported - policies:
            for name in _PER_POLICY:
                self._gauges[name].remove_by_labels(_labels(gone))
        self._exported &= policies

    def record_write(self, resource: str) -> None:
        """Take in a write to the API server, such as `deployments/scale`."""
        self._counters["headroom_api_writes_total"].labels(resource).inc()

    def record_fit(self, outcome: str, took: timedelta) -> None:
        """Take in how a fit ended, and how long it took."""
        self._counters["headroom_fits_total"].labels(outcome).inc()
        self._histograms["headroom_fit_duration_seconds"].observe(took.total_seconds())


def _labels(policy: ObjectKey) -> dict[str, str]:
    return {"namespace": policy.namespace, "policy": policy.name}
