"""What Headroom tells Prometheus about itself. The table is the documentation; methods take values as they come.

A registry of its own, so that nothing of the libraries' is exported by accident. Replicas are kept as plain numbers
and become series only when somebody scrapes: a sweep over thousands of policies must not pay for that.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from controller.api.metadata import ObjectKey
from controller.scaling.admission import admit_fraction
from controller.scaling.decision import Decision
from controller.scaling.guards.error_budget import burn_rates, error_budget
from controller.scaling.judging.error_budget import MINUTE

_SWEEP_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)  # the last two are missed and lost sweeps
_FIT_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120)
_POLICY = ("namespace", "policy")


@dataclass(frozen=True, slots=True)
class ExportedMetric:
    """One of our metrics, as its reference page shows it."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


LEADER = ExportedMetric("headroom_leader", "gauge", "1 while this process leads and may write, else 0.")
FREEZE = ExportedMetric("headroom_frozen", "gauge", "1 while ConfigMap headroom-freeze holds replicas, else 0.")
POLICIES = ExportedMetric("headroom_policies", "gauge", "Policies decided in the last sweep.")
SWEEPS = ExportedMetric("headroom_sweep_duration_seconds", "histogram", "Time a sweep over all policies took.")
CURRENT = ExportedMetric(
    "headroom_current_replicas", "gauge", "Replicas the target asked for when it was last decided on.", _POLICY
)
DESIRED = ExportedMetric("headroom_desired_replicas", "gauge", "Replicas Headroom wants, after all limits.", _POLICY)
WANTED = ExportedMetric(
    "headroom_wanted_replicas",
    "gauge",
    "Replicas that an Active policy with actuator Metric asks for; absent of every other policy.",
    _POLICY,
)
RECOMMENDED = ExportedMetric("headroom_recommended_replicas", "gauge", "Replicas wanted before the limits.", _POLICY)
FORECAST = ExportedMetric(
    "headroom_forecast_replicas", "gauge", "Replicas the forecast asks for; absent while it may not act.", _POLICY
)
ADMITTED = ExportedMetric(
    "headroom_admit_fraction",
    "gauge",
    "Share of measured demand that Ready replicas serve within the objective: what a load shedder may let in.",
    _POLICY,
)
UNHEALTHY = ExportedMetric(
    "headroom_unhealthy_signals", "gauge", "Signals of a policy whose last reading has a problem.", _POLICY
)
BUDGET = ExportedMetric(
    "headroom_error_budget_minutes", "gauge", "Minutes of bad service that the error budget allows.", _POLICY
)
BURNT = ExportedMetric(
    "headroom_error_budget_burnt_minutes", "gauge", "Minutes of bad service within the window of the budget.", _POLICY
)
BURN_RATE = ExportedMetric(
    "headroom_error_budget_burn_rate",
    "gauge",
    "How many times as fast as allowed the budget burnt over the last 5m, 30m, 1h and 6h; at 1 it lasts its window.",
    (*_POLICY, "window"),
)
DECISIONS = ExportedMetric("headroom_decisions_total", "counter", "Decisions by the reason they gave.", ("reason",))
QUERIES = ExportedMetric(
    "headroom_prometheus_queries_total",
    "counter",
    "Queries by MetricsSource and outcome: answered, refused (an answer not to be trusted) or unreachable.",
    ("source", "outcome"),
)
WRITES = ExportedMetric("headroom_api_writes_total", "counter", "Writes to the Kubernetes API by kind.", ("kind",))
FITS = ExportedMetric("headroom_fit_duration_seconds", "histogram", "Time one refit of a policy's forecasts took.")

EXPORTED = (
    LEADER,
    FREEZE,
    POLICIES,
    SWEEPS,
    CURRENT,
    DESIRED,
    WANTED,
    RECOMMENDED,
    FORECAST,
    ADMITTED,
    UNHEALTHY,
    BUDGET,
    BURNT,
    BURN_RATE,
    DECISIONS,
    QUERIES,
    WRITES,
    FITS,
)
"""Every metric Headroom exports."""


