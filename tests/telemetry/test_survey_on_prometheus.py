"""Which workloads there are and their history, asked of a real Prometheus that nobody configured for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.telemetry.client import PrometheusClient
from controller.telemetry.compiler import Workload
from controller.telemetry.presets import BUILT_IN
from controller.telemetry.survey import survey
from forecasting import Series
from testbed.history import SampledSeries, counter, gauge, sample_times
from testbed.prometheus import Prometheus
from tests.telemetry.selectors import a_source

pytestmark = pytest.mark.prometheus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
PRESETS = {preset.template.name: preset.template for preset in BUILT_IN}
API, WEB, DB = Workload("bank", "api"), Workload("shop", "web"), Workload("shop", "db")
TIMES = sample_times(NOW, FORTNIGHT, timedelta(minutes=1))


def requests(namespace: str, pod: str, rate: float) -> SampledSeries:
    labels = {"namespace": namespace, "pod": pod, "code": "200"}
    return counter("http_requests_total", labels, TIMES, np.full(len(TIMES), rate))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusClient]:
    gone = requests("shop", "old-7d9f8c6b54-x2x4z", 5.0)
    half = len(TIMES) // 2
    history = [
        requests("shop", "web-7d9f8c6b54-x2x4z", 10.0),
        requests("shop", "web-7d9f8c6b54-b2b4z", 20.0),
        requests("shop", "db-0", 1.0),
        requests("bank", "api-7d9f8c6b54-x2x4z", 2.0),
        SampledSeries(gone.name, gone.labels, gone.times[:half], gone.values[:half]),
        gauge("queue_depth", {"namespace": "shop", "queue": "orders"}, TIMES, np.full(len(TIMES), 3.0)),
    ]
    folder = tmp_path_factory.mktemp("prometheus")
    with (
        Prometheus(folder, history=history) as server,
        PrometheusClient(a_source(server.url, scrapeIntervalSeconds=60)) as one,
    ):
        yield one


@pytest.mark.parametrize(
    ("preset", "namespaces", "found"),
    [
        ("http-request-rate", [], (API, DB, WEB)),
        ("http-request-rate", ["shop"], (DB, WEB)),
        ("http-error-ratio", [], (API, DB, WEB)),
        ("queue-depth", [], (Workload("shop", "orders"),)),
        ("http-p95-latency", [], ()),
        ("http-p95-latency-native", [], ()),
        ("cpu-cores", ["nowhere"], ()),
    ],
)
def test_those_who_have_the_signal_now_are_found(
    client: PrometheusClient, preset: str, namespaces: list[str], found: tuple[Workload, ...]
) -> None:
    assert client.workloads(PRESETS[preset], namespaces, at=NOW) == found


def test_the_history_of_all_is_one_query_with_pods_added_up(client: PrometheusClient) -> None:
    (histories,) = survey(
        client, PRESETS["http-request-rate"], [API, DB, WEB], span=FORTNIGHT, now=NOW + timedelta(minutes=1)
    )

    for workload, rate in ((API, 2.0), (DB, 1.0), (WEB, 30.0)):
        history = histories[workload]
        assert isinstance(history, Series)
        assert history.end == NOW
        assert history.values[1:] == pytest.approx(rate)
