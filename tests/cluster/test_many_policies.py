"""Many policies in one sweep: few queries, and no write while nothing changes."""

from datetime import timedelta

import numpy as np
import pytest

from testbed.calls import Call
from testbed.clock import now, wait_until
from testbed.cluster import Cluster
from testbed.history import SampledSeries, counter, sample_times
from testbed.prometheus import ScrapeTarget
from testbed.proxy import Proxy
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.scene import HISTORY_STEP, JOB, QUEUE, REQUESTS, Scene, last_value

POLICIES = 500
TEMPLATES = 2
RPS = 10.0
SETTLED = timedelta(seconds=240)
QUIET = timedelta(seconds=20)
FREEZE = "/configmaps/headroom-freeze"  # each sweep begins by looking for it
OWN_RHYTHM = ("/forecastreports", "/leases/")  # once an hour, and every two seconds


def test_500_policies_cost_a_query_for_each_template_and_no_write_when_quiet(
    scene: Scene,
    cluster: Cluster,
    start_prometheus: StartPrometheus,
    start_proxy: StartProxy,
    operate: Operate,
) -> None:
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)], history=_export(scene))
    prometheus_proxy = start_proxy(prometheus.url)
    api_proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    scene.source(prometheus_proxy.url)
    scene.many(POLICIES, [REQUESTS, QUEUE])
    operate("--sweep-seconds=5", server=api_proxy.url)
    assert wait_until(lambda: scene.fitted() == POLICIES, SETTLED)  # a first fit is news, and is written
    assert wait_until(lambda: _writes_nothing(api_proxy), SETTLED)
    prometheus_proxy.forget()

    assert _writes_nothing(api_proxy)

    sweeps = sum(call.path.endswith(FREEZE) for call in api_proxy.calls)
    queries = [call for call in prometheus_proxy.calls if call.path.endswith("/query")]
    assert sweeps > 1
    assert len(queries) / TEMPLATES == pytest.approx(sweeps, abs=1), "one query a template and sweep"


def _export(scene: Scene) -> list[SampledSeries]:
    """Export steady requests and a short queue for each policy; return an hour of the same requests."""
    times = sample_times(now(), timedelta(hours=1), HISTORY_STEP)
    history = []
    for number in range(POLICIES):
        labels = scene.labels(f"w{number}")
        history.append(counter("http_requests_total", labels, times, np.full(len(times), RPS)))
        scene.exporter.counter("http_requests_total", labels, rate=RPS, start=last_value(history[-1]))
        queue = {"namespace": scene.namespace, "queue": f"q{number}"}
        scene.exporter.gauge("queue_depth", queue, value=5)
    return history


def _writes_nothing(api: Proxy) -> bool:
    """Watch for a while: return whether nothing was written but what is told to have a rhythm of its own."""
    api.forget()
    return not wait_until(lambda: any(not _has_own_rhythm(call) for call in api.writes()), QUIET)


def _has_own_rhythm(call: Call) -> bool:
    return any(part in call.path for part in OWN_RHYTHM)
