"""The reader against a real Prometheus that scrapes a real exporter: what must hold when either has trouble."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.observation import Reading
from controller.telemetry.reader import PrometheusTelemetry
from testbed.clock import now
from testbed.exporter import Exporter, LatencyHistogram, Malformation
from testbed.history import SampledSeries, counter, sample_times
from testbed.prometheus import Prometheus, ScrapeTarget
from tests.builders import LATENCY, QUEUE, REQUESTS, a_policy
from tests.telemetry.selectors import a_source

pytestmark = pytest.mark.prometheus

SHOP, BANK = ObjectKey("shop", "web"), ObjectKey("bank", "web")
POLICIES = [
    a_policy(REQUESTS, LATENCY, {**QUEUE, "workload": "orders"}, namespace=key.namespace) for key in (SHOP, BANK)
]
POD = {"pod": "web-7d9f8c6b54-x2x4z"}
PATIENCE_SECONDS = 60  # with a real server on a busy machine
RATE = 12.0


@dataclass
class World:
    """A Prometheus, what it scrapes, and a reader of both."""

    prometheus: Prometheus
    exporter: Exporter
    latencies: dict[str, LatencyHistogram]
    queries: Counter[str] = field(default_factory=Counter)
    telemetry: PrometheusTelemetry = field(init=False)

    def __post_init__(self) -> None:
        source = a_source(self.prometheus.url, scrapeIntervalSeconds=1, timeoutSeconds=5)
        self.telemetry = PrometheusTelemetry(
            {"default": source}.get, on_query=lambda _, outcome: self.queries.update([outcome])
        )

    async def read(self, policies: Sequence[ScalingPolicy] = POLICIES) -> dict[tuple[str, str], Reading]:
        """Return all readings now, by namespace and signal."""
        readings = await self.telemetry.read(policies, now())
        return {(key.namespace, name): one for key, by_name in readings.items() for name, one in by_name.items()}

    async def read_until(
        self, wanted: Callable[[dict[tuple[str, str], Reading]], bool]
    ) -> dict[tuple[str, str], Reading]:
        """Read as sweeps do, only faster, until the readings are as wanted."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not wanted(readings := await self.read()):  # noqa: ASYNC110  a real server tells us of nothing
                await asyncio.sleep(0.3)
        return readings


def minutes_of_requests(end: datetime) -> Iterator[SampledSeries]:
    """Yield the requests of three minutes up to now, as if they had been scraped."""
    times = sample_times(end, timedelta(minutes=3), timedelta(seconds=1))
    for key in (SHOP, BANK):
        labels = {"namespace": key.namespace, "code": "200", "job": "demo", "instance": "exporter", **POD}
        yield counter("http_requests_total", labels, times, np.full(len(times), RATE))


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Exporter() as exporter:
        latencies, history = {}, list(minutes_of_requests(now()))
        for key, past in zip((SHOP, BANK), history, strict=True):
            labels = {"namespace": key.namespace, **POD}
            exporter.counter("http_requests_total", {"code": "200", **labels}, rate=RATE, start=past.values[-1])
            exporter.gauge("queue_depth", {"namespace": key.namespace, "queue": "orders"}, value=1500.0)
            latencies[key.namespace] = exporter.histogram("http_request_duration_seconds", labels, rate=50.0, p95=0.3)
        targets = [ScrapeTarget(exporter.address, job="demo", native_histograms=True)]
        with Prometheus(tmp_path_factory.mktemp("prometheus"), targets, history=history) as prometheus:
            world = World(prometheus, exporter, latencies)
            yield world
            world.telemetry.close()


def healthy(readings: dict[tuple[str, str], Reading]) -> bool:
    return not any(reading.problem for reading in readings.values())


async def test_signals_of_all_policies_are_read_with_a_query_each(world: World) -> None:
    await world.read_until(healthy)
    world.queries.clear()
    readings = await world.read()

    assert readings["shop", "requests"].value == pytest.approx(RATE, rel=0.1)
    assert readings["shop", "latency"].value == pytest.approx(0.3, rel=0.05)
    assert readings["bank", "queue"].value == 1500.0
    assert world.queries == {"answered": 3}


async def test_a_native_histogram_is_read_as_a_classic_one_is(world: World) -> None:
    await world.read_until(healthy)

    readings = await world.read([a_policy({"name": "native", "preset": "http-p95-latency-native"})])

    assert readings["shop", "native"].value == pytest.approx(0.3, rel=0.05)
    assert not readings["shop", "native"].problem


async def test_a_malformed_histogram_is_its_own_namespaces_problem(world: World) -> None:
    await world.read_until(healthy)
    world.latencies["bank"].malformation = Malformation.BAD_BOUND
    readings = await world.read_until(lambda readings: bool(readings["bank", "latency"].problem))

    assert 'answered with a warning: PromQL warning: bucket label "le"' in readings["bank", "latency"].problem
    assert [key for key, reading in readings.items() if reading.problem] == [("bank", "latency")]


async def test_a_stopped_prometheus_is_a_problem_and_recovers_by_itself(world: World) -> None:
    before = await world.read_until(healthy)
    world.prometheus.stop()
    during = await world.read()
    world.prometheus.start()
    after = await world.read_until(healthy)

    assert all("cannot be reached" in reading.problem for reading in during.values())
    assert {key: reading.value for key, reading in during.items()} == {key: one.value for key, one in before.items()}
    assert after["shop", "queue"].valid_at > during["shop", "queue"].valid_at


async def test_an_exporter_that_vanishes_is_missing_at_once_and_never_a_smaller_number(world: World) -> None:
    await world.read_until(healthy)
    world.exporter.stop()
    values = []

    def all_gone(readings: dict[tuple[str, str], Reading]) -> bool:
        values.append(readings["shop", "requests"].value)
        return all("no fresh sample" in reading.problem for reading in readings.values())

    await world.read_until(all_gone)

    assert values == pytest.approx([RATE] * len(values), rel=0.2)


async def test_the_minutes_before_the_first_reading_are_there_too(world: World) -> None:
    readings = await world.read_until(lambda readings: readings["shop", "requests"].recent is not None)

    recent = readings["shop", "requests"].recent
    assert recent is not None
    assert recent.values[-1] == pytest.approx(RATE, rel=0.2)
