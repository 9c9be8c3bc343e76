"""Latency of a tick: what demand, Ready pods and backlog mean for the requests in it. One formula for every policy.

latency = service time + backlog / throughput + wait in an M/M/c queue with c servers, as in scaling/capacity.py.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc, gammaln

from controller.scaling.capacity import p95_wait, replicas_for
from controller.simulation.world import World
from forecasting.series import Values

OVERLOADED_WAIT = 10.0  # seconds; a queue at full load never settles, and common histograms end here
OVERLOADED_OBJECTIVES = 2.0  # ... but at least this many objectives: full load is always over the limit


def p95_latency(rps: ArrayLike, ready: ArrayLike, backlog: ArrayLike, *, world: World) -> Values:
    """Return the 95 % quantile of latency in seconds; the arrays (requests/s, pods, requests) broadcast."""
    throughput = np.asarray(ready) * world.pod.per_replica
    overloaded = max(OVERLOADED_WAIT, OVERLOADED_OBJECTIVES * world.objective_seconds)
    servers, server_seconds = _servers(world)
    wait = p95_wait(np.asarray(rps) * server_seconds, np.maximum(ready, 1) * servers, server_seconds)
    wait = np.where(np.asarray(rps) < throughput, np.minimum(wait, overloaded), overloaded)
    return world.service_time + _queueing_delay(backlog, throughput, without_pods=overloaded) + wait


def late_share(rps: ArrayLike, ready: ArrayLike, backlog: ArrayLike, *, world: World) -> Values:
    """Return the share of requests slower than the objective: P(W > t) = C(c, a) exp(-(c - a) t / service time)."""
    throughput = np.asarray(ready) * world.pod.per_replica
    servers, server_seconds = _servers(world)
    c = np.maximum(ready, 1) * float(servers)
    a = np.clip(np.asarray(rps) * server_seconds, np.finfo(float).tiny, c)
    allowed = world.objective_seconds - world.service_time - _queueing_delay(backlog, throughput, without_pods=np.inf)
    waits = np.exp(c * np.log(a) - a - gammaln(c + 1))  # Poisson pmf(c); Erlang C from it and the cdf(c - 1)
    waits = waits / (waits + (1 - a / c) * gammaincc(c, a))
    late = waits * np.exp(-(c - a) * np.maximum(allowed, 0) / server_seconds)
    shares: Values = np.where((allowed < 0) | (np.asarray(rps) >= throughput), 1.0, late)
    return shares


def needed_replicas(rps: Values, world: World) -> Values:
    """Return the fewest Ready pods that keep the objective at each demand; at least one."""
    return np.array([max(1, replicas_for(load, world.pod, world.objective)) for load in rps.tolist()], dtype=float)


def _servers(world: World) -> tuple[int, float]:
    """Return the servers of a pod, and the seconds one of them takes for a request."""
    servers = max(1, round(world.pod.per_replica * world.service_time))
    return servers, servers / world.pod.per_replica


def _queueing_delay(backlog: ArrayLike, throughput: Values, *, without_pods: float) -> Values:
    """Return how long a request waits for those before it, in seconds."""
    served = np.where(throughput > 0, throughput, np.nan)
    delay: Values = np.where(throughput > 0, np.asarray(backlog) / served, without_pods)
    return delay
