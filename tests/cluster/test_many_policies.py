"""Many policies in one sweep: few queries, and no write while nothing changes."""

from datetime import timedelta

import pytest

from testbed.calls import Call
from testbed.clock import monotonic, wait_until
from testbed.cluster import Cluster
from testbed.prometheus import ScrapeTarget
from testbed.proxy import Proxy
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.scene import JOB, QUEUE, REQUESTS, Scene

POLICIES = 500
TEMPLATES = 2
SWEEP = timedelta(seconds=5)
SETTLED = timedelta(seconds=180)
QUIET = timedelta(seconds=20)
OWN_RHYTHM = ("/forecastreports", "/leases/")  # once an hour, and every two seconds


def test_500_policies_cost_a_query_for_each_template_and_no_write_when_quiet(
    scene: Scene,
    cluster: Cluster,
    start_prometheus: StartPrometheus,
    start_proxy: StartProxy,
    operate: Operate,
) -> None:
    labels = {"namespace": scene.namespace}
    for number in range(POLICIES):
        pod = f"w{number}-5d8c9b7f4d-x2x4z"
        scene.exporter.counter("http_requests_total", {**labels, "pod": pod}, rate=10)
        scene.exporter.gauge("queue_depth", {**labels, "queue": f"q{number}"}, value=5)
    prometheus_proxy = start_proxy(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    api_proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    scene.source(prometheus_proxy.url)
    scene.many(POLICIES, [REQUESTS, QUEUE])
    operate("--sweep-seconds=5", server=api_proxy.url)
    assert wait_until(lambda: scene.decided() == POLICIES, SETTLED)
    assert wait_until(lambda: _writes_nothing(api_proxy), SETTLED)
    prometheus_proxy.forget()
    begun = monotonic()

    assert _writes_nothing(api_proxy)

    sweeps = (monotonic() - begun) / SWEEP.total_seconds()
    queries = [call for call in prometheus_proxy.calls if call.path.endswith("/query")]
    assert len(queries) / TEMPLATES == pytest.approx(sweeps, abs=1), "one query a template and sweep"


def _writes_nothing(api: Proxy) -> bool:
    """Watch for a while: return whether nothing was written but what is told to have a rhythm of its own."""
    api.forget()
    return not wait_until(lambda: any(not _has_own_rhythm(call) for call in api.writes()), QUIET)


def _has_own_rhythm(call: Call) -> bool:
    return any(part in call.path for part in OWN_RHYTHM)
