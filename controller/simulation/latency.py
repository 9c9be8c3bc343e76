"""Latency of a tick: what demand, Ready pods and backlog mean for the requests in it. One formula for every policy.

latency = service time + backlog / throughput + wait in an M/M/c queue with c servers, as in scaling/capacity.py.
Where pods have another `speed` than the world's, time passes so much faster in all of it.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc, gammaln

from controller.api.signals import Load
from controller.scaling.capacity import load_for, p95_wait, replicas_for
from controller.simulation.world import World
from forecasting.series import Values

OVERLOADED_WAIT = 10.0  # seconds; a queue at full load never settles, and common histograms end here
OVERLOADED_OBJECTIVES = 2.0  # ... but at least this many objectives: full load is always over the limit


def p95_latency(
    rps: ArrayLike, ready: ArrayLike, backlog: ArrayLike, *, world: World, speed: Values | float = 1.0
) -> Values:
    """Return the 95 % quantile of latency in seconds; the arrays (requests/s, pods, requests, 1) broadcast."""
    throughput = np.asarray(ready) * world.pod.per_replica
    overloaded = max(OVERLOADED_WAIT, OVERLOADED_OBJECTIVES * world.objective_seconds)
    servers, server_seconds = _servers(world)
    load = np.asarray(rps) / speed
    wait = p95_wait(load * server_seconds, np.maximum(ready, 1) * servers, server_seconds)
    wait = np.where(load < throughput, np.minimum(wait, overloaded), overloaded)
    latency: Values = world.service_time + _queueing_delay(backlog, throughput, without_pods=overloaded) + wait
    return latency / speed


def late_share(
    rps: ArrayLike, ready: ArrayLike, backlog: ArrayLike, *, world: World, speed: Values | float = 1.0
) -> Values:
    """Return the share of requests slower than the objective: P(W > t) = C(c, a) exp(-(c - a) t / service time)."""
    throughput = np.asarray(ready) * world.pod.per_replica
    servers, server_seconds = _servers(world)
    load, objective = np.asarray(rps) / speed, world.objective_seconds * np.asarray(speed)
    c = np.maximum(ready, 1) * float(servers)
    a = np.clip(load * server_seconds, np.finfo(float).tiny, c)
    allowed = objective - world.service_time - _queueing_delay(backlog, throughput, without_pods=np.inf)
    waits = np.exp(c * np.log(a) - a - gammaln(c + 1))  # Poisson pmf(c); Erlang C from it and the cdf(c - 1)
    waits = waits / (waits + (1 - a / c) * gammaincc(c, a))
    late = waits * np.exp(-(c - a) * np.maximum(allowed, 0) / server_seconds)
    shares: Values = np.where((allowed < 0) | (load >= throughput), 1.0, late)
    return shares


def needed_replicas(rps: Values, world: World, *, speed: Values | float = 1.0) -> Values:
    """Return the fewest Ready pods of a speed that keep the latency objective at each demand; at least one."""
    speeds, needed = np.broadcast_to(speed, rps.shape), np.ones(rps.shape)
    for each in np.unique(speeds).tolist():
        alike, pod = speeds == each, _at_speed(world.pod, each)
        most = replicas_for(float(rps[alike].max()), pod, world.objective)
        # What fewer pods serve rises with their number: it is worked out for each number, not for each tick.
        served = [load_for(pods, pod, world.objective) for pods in range(1, most)]
        needed[alike] += np.searchsorted(served, rps[alike])
    return needed


@lru_cache(maxsize=1024)
def _at_speed(pod: Load, speed: float) -> Load:
    if speed == 1:
        return pod
    slower = round((pod.service_time_milliseconds or 0) / speed)
    return pod.model_copy(update={"per_replica": pod.per_replica * speed, "service_time_milliseconds": slower})


def _servers(world: World) -> tuple[int, float]:
    """Return the servers of a pod, and the seconds one of them takes for a request."""
    servers = max(1, round(world.pod.per_replica * world.service_time))
    return servers, servers / world.pod.per_replica


def _queueing_delay(backlog: ArrayLike, throughput: Values, *, without_pods: float) -> Values:
    """Return how long a request waits for those before it, in seconds."""
    served = np.where(throughput > 0, throughput, np.nan)
    delay: Values = np.where(throughput > 0, np.asarray(backlog) / served, without_pods)
    return delay
