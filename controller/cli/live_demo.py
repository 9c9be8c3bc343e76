"""`headroom demo --live`: a real control plane and a real Prometheus in which a daily spike is due, and the operator.

Everything runs on loopback in a folder of its own and ends with the command. The servers are the testbed's; only the
pods are pretended (kwok), Ready as late as real ones would be.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from controller.api.crds import crd_files
from controller.cli.reading.reports import pick
from controller.cli.showing.pages import show_report
from controller.errors import HeadroomError
from controller.reporting.forecast_report import from_forecast_report
from controller.reporting.wording import duration
from testbed.binaries import find
from testbed.clock import monotonic, now
from testbed.cluster import Cluster
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.exporter import Counter, Exporter
from testbed.history import DAY, SampledSeries, counter, daily_spike, sample_times
from testbed.pretend_node import NODE_NAME, READY_AFTER
from testbed.processes import Process
from testbed.prometheus import Prometheus, ScrapeTarget

NAME = "web"
NAMESPACE = "default"
LABELS = {"namespace": NAMESPACE, "pod": f"{NAME}-5d8c9b7f4d-x2x4z"}  # as a scrape of a Deployment's pod carries them
DEMAND = f'sum(rate(http_requests_total{{namespace="{NAMESPACE}"}}[1m]))'
QUIET_RPS, SPIKE_RPS = 20, 400
QUIET_REPLICAS = 6  # what 20 requests/s need within the objective, and one to spare
SPIKE_LASTS = timedelta(minutes=30)
SPIKE_DUE_IN = timedelta(minutes=5)  # starting all of it takes a minute, on a busy machine two
LEAD_TIME = timedelta(minutes=10)  # longer than the wait for the spike: what is to be seen is seen at once
START_UP = timedelta(seconds=20)
HISTORY_DAYS = 14
HISTORY_STEP = timedelta(seconds=15)  # a usual scrape interval, so that live samples go on where history ends
NOISE, SEED = 0.1, 1  # of each scrape interval; Poisson arrivals at 20 a second would have 6 %
LOOK_EVERY = timedelta(seconds=1)
DEADLINE = timedelta(minutes=3)
LAST_LINES = 5  # of the operator's log, in an error
INDENT = 10  # columns of the time, under which sentences stand


def run_live_demo(page: Path, *, keep: bool) -> None:
    """Scale a real Deployment before its spike, tell how, and write its ForecastReport as a page.

    Raises HeadroomError where a server does not start or the Deployment is not Ready in time.
    """
    console = Console(highlight=False)
    try:
        with raised_stage(console) as stage:
            if not stage.follow(until=View.is_ready_for_the_forecast, within=DEADLINE):
                raise HeadroomError(f"not Ready after {duration(DEADLINE.total_seconds())}: {stage.why_not()}")
            stage.tell_the_end()
            stage.show_forecast(page)
            if keep:
                console.print("\nRunning until Ctrl-C.\n", style="bold")
                with suppress(KeyboardInterrupt):
                    stage.follow(until=lambda _: False, within=timedelta.max)
    except TestbedError as problem:
        raise HeadroomError(str(problem)) from problem


@dataclass(frozen=True, slots=True)
class View:
    """What a person would look at: the Deployment, and what its policy says."""

    replicas: int
    ready: int
    forecast: int | None
    desired: int | None
    reason: str
    message: str = field(compare=False)

    def is_ready_for_the_forecast(self) -> bool:
        """Whether the pods that the forecast asks for beyond those of a quiet hour are Ready.

        As many as were decided: a forecast that grows by less than the tolerance meanwhile asks for no more.
        """
        if self.forecast is None or self.desired is None:
            return False
        return self.forecast > QUIET_REPLICAS and QUIET_REPLICAS < self.desired <= self.ready


@dataclass(frozen=True, slots=True)
class Stage:
    """All that runs, and the spike that is due in it."""

    console: Console
    cluster: Cluster
    prometheus: Prometheus
    operator: Process
    requests: Counter
    spike_at: datetime

    def follow(self, *, until: Callable[[View], bool], within: timedelta) -> bool:
        """Let demand happen and tell what changes; return whether the end came in time."""
        last, end = None, monotonic() + within.total_seconds()
        while monotonic() < end:
            self.requests.rate = SPIKE_RPS if self.spike_at <= now() < self.spike_at + SPIKE_LASTS else QUIET_RPS
            view = self.look()
            if view != last:
                self._tell(view, known=last)
            if until(view):
                return True
            if self.operator.exit_code is not None:
                raise HeadroomError(f"the operator ended; its last lines:\n{self.operator.last_lines()}")
            last = view
            time.sleep(LOOK_EVERY.total_seconds())
        return False

    def look(self) -> View:
        """Return what the API server says now."""
        deployment, policy = self._get(f"deployment/{NAME}", f"spol/{NAME}")
        status = policy.get("status", {})
        return View(
            replicas=deployment["spec"]["replicas"],
            ready=deployment.get("status", {}).get("readyReplicas", 0),
            forecast=status.get("forecastReplicas"),
            desired=status.get("desiredReplicas"),
            reason=status.get("reason", "no decision yet"),
            message=status.get("message", ""),
        )

    def why_not(self) -> str:
        """Return what the policy and the operator say, for a demo that failed."""
        view = self.look()
        said = f"{view.ready} of {view.replicas} pods, {view.reason}: {view.message}"
        return f"{said}\nThe operator's last lines:\n{self.operator.last_lines(LAST_LINES)}"

    def tell_the_end(self) -> None:
        """Print what `kubectl get`, the conditions and the event say, and how long before the spike that was."""
        ahead = (self.spike_at - now()).total_seconds()
        how = f"{duration(ahead)} before" if ahead > 0 else f"{duration(-ahead)} after"
        self.console.print(Text(f"\nReady {how} the spike.\n", "bold"))
        self.console.print(Text(self.cluster.kubectl("get", "spol", NAME)))
        for condition in self._get(f"spol/{NAME}")[0]["status"]["conditions"]:
            self._print(f"{condition['type']}={condition['status']}", condition["message"])
        for event in self._get("events.events.k8s.io", "--sort-by=.metadata.creationTimestamp"):
            if event["regarding"]["kind"] == "ScalingPolicy":
                self._print(f"Event {event['reason']}", event["note"])

    def show_forecast(self, page: Path) -> None:
        """Write the policy's ForecastReport as `headroom report` does, once the operator has written it."""
        end = monotonic() + DEADLINE.total_seconds()
        while not any(report.get("status", {}).get("signals") for report in self._get("fr")):
            if monotonic() > end:
                raise HeadroomError("the operator has not written its ForecastReport")
            time.sleep(LOOK_EVERY.total_seconds())
        report, policy = pick(self._get(f"fr/{NAME}", f"spol/{NAME}"), NAME, where="the cluster")
        show_report(from_forecast_report(report, policy), page)

    def _tell(self, view: View, *, known: View | None) -> None:
        demand = self.prometheus.value(DEMAND) or math.nan
        line = f"{now():%H:%M:%S}  {demand:4.0f} requests/s  {view.replicas:3} replicas  {view.ready:3} Ready  "
        self.console.print(Text.assemble(line, (view.reason, "bold")))
        if view.message and (known is None or known.reason != view.reason):
            self._print("", view.message)

    def _print(self, head: str, text: str) -> None:
        said = Text.assemble((f"{head}  " if head else "", "bold"), (text, "dim"))
        self.console.print(Padding(said, (0, 0, 0, INDENT)))

    def _get(self, *what: str) -> list[dict[str, Any]]:
        """Return the objects of that name or kind."""
        found = self.cluster.get(*what, f"--namespace={NAMESPACE}")
        items: list[dict[str, Any]] = found["items"] if found["kind"] == "List" else [found]
        return items