class Exporter:
    """Our own metrics. `record_query` may be called from any thread, the others from one."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._replicas = _Replicas()
        self._registry.register(self._replicas)
        self._leader = Gauge(LEADER.name, LEADER.help, registry=self._registry)
        self._freeze = Gauge(FREEZE.name, FREEZE.help, registry=self._registry)
        self._policies = Gauge(POLICIES.name, POLICIES.help, registry=self._registry)
        self._sweeps = Histogram(SWEEPS.name, SWEEPS.help, registry=self._registry, buckets=_SWEEP_BUCKETS)
        self._fits = Histogram(FITS.name, FITS.help, registry=self._registry, buckets=_FIT_BUCKETS)
        self._decisions = Counter(DECISIONS.name, DECISIONS.help, DECISIONS.labels, registry=self._registry)
        self._queries = Counter(QUERIES.name, QUERIES.help, QUERIES.labels, registry=self._registry)
        self._writes = Counter(WRITES.name, WRITES.help, WRITES.labels, registry=self._registry)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def record_sweep(self, duration: timedelta) -> None:
        """Count a sweep that ended."""
        self._sweeps.observe(duration.total_seconds())

    def record_fit(self, duration: timedelta) -> None:
        """Count a refit that ended."""
        self._fits.observe(duration.total_seconds())

    def record_leadership(self, *, leads: bool) -> None:
        """Say whether this process leads."""
        self._leader.set(leads)

    def record_freeze(self, *, frozen: bool) -> None:
        """Say whether somebody stopped all policies."""
        self._freeze.set(frozen)

    def record_query(self, source: str, outcome: str, count: int = 1) -> None:
        """Count a query of a MetricsSource, or as many as a worker made."""
        self._queries.labels(source, outcome).inc(count)

    def record_write(self, kind: str) -> None:
        """Count a write to the Kubernetes API."""
        self._writes.labels(kind).inc()

    def record_decision(self, decision: Decision) -> None:
        """Show a decision's replicas until the policy's next one, and count its reason."""
        self._decisions.labels(decision.reason.value).inc()
        budget = error_budget(decision.observation)
        self._replicas.shown[decision.policy] = _Shown(
            current=decision.current_replicas,
            desired=decision.desired_replicas,
            wanted=decision.memory.wished_replicas,
            recommended=decision.recommended_replicas,
            forecast=decision.plan.forecast_replicas,
            admitted=admit_fraction(decision.observation),
            unhealthy=sum(bool(reading.problem) for reading in decision.observation.readings.values()),
            budget=budget.allowed / MINUTE if budget else None,
            burnt=budget.burnt / MINUTE if budget else None,
            burn_rates=burn_rates(decision.observation),
        )

    def keep_policies(self, policies: Collection[ObjectKey]) -> None:
        """Show no policy but these any more."""
        for gone in self._replicas.shown.keys() - set(policies):
            del self._replicas.shown[gone]
        self._policies.set(len(policies))


@dataclass(frozen=True, slots=True)
class _Shown:
    """The numbers of a policy's last decision."""

    current: int
    desired: int
    wanted: int | None
    recommended: int
    forecast: int | None
    admitted: float | None
    unhealthy: int
    budget: float | None
    burnt: float | None
    burn_rates: Mapping[str, float]


class _Replicas(Collector):
    """Makes series of the last decisions when somebody scrapes."""

    def __init__(self) -> None:
        self.shown: dict[ObjectKey, _Shown] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return a family for each number, with a series for each policy that has it."""
        for metric, field in (
            (CURRENT, "current"),
            (DESIRED, "desired"),
            (WANTED, "wanted"),
            (RECOMMENDED, "recommended"),
            (FORECAST, "forecast"),
            (ADMITTED, "admitted"),
            (UNHEALTHY, "unhealthy"),
            (BUDGET, "budget"),
            (BURNT, "burnt"),
        ):
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for policy, shown in [*self.shown.items()]:
                value = getattr(shown, field)
                if value is not None:
                    family.add_metric(policy, value)
            yield family
        rates = GaugeMetricFamily(BURN_RATE.name, BURN_RATE.help, labels=BURN_RATE.labels)
        for policy, shown in [*self.shown.items()]:
            for window, rate in shown.burn_rates.items():
                rates.add_metric((*policy, window), rate)
        yield rates
