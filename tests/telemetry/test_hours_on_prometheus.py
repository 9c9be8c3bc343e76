"""Months of hours from a real Prometheus, fetched by a worker process, and the outlook that comes of them."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.live.fitting import OutlookRequest, outlook_signal
from controller.telemetry.backfill import HistoryRequest, refresh_history
from controller.telemetry.history import HOURS, load_series
from controller.telemetry.questions import ask
from testbed.history import gauge, sample_times
from testbed.prometheus import Prometheus
from tests.builders import a_policy
from tests.telemetry.selectors import a_source

pytestmark = pytest.mark.prometheus

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SPAN = timedelta(days=120)
MONTHLY = 0.1
BUSY = {"name": "busy", "metric": {"metric": "busy", "type": "Gauge"}, "load": {"perReplica": 10}}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Return one with a gauge that peaks at eight every evening, and grows by 10 % a month up to 100."""
    times = sample_times(NOW, SPAN, timedelta(minutes=5))
    ago = (times - NOW.timestamp()) / timedelta(days=30).total_seconds()
    day = 0.6 + 0.4 * np.cos(2 * np.pi * (times / 86400 - 20 / 24))
    history = [gauge("busy", {"namespace": "shop", "pod": "web-0"}, times, 100 * (1 + MONTHLY) ** ago * day)]
    with Prometheus(tmp_path_factory.mktemp("prometheus"), history=history) as server:
        yield server


def test_months_of_hours_become_an_outlook(prometheus: Prometheus, tmp_path: Path) -> None:
    policy = a_policy(BUSY)
    asked = ask(policy, policy.spec.signals[0], {"default": a_source()}.get)
    source = a_source(prometheus.url, scrapeIntervalSeconds=300)
    request = HistoryRequest(tmp_path / "hours", source, [asked], NOW, HOURS)

    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as workers:
        done = workers.submit(refresh_history, request).result()

    assert done.problems == {}
    series = load_series(request.path, asked, HOURS)
    assert series is not None
    assert (series.step, series.end) == (timedelta(hours=1), NOW.replace(minute=0))
    assert series.start == pytest.approx(NOW - SPAN, abs=timedelta(hours=2))
    outlook = outlook_signal(OutlookRequest(request.path, tmp_path / "weeks", asked, policy.spec, ()))
    assert outlook is not None
    assert (outlook.first, outlook.history_days) == (NOW.date(), 120)
    assert outlook.growth.percent == pytest.approx(100 * MONTHLY, rel=0.1)
    assert outlook.quantile(0.5)[0] == pytest.approx(100, rel=0.05)
