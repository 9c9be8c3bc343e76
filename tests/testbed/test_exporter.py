"""The exporter: what a scrape sees, at times that the test sets."""

from collections.abc import Iterator

import pytest

from testbed.endpoints import session
from testbed.exporter import Exporter, Malformation

WEB = {"namespace": "shop", "workload": "web"}
BUCKETS = (0.1, 0.3)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exporter(clock: Clock) -> Iterator[Exporter]:
    with Exporter(clock) as running:
        yield running


def scrape(exporter: Exporter) -> dict[str, float]:
    """Return the value of each exported sample by its name and labels."""
    text = session().get(f"http://{exporter.address}/metrics", timeout=10).text
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {head: float(value) for head, _, value in samples}


def test_a_counter_rises_with_the_clock_at_the_rate_of_each_moment(exporter: Exporter, clock: Clock) -> None:
    requests = exporter.counter("http_requests_total", WEB, rate=10, start=7)
    clock.seconds += 2
    requests.rate = 50
    clock.seconds += 3

    assert scrape(exporter) == {'http_requests_total{namespace="shop",workload="web"}': 7 + 20 + 150}


def test_a_gauge_shows_what_was_set_last(exporter: Exporter) -> None:
    depth = exporter.gauge("queue_depth", WEB, value=3)
    depth.value = 1500

    assert scrape(exporter) == {'queue_depth{namespace="shop",workload="web"}': 1500}


def test_series_of_one_name_share_a_family_and_one_may_go(exporter: Exporter) -> None:
    exporter.gauge("queue_depth", {"workload": "a"}, value=1)
    gone = exporter.gauge("queue_depth", {"workload": "b"}, value=2)
    exporter.remove(gone)

    assert scrape(exporter) == {'queue_depth{workload="a"}': 1}


def test_a_histogram_has_its_95th_percentile_where_it_was_set(exporter: Exporter, clock: Clock) -> None:
    exporter.histogram("latency_seconds", {}, rate=100, p95=0.3, buckets=BUCKETS)
    clock.seconds += 10

    samples = scrape(exporter)

    assert samples["latency_seconds_count"] == samples['latency_seconds_bucket{le="+Inf"}'] == pytest.approx(1000)
    assert samples['latency_seconds_bucket{le="0.3"}'] == pytest.approx(950)


@pytest.mark.parametrize(
    ("malformation", "bounds", "monotone"),
    [
        (None, {"0.1", "0.3", "+Inf"}, True),
        (Malformation.BAD_BOUND, {"quick", "0.3", "+Inf"}, True),
        (Malformation.NOT_MONOTONE, {"0.1", "0.3", "+Inf"}, False),
        (Malformation.NO_INFINITY, {"0.1", "0.3"}, True),
    ],
)
def test_a_histogram_is_as_malformed_as_it_is_told(
    exporter: Exporter, clock: Clock, *, malformation: Malformation | None, bounds: set[str], monotone: bool
) -> None:
    exporter.histogram("latency_seconds", {}, rate=100, p95=0.3, buckets=BUCKETS).malformation = malformation
    clock.seconds += 10

    buckets = {head.split('"')[1]: value for head, value in scrape(exporter).items() if "_bucket" in head}

    assert set(buckets) == bounds
    assert (list(buckets.values()) == sorted(buckets.values())) is monotone