@contextmanager
def raised_stage(console: Console) -> Iterator[Stage]:
    """Start everything, the operator last; leaving stops it all, the operator first."""
    with TemporaryDirectory(prefix="headroom-demo-", ignore_cleanup_errors=True) as folder, ExitStack() as running:
        directory = Path(folder)
        console.print("Starting etcd, kube-apiserver, kube-controller-manager, kwok and Prometheus ...", style="dim")
        cluster = running.enter_context(ControlPlane(directory)).cluster
        console.print(
            Text(f"export KUBECONFIG={cluster.kubeconfig()}\nalias kubectl={find('kubectl')}"), soft_wrap=True
        )
        exporter, began = running.enter_context(Exporter()), now()
        spike_at = began + SPIKE_DUE_IN
        history = past_requests(until=began, spike_at=spike_at)
        requests = exporter.counter(history.name, LABELS, rate=QUIET_RPS, start=float(history.values[-1]))
        target = ScrapeTarget(exporter.address, job="workloads")
        prometheus = running.enter_context(Prometheus(directory / "prometheus", [target], history=[history]))
        prometheus.wait_until(DEMAND)
        console.print(
            f"Deployment {NAME} has {QUIET_REPLICAS} pods; new ones take {duration(START_UP.total_seconds())}. Of its "
            f"demand Prometheus has {HISTORY_DAYS} days: {QUIET_RPS} requests/s, and {SPIKE_RPS} for "
            f"{duration(SPIKE_LASTS.total_seconds())} a day, today from {spike_at:%H:%M:%S} UTC on. "
            f"Its policy wants capacity {duration(LEAD_TIME.total_seconds())} ahead.\n"
        )
        set_up(cluster, prometheus.url)
        operator = running.enter_context(start_operator(cluster, directory))
        yield Stage(console, cluster, prometheus, operator, requests, spike_at)


