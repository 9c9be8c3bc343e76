"""Minutes as a target would show them whose replicas are an M/M/c queue of known capacity."""

from collections.abc import Sequence

import numpy as np

from controller.api.capacity_memory import LoadPairs
from controller.scaling.learning.capacity_fit import p95_wait_milliseconds
from controller.scaling.learning.load_pairs import Matrix, Pair, add_pair

OBJECTIVE = 250


def seen(
    utilizations: Sequence[float],
    *,
    throughput: float = 10,
    service_time: float = 100,
    replicas: Sequence[float] = (8,),
) -> list[Pair]:
    """Return one minute for each utilisation and each number of replicas, with the p95 that queueing theory says."""
    pairs = []
    for count in replicas:
        load = throughput * np.asarray(utilizations, dtype=float)
        wait = p95_wait_milliseconds(
            np.full(len(load), throughput), load, np.full(len(load), float(count)), service_time=service_time
        )
        latency = service_time + np.minimum(wait, 10_000)
        pairs += [Pair(float(x), float(count), float(p95)) for x, p95 in zip(load, latency, strict=True)]
    return pairs


def as_rows(pairs: Sequence[Pair], *, minutes: float = 10) -> Matrix:
    """Return pairs as rows for a fit, each seen for so many minutes."""
    return np.array([[minutes, *pair[:3]] for pair in pairs])


def kept(pairs: Sequence[Pair]) -> LoadPairs:
    """Return the summary that is kept of pairs."""
    summary = LoadPairs()
    for pair in pairs:
        summary = add_pair(summary, pair)
    return summary
