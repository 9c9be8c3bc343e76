"""Scenes: which recorded trace is replayed how. All of them are for judging: nothing is chosen on what happens here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from benchmarks.traces import recorded
from controller.simulation.demand import DAY, TICK, WARM_UP_TICKS, Demand, DemandSettings, make_demand
from controller.simulation.world import World
from forecasting import Series

SEASONAL = (
    "nyc_taxi",
    "bike_rentals",
    "ecommerce",
    "vic_electricity",
    "mongo02",
    "mongo_machine",
    "ingress03",
    "ingress04",
)
SPIKY = ("nyc_taxi", "vic_electricity", "bike_rentals")
NOT_SEASONAL = (
    "google_cpu",
    "wc98",
    "purchase",
    "mongo03",
    "tweets_aapl",
    "tweets_crm",
    "tweets_cvs",
    "tweets_goog",
    "tweets_ibm",
)
SHORT = ("mongo02", "mongo03", "mongo_machine", "ingress03", "ingress04")  # of less than 28 days
START_UPS = (30, 180, 600)  # seconds
# The football is over soon after: a window of nothing judges nobody.
ENDS = {"wc98": datetime(1998, 7, 1, tzinfo=UTC)}


@dataclass(frozen=True, slots=True)
class Scene:
    """A trace, the median start-up of a pod, and whether spikes are added; on day zero nothing is known before it."""

    trace: str
    start_up: int
    spikes: bool = False
    day_zero: bool = False

    @property
    def name(self) -> str:
        """How it is called in tables."""
        added = ", spikes" * self.spikes + ", day 0" * self.day_zero
        return f"{self.trace}, {self.start_up} s{added}"

    @property
    def days(self) -> int:
        """How many days are evaluated."""
        return 1 if self.day_zero else 4 if self.trace in SHORT else 14

    @property
    def world(self) -> World:
        """The world of it."""
        return World(start_up=timedelta(seconds=self.start_up))


def scenes(traces: Sequence[str], start_up: int, *, spikes: bool = False, day_zero: bool = False) -> list[Scene]:
    """Return a scene for each trace."""
    return [Scene(trace, start_up, spikes=spikes, day_zero=day_zero) for trace in traces]


@lru_cache(maxsize=2)
def demand_in(trace: str, *, spikes: bool, day_zero: bool) -> Demand:
    """Return the demand of scenes with this trace: the last 14 days or 4, or the first of them alone on day zero."""
    demand = make_demand(_series(trace), DemandSettings(spikes=spikes))
    return _without_a_past(demand) if day_zero else demand


def _series(trace: str) -> Series:
    whole = recorded(trace)
    return whole.between(whole.start, ENDS.get(trace, whole.end))


def _without_a_past(demand: Demand) -> Demand:
    """Return the first day of the evaluated window, before which nothing is known."""
    begin = demand.evaluated_from - WARM_UP_TICKS
    day = demand.rps[begin : demand.evaluated_from + DAY // TICK]
    return replace(demand, start=demand.at(begin), rps=day, known_from=WARM_UP_TICKS, evaluated_from=WARM_UP_TICKS)
