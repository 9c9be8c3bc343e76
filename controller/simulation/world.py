"""The world of a replay: one workload with pods that become Ready late, one queue, and metrics that arrive late.

Who decides on replicas is not known here; what a decision may see is a View. Definitions are fixed so that results of
different programs can be compared; whatever goes beyond them is a Variant, in variants/.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from controller.api.objective import Objective
from controller.api.signals import Load
from controller.simulation.demand import TICK, WARM_UP_TICKS, Demand
from controller.simulation.pods import Pods, StartUps
from forecasting.series import Flags, Values

TICK_SECONDS = TICK.total_seconds()
METRIC_WINDOW_TICKS = 4  # means over 60 s
METRIC_DELAY_TICKS = 2  # that are 30 s old
METRIC_AGE_SECONDS = (METRIC_WINDOW_TICKS + METRIC_DELAY_TICKS) * TICK_SECONDS
START_UTILIZATION = 0.8  # every policy starts with the pods that this needs
ALL_METRICS = ""  # in place of a preset's name
DEFAULT_POD = Load(per_replica=10, service_time_milliseconds=100)
DEFAULT_OBJECTIVE = Objective(p95_milliseconds=250)
NOTHING_YET = np.empty(0)


class Variant:
    """One way in which a world differs from the default one. Variants compose; each overrides the hooks it needs."""

    __slots__ = ()

    def arrivals(self, demand: Demand) -> Demand:
        """Return what arrives in place of `demand`."""
        return demand

    def act(self, workload: "PretendWorkload") -> None:
        """Change the workload before it serves its tick."""

    def unmeasured(self, demand: Demand, preset: str) -> slice:  # noqa: ARG002  what an overriding variant needs
        """Return the ticks in which a preset is not measured; those without any metric for `ALL_METRICS`."""
        return slice(0, 0)


@dataclass(frozen=True, slots=True)
class World:
    """What every policy meets alike: what a pod serves, how long it takes to start, the objective and the bounds."""

    pod: Load = DEFAULT_POD
    objective: Objective = DEFAULT_OBJECTIVE
    start_up: timedelta = timedelta(seconds=180)
    """Median time from created to Ready."""
    min_replicas: int = 2
    max_replicas: int = 200
    seed: int = 1
    variants: tuple[Variant, ...] = ()
    """What is unlike the default world."""

    @property
    def service_time(self) -> float:
        """Mean time of one request on an idle pod, in seconds."""
        return (self.pod.service_time_milliseconds or 0) / 1000

    @property
    def objective_seconds(self) -> float:
        """The latency that 95 % of requests must stay under, in seconds."""
        return (self.objective.p95_milliseconds or 0) / 1000


class View(NamedTuple):
    """What a policy may see at a tick: metrics as they arrive, pods as they are."""

    seconds: float
    """Time since the replay's start."""
    created: int
    """Pods that were asked for."""
    ready: int
    measured: int
    """Pods whose own utilisation counts: Ready for a whole metric window that has arrived."""
    offered_rps: float
    utilization: float
    """Mean share of a Ready pod's capacity that was used; at most 1."""
    queued: float = 0.0
    """Mean number of requests that waited."""
    past_rps: Values = NOTHING_YET
    """The offered rate of every tick that can have arrived, oldest first, (n,); NaN where none was measured."""


