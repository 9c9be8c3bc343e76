"""Capacity: how many replicas a load needs. The one place where load becomes replicas; every voice asks here.

With a latency objective and a known service time a replica is a set of servers in an M/M/c queue, and the answer comes
from a table: few replicas need far more slack than many (square-root staffing). Without, it is a utilisation.

Symbols: c servers, each of rate mu; load lambda; offered load a = lambda / mu; Erlang C(c, a) is the chance to wait.
Source: Erlang C and the exponential wait beyond it, e.g. Gross et al., Fundamentals of Queueing Theory, ch. 2.
"""

import math
from bisect import bisect_left
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc, gammaln

from controller.api.fields import MAX_REPLICAS
from controller.api.objective import Objective
from controller.api.signals import Load

PERCENTILE_MISSED = 0.05  # the objective is a p95
SMALLEST_TABLE = 64  # replicas; covers most workloads with one table
BISECTIONS = 50  # halves [0, full load] to below float precision of any real load
ROUNDING = 1e-9  # keeps 0.7 * 10 pods from becoming 11


def replicas_for(load: float, capacity: Load, objective: Objective) -> int:
    """Return the fewest Ready replicas that serve `load` (in the signal's unit) within the objective; 0 for no load.

    Never more than MAX_REPLICAS, whatever was measured: a counter gone mad must not cost a table of its size.

    >>> replicas_for(600, Load(per_replica=10, service_time_milliseconds=100), Objective(p95_milliseconds=250))
    62
    >>> replicas_for(120, Load(per_replica=50), Objective(utilization_percent=80))
    3
    """
    if load <= 0:
        return 0
    if load >= capacity.per_replica * MAX_REPLICAS:
        return MAX_REPLICAS
    if objective.p95_milliseconds is None or capacity.service_time_milliseconds is None:
        replicas = math.ceil(load / (capacity.per_replica * objective.utilization_percent / 100) - ROUNDING)
        return min(replicas, MAX_REPLICAS)
    wait_limit = (objective.p95_milliseconds - capacity.service_time_milliseconds) / 1000
    size = _table_size(load / capacity.per_replica)
    table = _highest_loads(capacity.per_replica, capacity.service_time_milliseconds / 1000, wait_limit, size)
    return min(bisect_left(table, load) + 1, MAX_REPLICAS)


def load_for(replicas: int, capacity: Load, objective: Objective) -> float:
    """Return the highest load that so many Ready replicas, at least one, serve within the objective.

    >>> round(load_for(62, Load(per_replica=10, service_time_milliseconds=100), Objective(p95_milliseconds=250)))
    602
    """
    if objective.p95_milliseconds is None or capacity.service_time_milliseconds is None:
        return replicas * capacity.per_replica * objective.utilization_percent / 100
    wait_limit = (objective.p95_milliseconds - capacity.service_time_milliseconds) / 1000
    service_time = capacity.service_time_milliseconds / 1000
    return _highest_loads(capacity.per_replica, service_time, wait_limit, _table_size(replicas))[replicas - 1]


def p95_wait(offered: ArrayLike, servers: ArrayLike, service_time: float) -> NDArray[np.float64]:
    """Return the 95 % quantile of the wait in an M/M/c queue, in the unit of `service_time`; inf at full load.

    `offered` is lambda * service_time (Erlangs) and `servers` c > 0; the arrays broadcast. P(W > t) =
    C(c, a) exp(-(c - a) t / service_time), so the quantile is ln(C / 0.05) * service_time / (c - a), at least 0.
    """
    a, c = np.broadcast_arrays(np.asarray(offered, dtype=float), np.asarray(servers, dtype=float))
    wait = np.full(a.shape, np.inf)
    stable = a < c
    wait[stable] = np.maximum(
        0.0, np.log(_erlang_c(c[stable], a[stable]) / PERCENTILE_MISSED) * service_time / (c[stable] - a[stable])
    )
    return wait


def _erlang_c(c: NDArray[np.float64], a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance to wait. Erlang B is Poisson pmf(c) / cdf(c), which is stable for thousands of servers."""
    a = np.maximum(a, np.finfo(float).tiny)
    blocking = np.exp(c * np.log(a) - a - gammaln(c + 1)) / gammaincc(c + 1, a)
    chance: NDArray[np.float64] = blocking / (1 - a / c * (1 - blocking))
    return np.maximum(chance, np.finfo(float).tiny)


def _table_size(full_replicas: float) -> int:
    """Return a power of two of replicas that surely holds the answer, so that few distinct tables are kept."""
    needed = 2 * full_replicas + SMALLEST_TABLE / 2
    return max(SMALLEST_TABLE, 1 << math.ceil(math.log2(needed)))


@lru_cache(maxsize=1024)
def _highest_loads(per_replica: float, service_time: float, wait_limit: float, size: int) -> tuple[float, ...]:
    """Return the highest load that 1..size replicas serve with the p95 of the wait within `wait_limit` seconds.

    A replica is `per_replica * service_time` servers, rounded to at least one, and always `per_replica` in all.
    """
    servers_per_replica = max(1, round(per_replica * service_time))
    server_seconds = servers_per_replica / per_replica
    servers = np.arange(1, size + 1) * float(servers_per_replica)
    low, high = np.zeros(size), servers.copy()
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        kept = p95_wait(middle, servers, server_seconds) <= wait_limit
        low, high = np.where(kept, middle, low), np.where(kept, high, middle)
    return tuple((low / server_seconds).tolist())
