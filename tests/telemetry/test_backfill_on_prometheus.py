"""History from a real Prometheus, fetched by a worker process, read back as a series."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.telemetry.backfill import HistoryRequest, refresh_history
from controller.telemetry.history import STEP, load_series
from controller.telemetry.questions import Asked, ask
from testbed.history import counter, daily_spike, sample_times
from testbed.prometheus import Prometheus
from tests.builders import REQUESTS, a_policy
from tests.telemetry.selectors import a_source

pytestmark = pytest.mark.prometheus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SPIKE = NOW.replace(hour=9)
TWO_WEEKS = timedelta(days=14)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    times = sample_times(NOW, TWO_WEEKS, timedelta(minutes=1))
    rates = daily_spike(times, base=10.0, peak=100.0, begins=SPIKE, lasts=timedelta(hours=1))
    history = [
        counter("http_requests_total", {"namespace": "shop", "pod": "web-0", "code": "200"}, times, rates),
        counter("http_requests_total", {"namespace": "shop", "pod": "web-1", "code": "200"}, times, rates),
        counter("http_requests_total", {"namespace": "bank", "pod": "web-0", "code": "200"}, times, rates),
    ]
    with Prometheus(tmp_path_factory.mktemp("prometheus"), history=history) as server:
        yield server


def asked_by(namespace: str) -> Asked:
    policy = a_policy(REQUESTS, namespace=namespace)
    return ask(policy, policy.spec.signals[0], {"default": a_source()}.get)


def test_a_worker_fetches_weeks_of_all_signals_with_one_query(prometheus: Prometheus, tmp_path: Path) -> None:
    shop, bank = asked_by("shop"), asked_by("bank")
    source = a_source(prometheus.url, scrapeIntervalSeconds=60)
    request = HistoryRequest(tmp_path / "history", source, [shop, bank], NOW + timedelta(minutes=1))

    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as workers:
        done = workers.submit(refresh_history, request).result()

    assert (done.queries, done.problems) == ({"answered": 1}, {})
    series = load_series(request.path, shop)
    assert series is not None
    assert (series.step, series.end) == (STEP, NOW)
    assert series.start == pytest.approx(NOW - TWO_WEEKS, abs=timedelta(minutes=10))
    assert not np.isnan(series.values).any()
    assert series.between(SPIKE, SPIKE + timedelta(minutes=50)).values == pytest.approx(200.0)
    assert series.between(SPIKE - timedelta(minutes=50), SPIKE - STEP).values == pytest.approx(20.0)