class PretendWorkload:
    """One workload that serves the demand tick by tick.

    Columns hold what was recorded, one value a tick; before the replay all demand was served, and in later ticks
    nothing has happened yet.
    """

    def __init__(self, demand: Demand, world: World) -> None:
        usual = demand.rps
        for variant in world.variants:
            demand = variant.arrivals(demand)
        self.demand, self.world = demand, world
        self.tick = demand.evaluated_from - WARM_UP_TICKS
        self.end = len(demand.rps)
        self.measured_rps = delivered_means(demand.rps)
        self.created, self.ready, self.served, self.backlog = np.zeros((4, self.end))
        self.refused, self.failed, self.starting_cores = np.zeros((3, self.end))
        self.speed = np.ones(self.end)
        past = slice(self.tick)
        self.created[past] = self.ready[past] = self._at_80_percent(usual[past])
        self.served[past] = demand.rps[past]
        self._utilization, self._queued = [0.0] * self.end, [0.0] * self.end
        self._offered = self.measured_rps.tolist()
        self._arrivals = (demand.rps * TICK_SECONDS).tolist()
        self._pod_serves = world.pod.per_replica * TICK_SECONDS
        blind = self.unmeasured(ALL_METRICS)
        self._blind = blind.tolist()
        self._past = np.where(blind, np.nan, demand.rps)[demand.known_from :]
        self._past.flags.writeable = False
        self._waiting = 0.0
        first = int(self._at_80_percent(usual[[demand.evaluated_from]])[0])
        self.pods = Pods(first, StartUps(world.start_up, world.seed), settles_after=METRIC_AGE_SECONDS)
        for _ in range(WARM_UP_TICKS):
            self.serve()

    def _at_80_percent(self, rps: Values) -> Values:
        """Return the pods within the bounds that serve each demand at 80 % utilisation."""
        pods = np.ceil(rps / (self.world.pod.per_replica * START_UTILIZATION))
        bounded: Values = np.clip(pods, self.world.min_replicas, self.world.max_replicas)
        return bounded

    @property
    def seconds(self) -> float:
        """Time since the demand's start at the begin of this tick."""
        return self.tick * TICK_SECONDS

    @property
    def now(self) -> datetime:
        """When this tick begins."""
        return self.demand.at(self.tick)

    @property
    def is_blind(self) -> bool:
        """True while no metric at all arrives."""
        blind: bool = self._blind[self.tick - METRIC_DELAY_TICKS - 1]
        return blind

    @property
    def waiting(self) -> float:
        """Requests that wait when this tick begins."""
        return self._waiting

    def unmeasured(self, preset: str) -> Flags:
        """Return the ticks in which a preset is not measured, shape (ticks,)."""
        missing = np.zeros(self.end, dtype=bool)
        for variant in self.world.variants:
            missing[variant.unmeasured(self.demand, preset)] = True
        return missing

    def view(self) -> View:
        """Return what a policy may see at the begin of this tick."""
        now = self.seconds
        arrived = self.tick - METRIC_DELAY_TICKS
        window = slice(arrived - METRIC_WINDOW_TICKS, arrived)
        return View(
            seconds=now,
            created=self.pods.wanted,
            ready=self.pods.ready(now),
            measured=self.pods.ready(now, since=METRIC_AGE_SECONDS),
            offered_rps=self._offered[self.tick],
            utilization=sum(self._utilization[window]) / METRIC_WINDOW_TICKS,
            queued=sum(self._queued[window]) / METRIC_WINDOW_TICKS,
            past_rps=self._past[: max(0, arrived - self.demand.known_from)],
        )

    def resize(self, replicas: int) -> None:
        """Create or remove pods until there are `replicas`."""
        self.pods.resize(replicas, self.seconds)

    def serve(self) -> None:
        """Serve this tick's arrivals with the pods that are Ready, record what happened, and go on to the next."""
        for variant in self.world.variants:
            variant.act(self)
        tick, now = self.tick, self.seconds
        ready, speed = self.pods.ready(now), self.pods.speed(now)
        capacity = ready * speed * self._pod_serves
        waiting = self._waiting + self._arrivals[tick] * (1 - self.refused.item(tick))
        served = min(waiting, capacity)
        self._waiting = self._queued[tick] = waiting - served
        self._utilization[tick] = served / capacity if capacity else 1.0
        self.created[tick], self.ready[tick], self.speed[tick] = len(self.pods), ready, speed
        self.backlog[tick], self.served[tick] = self._waiting, served / TICK_SECONDS
        self.tick += 1
        self.pods.settle(self.seconds)


def delivered_means(values: Values) -> Values:
    """Return for each tick the mean over 60 s that has arrived by then, 30 s old; the first one where none has."""
    means = metric_means(values)
    age = METRIC_WINDOW_TICKS + METRIC_DELAY_TICKS
    delivered = np.concatenate((np.full(age, means[0]), means))
    return delivered[: len(values)]


def metric_means(values: Values) -> Values:
    """Return the means over 60 s of what was measured tick by tick (n,), oldest first, (n - 3,)."""
    if len(values) < METRIC_WINDOW_TICKS:
        return values[:0]
    means: Values = np.convolve(values, np.full(METRIC_WINDOW_TICKS, 1 / METRIC_WINDOW_TICKS), mode="valid")
    return means
