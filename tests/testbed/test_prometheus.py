"""A real Prometheus: its history, its scrapes, its outages, and what proxies and bad metrics do to its answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from testbed.clock import now
from testbed.endpoints import session
from testbed.exporter import Exporter, Malformation
from testbed.faults import Delay, NoData, Warn
from testbed.history import counter, daily_spike, sample_times
from testbed.prometheus import Prometheus, ScrapeTarget
from testbed.proxy import Proxy

pytestmark = pytest.mark.prometheus

TIMEOUT = 10
HOUR = timedelta(hours=1)
WEB = {"namespace": "shop", "workload": "web"}


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    with Exporter() as running:
        yield running


@pytest.fixture
def prometheus(exporter: Exporter, tmp_path: Path) -> Iterator[Prometheus]:
    targets = [ScrapeTarget(exporter.address, "app", native_histograms=True)]
    with Prometheus(tmp_path, targets, scrape_interval=timedelta(milliseconds=200)) as running:
        yield running


def test_weeks_of_history_are_there_from_the_start(tmp_path: Path) -> None:
    end = now()
    times = sample_times(end, timedelta(days=20), timedelta(minutes=1))
    rates = daily_spike(times, base=10, peak=100, begins=end + HOUR, lasts=2 * HOUR)
    history = [counter("http_requests_total", {**WEB, "job": "app", "instance": "exporter"}, times, rates)]

    with Prometheus(tmp_path, history=history) as prometheus:
        spikes = [
            prometheus.value("rate(http_requests_total[10m])", at=end - timedelta(days=days) + 2 * HOUR)
            for days in (1, 18)
        ]
        quiet = prometheus.value("rate(http_requests_total[10m])", at=end - HOUR)

    assert [*spikes, quiet] == pytest.approx([100, 100, 10])


def test_live_scrapes_continue_the_series_of_the_history(tmp_path: Path, exporter: Exporter) -> None:
    times = sample_times(now(), HOUR, timedelta(minutes=1))
    rates = daily_spike(times, base=10, peak=10, begins=datetime(2026, 1, 1, tzinfo=UTC), lasts=HOUR)
    history = [counter("http_requests_total", {**WEB, "job": "app", "instance": "exporter"}, times, rates)]
    exporter.counter("http_requests_total", WEB, rate=10, start=float(history[0].values[-1]))

    with Prometheus(tmp_path, [ScrapeTarget(exporter.address, "app")], history=history) as prometheus:
        prometheus.wait_until('up{job="app"} == 1')

        assert prometheus.value("count(http_requests_total)") == 1
        assert prometheus.value("count_over_time(http_requests_total[2h]) > bool 60") == 1


def test_what_the_exporter_shows_is_scraped(prometheus: Prometheus, exporter: Exporter) -> None:
    exporter.gauge("queue_depth", WEB, value=1500)
    exporter.counter("http_requests_total", WEB, rate=100)

    prometheus.wait_until("queue_depth == 1500")
    prometheus.wait_until("rate(http_requests_total[4s]) > 90 < 110")


@pytest.mark.parametrize("metric", ["sum by (le) (rate(latency_seconds_bucket[4s]))", "rate(latency_seconds[4s])"])
def test_a_latency_is_answered_from_classic_and_native_histograms(
    prometheus: Prometheus, exporter: Exporter, metric: str
) -> None:
    exporter.histogram("latency_seconds", WEB, rate=100, p95=0.3)

    prometheus.wait_until(f"abs(histogram_quantile(0.95, {metric}) - 0.3) < 0.001")


def test_a_malformed_histogram_puts_a_warning_on_everybodys_answer(prometheus: Prometheus, exporter: Exporter) -> None:
    exporter.histogram("latency_seconds", {"namespace": "good"}, rate=100, p95=0.3)
    bad = exporter.histogram("latency_seconds", {"namespace": "bad"}, rate=100, p95=0.3)
    bad.malformation = Malformation.BAD_BOUND
    rates = "sum by (namespace, le) (rate(latency_seconds_bucket[4s]))"
    prometheus.wait_until(f"count(histogram_quantile(0.95, {rates})) == 2")
    answer = prometheus.query(f"histogram_quantile(0.95, {rates})")

    assert ['"quick"' in warning for warning in answer["warnings"]] == [True]


def test_an_outage_ends_at_the_same_address_with_the_same_data(prometheus: Prometheus, exporter: Exporter) -> None:
    exporter.gauge("queue_depth", WEB, value=7)
    prometheus.wait_until("queue_depth == 7")
    before = now()

    prometheus.stop()
    with pytest.raises(requests.ConnectionError):
        prometheus.query("queue_depth")
    prometheus.start()

    assert prometheus.value("queue_depth", at=before) == 7


def test_a_proxy_warns_empties_and_delays_the_real_answers(prometheus: Prometheus) -> None:
    with Proxy(prometheus.url) as proxy:

        def ask() -> dict[str, object]:
            answer = session().post(f"{proxy.url}/api/v1/query", data={"query": "vector(1)"}, timeout=TIMEOUT)
            parsed: dict[str, object] = answer.json()
            return parsed

        plain = ask()
        with proxy.fault(Warn("a store did not answer")):
            warned = ask()
        with proxy.fault(NoData()):
            emptied = ask()
        with proxy.fault(Delay(timedelta(milliseconds=10))):
            delayed = ask()

        assert [call.promql for call in proxy.calls] == ["vector(1)"] * 4
    assert "warnings" not in plain
    assert warned["warnings"] == ["a store did not answer"]
    assert emptied["data"] == {"resultType": "vector", "result": []}
    assert delayed["status"] == "success"