def past_requests(*, until: datetime, spike_at: datetime) -> SampledSeries:
    """Return two weeks of a request counter: a gentle, noisy day, and a spike at the time of day of `spike_at`."""
    times = sample_times(until, HISTORY_DAYS * DAY, HISTORY_STEP)
    rates = daily_spike(times, base=QUIET_RPS, peak=SPIKE_RPS, begins=spike_at, lasts=SPIKE_LASTS)
    since = (times - int(until.timestamp())) / DAY.total_seconds()
    shape = (1 + 0.3 * np.sin(2 * np.pi * since)) * np.random.default_rng(SEED).normal(1, NOISE, len(times))
    return counter("http_requests_total", LABELS, times, rates * shape)


def set_up(cluster: Cluster, prometheus: str) -> None:
    """Make the definitions, a Deployment with the pods of a quiet hour, the MetricsSource and an Active policy."""
    cluster.kubectl("apply", "--server-side", "--filename=-", stdin="---\n".join(crd_files().values()))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    labels = {"app": NAME}
    template = {
        "metadata": {"labels": labels, "annotations": {READY_AFTER: f"{START_UP.total_seconds():.0f}s"}},
        "spec": {"nodeName": NODE_NAME, "containers": [{"name": "app", "image": "app"}]},
    }
    deployment = {"replicas": QUIET_REPLICAS, "selector": {"matchLabels": labels}, "template": template}
    policy = {
        "scaleTargetRef": {"name": NAME},
        "mode": "Active",
        "minReplicas": 2,
        "maxReplicas": 100,
        "signals": [
            {
                "name": "requests",
                "preset": "http-request-rate",
                "load": {"perReplica": 10, "serviceTimeMilliseconds": 100},
            }
        ],
        "objective": {"p95Milliseconds": 250},
        "capacity": {"leadTimeSeconds": int(LEAD_TIME.total_seconds())},
    }
    source = {"url": prometheus, "scrapeIntervalSeconds": 1, "timeoutSeconds": 5}
    kinds = {"Deployment": deployment, "ScalingPolicy": policy}
    here = {"name": NAME, "namespace": NAMESPACE}
    ours = {"apiVersion": "headroom.dev/v1alpha1"}
    cluster.apply(
        [
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": here, "spec": kinds["Deployment"]},
            {**ours, "kind": "MetricsSource", "metadata": {"name": "default"}, "spec": source},
            {**ours, "kind": "ScalingPolicy", "metadata": here, "spec": kinds["ScalingPolicy"]},
        ]
    )
    cluster.kubectl("rollout", "status", f"deployment/{NAME}", f"--namespace={NAMESPACE}", "--timeout=60s")


def start_operator(cluster: Cluster, directory: Path) -> Process:
    """Start `headroom run`, with a sweep a second so that nobody waits for one."""
    flags = [
        f"--kubeconfig={cluster.kubeconfig()}",
        f"--namespace={NAMESPACE}",
        f"--data-dir={directory / 'history'}",
        "--sweep-seconds=1",
        "--host=127.0.0.1",
        "--port=0",
    ]
    return Process(Path(sys.executable), ["-m", "controller", "run", *flags], log=directory / "operator.log")
