"""A tiny real exporter on loopback whose series a test sets while Prometheus scrapes it."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from testbed.clock import monotonic
from testbed.endpoints import LOOPBACK
from testbed.stoppable import Stoppable

Clock = Callable[[], float]
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds."""


class Malformation(Enum):
    """How a histogram can be wrong."""

    BAD_BOUND = "one bucket's bound is not a number: Prometheus warns about every quantile of it"
    NOT_MONOTONE = "a higher bucket counts less than a lower one: Prometheus repairs it and says so as an info"
    NO_INFINITY = "the bucket without a bound is missing: quantiles are NaN"


@dataclass(frozen=True)
class Rise:
    """Counts that rise at steady rates since a time; one value, so that a scrape never sees half a change."""

    since: float
    counts: tuple[float, ...]
    rates: tuple[float, ...]

    def at(self, now: float) -> tuple[float, ...]:
        """Return the counts at a time on the same clock."""
        return tuple(count + rate * (now - self.since) for count, rate in zip(self.counts, self.rates, strict=True))

    def turn(self, now: float, rates: Iterable[float]) -> "Rise":
        """Return the same counts, rising at other rates from now on."""
        return Rise(now, self.at(now), tuple(rates))


class Series(Protocol):
    """Something that adds its samples to a scrape."""

    kind: str
    family: str

    def samples(self) -> Iterable[Sample]:
        """Return (name, labels, value) as of now."""
        ...


AnySeries = TypeVar("AnySeries", bound=Series)


class Gauge:
    """A value that a test sets."""

    kind = "gauge"

    def __init__(self, name: str, labels: Labels, value: float) -> None:
        self.family = name
        self.labels = labels
        self.value = value

    def samples(self) -> Iterable[Sample]:
        """Return its value."""
        return [(self.family, self.labels, self.value)]


class Counter:
    """A counter that rises with the clock at a rate that a test sets."""

    kind = "counter"

    def __init__(self, name: str, labels: Labels, rate: float, *, start: float, clock: Clock) -> None:
        self.family = name.removesuffix("_total")
        self.labels = labels
        self._clock = clock
        self._rise = Rise(clock(), (start,), (rate,))

    @property
    def rate(self) -> float:
        """Rise per second; setting it changes the rise from now on."""
        return self._rise.rates[0]

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rise = self._rise.turn(self._clock(), (rate,))

    def samples(self) -> Iterable[Sample]:
        """Return its count."""
        return [(f"{self.family}_total", self.labels, self._rise.at(self._clock())[0])]


class LatencyHistogram:
    """A classic histogram in seconds: requests at a rate, with exponential latency of a given 95th percentile.

    A percentile that is a bucket's bound is what histogram_quantile(0.95) answers exactly.
    """

    kind = "histogram"

    def __init__(self, name: str, labels: Labels, buckets: Sequence[float], clock: Clock) -> None:
        self.family = name
        self.labels = labels
        self.malformation: Malformation | None = None
        self._bounds = (*buckets, math.inf)
        self._clock = clock
        nothing = (0.0,) * (len(self._bounds) + 1)  # the last is the sum
        self._rise = Rise(clock(), nothing, nothing)

    def serve(self, *, rate: float, p95: float) -> None:
        """From now on count `rate` requests per second with this 95th percentile, in seconds."""
        mean = p95 / math.log(20)  # of 20 exponential latencies one exceeds mean * ln(20)
        buckets = [rate * -math.expm1(-bound / mean) for bound in self._bounds]
        self._rise = self._rise.turn(self._clock(), (*buckets, rate * mean))

    def samples(self) -> Iterator[Sample]:
        """Return its buckets, count and sum, malformed when asked to be."""
        *counts, total_seconds = self._rise.at(self._clock())
        total = counts[-1]
        bounds = ["+Inf" if math.isinf(bound) else repr(bound) for bound in self._bounds]
        if self.malformation is Malformation.BAD_BOUND:
            bounds[0] = "quick"
        elif self.malformation is Malformation.NOT_MONOTONE:
            counts[0] = 2 * total
        elif self.malformation is Malformation.NO_INFINITY:
            bounds, counts = bounds[:-1], counts[:-1]
        for bound, count in zip(bounds, counts, strict=True):
            yield f"{self.family}_bucket", {**self.labels, "le": bound}, count
        yield f"{self.family}_count", self.labels, total
        yield f"{self.family}_sum", self.labels, total_seconds


class Exporter(Stoppable, Collector):
    """A running exporter. Use it as a context manager, or call `stop`."""

    def __init__(self, clock: Clock = monotonic) -> None:
        """Serve on a free loopback port; counters rise by this clock, in seconds."""
        self._clock = clock
        self._series: tuple[Series, ...] = ()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        self._server, self._thread = start_http_server(0, LOOPBACK, registry)
        self.address = f"{LOOPBACK}:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving: scrapes fail."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def gauge(self, name: str, labels: Labels, *, value: float) -> Gauge:
        """Export a gauge; set its `value` at any time."""
        return self._add(Gauge(name, labels, value))

    def counter(self, name: str, labels: Labels, *, rate: float, start: float = 0.0) -> Counter:
        """Export a counter called `..._total`; set its `rate` (per second) at any time."""
        return self._add(Counter(name, labels, rate, start=start, clock=self._clock))

    def histogram(
        self, name: str, labels: Labels, *, rate: float, p95: float, buckets: Sequence[float] = DEFAULT_BUCKETS
    ) -> LatencyHistogram:
        """Export a latency histogram; change it by its `serve` and `malformation` at any time."""
        histogram = self._add(LatencyHistogram(name, labels, buckets, self._clock))
        histogram.serve(rate=rate, p95=p95)
        return histogram

    def remove(self, series: Series) -> None:
        """Export a series no longer: Prometheus marks it stale at the next scrape."""
        self._series = tuple(one for one in self._series if one is not series)

    def collect(self) -> Iterator[Metric]:
        """Return what a scrape sees: one family for all series of a name."""
        families: dict[str, Metric] = {}
        for series in self._series:
            family = families.setdefault(series.family, Metric(series.family, "Set by a test.", series.kind))
            for name, labels, value in series.samples():
                family.add_sample(name, dict(labels), value)
        yield from families.values()

    def _add(self, series: AnySeries) -> AnySeries:
        self._series = (*self._series, series)
        return series
