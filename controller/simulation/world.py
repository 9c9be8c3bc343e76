"""The world of a replay: one workload with pods that become Ready late, one queue, and metrics that arrive late.

Who decides on replicas is not known here; what a decision may see is a View. Definitions are fixed so that results of
different programs can be compared.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from controller.api.scaling_policy import Objective
from controller.api.signals import Load
from controller.simulation.demand import TICK, WARM_UP_TICKS, Demand
from forecasting.series import Values

TICK_SECONDS = TICK.total_seconds()
METRIC_WINDOW_TICKS = 4  # means over 60 s
METRIC_DELAY_TICKS = 2  # that are 30 s old
METRIC_AGE_SECONDS = (METRIC_WINDOW_TICKS + METRIC_DELAY_TICKS) * TICK_SECONDS
START_UP_SIGMA = 0.25  # of the logarithm of start-up times
START_UTILIZATION = 0.8  # every policy starts with the pods that this needs
DRAWS_AT_ONCE = 1024
DEFAULT_POD = Load(per_replica=10, service_time_milliseconds=100)
DEFAULT_OBJECTIVE = Objective(p95_milliseconds=250)


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
    ready: int
    measured: int
    """Pods whose own utilisation counts: Ready for a whole metric window that has arrived."""
    offered_rps: float
    utilization: float
    """Mean share of a Ready pod's capacity that was used; at most 1."""


class Pod(NamedTuple):
    """A pod, with its times in seconds since the replay's start."""

    number: int
    created: float
    ready: float


class PretendWorkload:
    """One workload that serves the demand tick by tick.

    Pods wanted are created at once and Ready after a start-up time; the k-th created pod takes the k-th draw, whoever
    decides. Pods are removed at once, newest first. Columns hold what was recorded, one value a tick.
    """

    def __init__(self, demand: Demand, world: World) -> None:
        self.demand, self.world = demand, world
        self.tick = demand.evaluated_from - WARM_UP_TICKS
        self.end = len(demand.rps)
        self.measured_rps = delivered_means(demand.rps)
        self.created, self.ready, self.backlog, self.served = (np.zeros(self.end) for _ in range(4))
        self._utilization = [0.0] * self.end
        self._offered = self.measured_rps.tolist()
        self._arrivals = (demand.rps * TICK_SECONDS).tolist()
        self._pod_serves = world.pod.per_replica * TICK_SECONDS
        self._waiting = 0.0
        self._start_ups = StartUps(world.start_up, world.seed)
        self._pods = [Pod(-number, 0.0, -math.inf) for number in range(self._starting_pods(), 0, -1)]
        self._settled = 0
        for _ in range(WARM_UP_TICKS):
            self.serve()

    def _starting_pods(self) -> int:
        first = float(self.demand.rps[self.demand.evaluated_from])
        needed = math.ceil(first / (self.world.pod.per_replica * START_UTILIZATION))
        return min(max(needed, self.world.min_replicas), self.world.max_replicas)

    @property
    def seconds(self) -> float:
        """Time since the demand's start at the begin of this tick."""
        return self.tick * TICK_SECONDS

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods there are, oldest first."""
        return tuple(self._pods)

    @property
    def young_pods(self) -> tuple[Pod, ...]:
        """The pods created during the replay that have not been Ready for long, oldest first."""
        return tuple(pod for pod in self._pods[self._settled :] if pod.number >= 0)

    def view(self) -> View:
        """Return what a policy may see at the begin of this tick."""
        window = self._utilization[
            self.tick - METRIC_WINDOW_TICKS - METRIC_DELAY_TICKS : self.tick - METRIC_DELAY_TICKS
        ]
        return View(
            seconds=self.seconds,
            created=len(self._pods),
            ready=self.ready_for(0.0),
            measured=self.ready_for(METRIC_AGE_SECONDS),
            offered_rps=self._offered[self.tick],
            utilization=sum(window) / METRIC_WINDOW_TICKS,
        )

    def ready_for(self, seconds: float) -> int:
        """Return how many pods have been Ready for at least `seconds`, up to the age at which pods settle."""
        latest = self.seconds - seconds
        return self._settled + sum(pod.ready <= latest for pod in self._pods[self._settled :])

    def resize(self, replicas: int) -> None:
        """Create or remove pods until there are `replicas`."""
        for _ in range(replicas - len(self._pods)):
            number = self._start_ups.taken
            self._pods.append(Pod(number, self.seconds, self.seconds + self._start_ups.take()))
        del self._pods[replicas:]
        self._settled = min(self._settled, replicas)

    def serve(self) -> None:
        """Serve this tick's arrivals with the pods that are Ready, record what happened, and go on to the next."""
        tick, ready = self.tick, self.ready_for(0.0)
        capacity = ready * self._pod_serves
        waiting = self._waiting + self._arrivals[tick]
        served = min(waiting, capacity)
        self._waiting = waiting - served
        self._utilization[tick] = served / capacity if capacity else 1.0
        self.created[tick], self.ready[tick] = len(self._pods), ready
        self.backlog[tick], self.served[tick] = self._waiting, served / TICK_SECONDS
        self.tick += 1
        self._settle()

    def _settle(self) -> None:
        """Move the mark below which every pod has been Ready for longer than anybody asks."""
        latest = self.seconds - METRIC_AGE_SECONDS
        while self._settled < len(self._pods) and self._pods[self._settled].ready <= latest:
            self._settled += 1


class StartUps:
    """Start-up times in the order pods are created: lognormal around the median, the same for a seed."""

    def __init__(self, median: timedelta, seed: int) -> None:
        self.taken = 0
        self._logarithm = math.log(median.total_seconds())
        self._random = np.random.default_rng([seed, 1])
        self._drawn: list[float] = []

    def take(self) -> float:
        """Return the next start-up time in seconds."""
        if self.taken == len(self._drawn):
            self._drawn += self._random.lognormal(self._logarithm, START_UP_SIGMA, DRAWS_AT_ONCE).tolist()
        self.taken += 1
        return self._drawn[self.taken - 1]


def delivered_means(values: Values) -> Values:
    """Return for each tick the mean over 60 s that has arrived by then, 30 s old; the first one where none has."""
    means = np.convolve(values, np.full(METRIC_WINDOW_TICKS, 1 / METRIC_WINDOW_TICKS), mode="valid")
    age = METRIC_WINDOW_TICKS + METRIC_DELAY_TICKS
    delivered = np.concatenate((np.full(age, means[0]), means))
    return delivered[: len(values)]
