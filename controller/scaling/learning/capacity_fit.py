"""Fitting a replica's capacity: which throughput makes the queueing model say the latencies that were seen.

A robust profile likelihood over a grid of throughputs. It also says what the pairs rule out: from above only where
some came near the knee, the load from which requests wait. When and on what it is fitted is learned_capacity.py's.
Source of the interval: likelihood ratios, e.g. Pawitan, In All Likelihood, ch. 2; of the model: capacity.py.
"""

from dataclasses import dataclass

import numpy as np

from controller.scaling.capacity import p95_wait
from controller.scaling.learning.load_pairs import Matrix

STEP = 1.03  # between candidates: finer than any latency can tell
LOWEST, HIGHEST = 0.4, 4.0  # candidates, as multiples of the highest load seen: it was overload, or it was nothing
QUIET = 0.1  # the lowest tenth of latencies is that of requests that need not wait
QUIETER = np.arange(0.7, 1.35, 0.1)  # service times tried, as multiples of it: noise makes it low, no quiet hour high
ALIKE_MINUTES = 10.0  # that an entry counts at most: what is off in one of its minutes is off in all
NOISE = 0.1  # of a minute's p95, as a logarithm
SURPRISE = 0.35  # a minute counts no more than one that is 40 % off: the p95 has outliers
CONTRADICTION = 20.0  # of loss: ten minutes that are 20 % off, or four that are at least 40 % off, are evidence
SEEN_LATENCY = 2.0  # objectives: beyond, a queue grows, and its length says nothing about throughput
IDENTIFIED = 1.5  # highest over lowest: the number in their midst is good to some 20 %, mostly far better


@dataclass(frozen=True, slots=True)
class Fit:
    """What pairs say of a replica's throughput: the likeliest, and what they rule out; None where they do not."""

    per_replica: float
    lowest: float | None
    highest: float | None
    service_time: float
    """Latency without waiting, in milliseconds."""
    misfit: float
    """Mean distance of pairs from the model, as a logarithm of the latency."""

    @property
    def identified(self) -> bool:
        """True where the pairs rule out both much less and much more."""
        return self.lowest is not None and self.highest is not None and self.highest <= IDENTIFIED * self.lowest


def fit_capacity(rows: Matrix, objective_milliseconds: float) -> Fit:
    """Return what rows of (minutes, load per replica, replicas, milliseconds), shape (n, 4) with n > 0, say."""
    minutes = np.minimum(rows[:, 0], ALIKE_MINUTES)
    top = float(rows[:, 1].max())
    candidates = np.exp(np.arange(np.log(LOWEST * top), np.log(HIGHEST * top), np.log(STEP)))
    quiet = quiet_latency(rows)
    waits = p95_wait_milliseconds(candidates[:, np.newaxis], rows[:, 1], rows[:, 2], service_time=quiet)
    service_times = QUIETER * quiet
    limit = SEEN_LATENCY * objective_milliseconds
    expected = np.minimum(service_times[:, np.newaxis, np.newaxis] + waits, limit)
    off = np.log(np.minimum(rows[:, 3], limit)) - np.log(expected)  # service times x candidates x rows
    losses = (minutes * np.minimum(off**2, SURPRISE**2)).sum(axis=2) / (2 * NOISE**2)
    loss = losses.min(axis=0)  # of each candidate with the service time that suits it best
    best = int(loss.argmin())  # the lowest of equals: in doubt, keep capacity
    with_best = int(losses[:, best].argmin())
    allowed = np.flatnonzero(loss <= loss[best] + CONTRADICTION)
    first, last = int(allowed[0]), int(allowed[-1])
    return Fit(
        per_replica=float(candidates[best]),
        lowest=float(candidates[first]) if first > 0 else None,
        highest=float(candidates[last]) if last < len(candidates) - 1 else None,
        service_time=float(service_times[with_best]),
        misfit=float((minutes * np.minimum(np.abs(off[with_best, best]), SURPRISE)).sum() / minutes.sum()),
    )


def p95_wait_milliseconds(throughput: Matrix, per_replica: Matrix, replicas: Matrix, *, service_time: float) -> Matrix:
    """Return the p95 of the wait with that throughput a replica (arrays broadcast); inf at full load.

    A replica is as many servers as keep up its throughput at `service_time` milliseconds each, as in capacity.py.
    """
    throughput, per_replica, replicas = np.broadcast_arrays(throughput, per_replica, replicas)
    servers = np.maximum(1.0, np.round(throughput * service_time / 1000))
    server_milliseconds = 1000 * servers / throughput
    offered = per_replica * replicas * server_milliseconds / 1000
    wait: Matrix = p95_wait(offered, servers * replicas, 1.0) * server_milliseconds
    return wait


def quiet_latency(rows: Matrix) -> float:
    """Return the latency, in milliseconds, that a tenth of the minutes stayed within."""
    order = rows[rows[:, 3].argsort()]
    reached = np.cumsum(order[:, 0]) >= QUIET * order[:, 0].sum()
    return float(order[int(reached.argmax()), 3])
