"""A scene: one namespace with a workload, its metrics in a real Prometheus, and what a person would look at."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from testbed.clock import now, wait_until
from testbed.cluster import Cluster
from testbed.exporter import Exporter
from testbed.history import DAY, SampledSeries, Values, counter, daily_spike, sample_times
from testbed.pretend_node import NODE_NAME, READY_AFTER

JOB = "workloads"
POD = "{}-5d8c9b7f4d-x2x4z"  # as a ReplicaSet names the pods of a Deployment
HISTORY_STEP = timedelta(seconds=60)
SOON = timedelta(seconds=60)

REQUESTS: dict[str, Any] = {
    "name": "requests",
    "preset": "http-request-rate",
    "load": {"perReplica": 10, "serviceTimeMilliseconds": 100},
}
LATENCY: dict[str, Any] = {"name": "latency", "preset": "http-p95-latency"}
CPU: dict[str, Any] = {"name": "cpu", "preset": "cpu-cores"}
QUEUE: dict[str, Any] = {"name": "queue", "preset": "queue-depth", "workload": "orders"}


@dataclass
class Scene:
    """What stands in one namespace; every wait ends by a deadline."""

    cluster: Cluster
    namespace: str
    exporter: Exporter

    def labels(self, workload: str = "web") -> dict[str, str]:
        """Return the labels a scrape of the workload's pod carries."""
        return {"namespace": self.namespace, "pod": POD.format(workload)}

    def deployment(
        self, name: str = "web", *, replicas: int, start_up: timedelta = timedelta(0), **requests: str
    ) -> None:
        """Create a Deployment whose pods take a while to become Ready, and wait for the first ones."""
        container = {"name": "app", "image": "app", "resources": {"requests": requests}}
        labels = {"app": name}
        template = {
            "metadata": {"labels": labels, "annotations": {READY_AFTER: f"{start_up.total_seconds():.0f}s"}},
            "spec": {"nodeName": NODE_NAME, "containers": [container]},
        }
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        self._apply("apps/v1", "Deployment", name, spec)
        assert wait_until(lambda: self.ready(name) == replicas, start_up + SOON)

    def source(self, url: str, **spec: object) -> str:
        """Create a MetricsSource for this scene alone; return its name."""
        full = {"url": url, "scrapeIntervalSeconds": 1, "timeoutSeconds": 5, **spec}
        self._apply("headroom.dev/v1alpha1", "MetricsSource", self.namespace, full, namespaced=False)
        return self.namespace

    def policy(self, *signals: dict[str, Any], name: str = "web", target: str = "web", **spec: object) -> None:
        """Create or change an Active policy on a Deployment."""
        full = {
            "scaleTargetRef": {"name": target},
            "mode": "Active",
            "minReplicas": 2,
            "maxReplicas": 100,
            "metricsSource": self.namespace,
            "signals": list(signals),
            **spec,
        }
        self._apply("headroom.dev/v1alpha1", "ScalingPolicy", name, full)

    def event(self, **spec: object) -> None:
        """Create a DemandEvent `launch` for policy `web`."""
        self._apply("headroom.dev/v1alpha1", "DemandEvent", "launch", {"policies": ["web"], **spec})

    def many(self, count: int, signals: Sequence[dict[str, Any]]) -> None:
        """Create many Recommend policies and their Deployments, `w0` and so on, each with a queue of its own."""
        manifests: list[dict[str, Any]] = []
        for number in range(count):
            name = f"w{number}"
            metadata = {"name": name, "namespace": self.namespace}
            template = {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "app"}]},
            }
            paused = {"replicas": 1, "paused": True, "selector": {"matchLabels": {"app": name}}, "template": template}
            named = [
                {**signal, "workload": f"q{number}"} if signal["name"] == "queue" else signal for signal in signals
            ]
            spec = {
                "scaleTargetRef": {"name": name},
                "maxReplicas": 9,
                "metricsSource": self.namespace,
                "signals": named,
            }
            manifests += [
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": paused},
                {"apiVersion": "headroom.dev/v1alpha1", "kind": "ScalingPolicy", "metadata": metadata, "spec": spec},
            ]
        self.cluster.apply(manifests)

    def fitted(self) -> int:
        """Return how many policies have a forecast, whether it may act or not."""
        conditions = [c for item in self._get("spol")["items"] for c in item.get("status", {}).get("conditions", [])]
        return sum(c["type"] == "ForecastReady" and not c["message"].startswith("no forecast of") for c in conditions)

    def age(self, name: str) -> timedelta:
        """Return how long ago a policy was created."""
        return now() - datetime.fromisoformat(self._get(f"spol/{name}")["metadata"]["creationTimestamp"])

    def replicas(self, name: str = "web") -> int:
        """Return the replicas a Deployment asks for."""
        return int(self._get(f"deployment/{name}")["spec"]["replicas"])

    def version(self, name: str = "web") -> int:
        """Return the generation of a Deployment: it rises with every change of what is asked for."""
        return int(self._get(f"deployment/{name}")["metadata"]["generation"])

    def ready(self, name: str = "web") -> int:
        """Return the Ready replicas of a Deployment."""
        return int(self._get(f"deployment/{name}").get("status", {}).get("readyReplicas", 0))

    def status(self, name: str = "web") -> dict[str, Any]:
        """Return the status of a policy."""
        status: dict[str, Any] = self._get(f"spol/{name}").get("status", {})
        return status

    def condition(self, kind: str, name: str = "web") -> dict[str, Any]:
        """Return a condition of a policy; empty while it is not there."""
        conditions = self.status(name).get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})

    def report(self, name: str = "web") -> dict[str, Any]:
        """Return the status of a ForecastReport; empty while it is not there."""
        reports = self._get("fr")["items"]
        return next((item.get("status", {}) for item in reports if item["metadata"]["name"] == name), {})

    def events(self, name: str = "web") -> list[dict[str, Any]]:
        """Return the events about a policy."""
        items = self._get("events.events.k8s.io")["items"]
        return [item for item in items if item["regarding"]["name"] == name]

    def table(self, resource: str) -> str:
        """Return what `kubectl get` shows a person."""
        return self.cluster.kubectl("get", resource, f"--namespace={self.namespace}")

    def wait_for_condition(self, kind: str, reason: str, name: str = "web", *, within: timedelta = SOON) -> None:
        """Wait until a condition of a policy has this reason."""
        found = wait_until(lambda: self.condition(kind, name).get("reason") == reason, within)
        assert found, f"{kind} never became {reason}: {json.dumps(self.status(name), indent=1)}"

    def wait_for_replicas(self, at_least: int, name: str = "web", *, within: timedelta = SOON) -> None:
        """Wait until a Deployment asks for so many replicas."""
        reached = wait_until(lambda: self.replicas(name) >= at_least, within)
        assert reached, f"{name} has {self.replicas(name)} of {at_least} replicas: {json.dumps(self.status(name))}"

    def stays(self, replicas: int, name: str = "web", *, during: timedelta) -> None:
        """Watch a Deployment for a while: it must not move. Real servers are watched in real time."""
        moved = wait_until(lambda: self.replicas(name) != replicas, during)
        assert not moved, f"{name} moved from {replicas} to {self.replicas(name)}: {json.dumps(self.status(name))}"

    def _get(self, *what: str) -> dict[str, Any]:
        return self.cluster.get(*what, f"--namespace={self.namespace}")

    def _apply(self, api_version: str, kind: str, name: str, spec: dict[str, Any], *, namespaced: bool = True) -> None:
        metadata = {"name": name, **({"namespace": self.namespace} if namespaced else {})}
        self.cluster.apply([{"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}])


def request_history(
    labels: dict[str, str], *, end: datetime, spike_at: datetime, days: int = 14, base: float = 20, peak: float = 400
) -> SampledSeries:
    """Return weeks of a request counter with a gentle day and a half-hour spike at the time of day of `spike_at`."""
    times = sample_times(end, days * DAY, HISTORY_STEP)
    spike = daily_spike(times, base=base, peak=peak, begins=spike_at, lasts=timedelta(minutes=30))
    # The spike itself is as high at every hour of the day at which a test may run.
    demand = np.where(spike < peak, spike * _gentle_day(times), spike)
    return counter("http_requests_total", labels, times, demand)


def last_value(series: SampledSeries) -> float:
    """Return where a counter stands at the end of its history, so that live samples go on from there."""
    return float(series.values[-1])


def _gentle_day(times: Sequence[int] | np.ndarray[Any, Any]) -> Values:
    """Return a factor between 0.7 and 1.3 over the day, with a little seeded noise."""
    seconds = np.asarray(times, dtype=np.float64)
    noise = np.random.default_rng(7).normal(0, 0.02, len(seconds))
    return 1 + 0.3 * np.sin(2 * math.pi * seconds / DAY.total_seconds()) + noise
