"""Pairs of load and latency, summed up in few: a bounded sketch that keeps what differs and merges what is alike.

What is read from them lives in capacity_fit.py.
Source: micro-clusters as in Aggarwal et al., A Framework for Clustering Evolving Data Streams (VLDB 2003).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.api.capacity_memory import MAX_PAIRS, LoadPairs

HALF_LIFE_MINUTES = 7 * 24 * 60  # of learned minutes: a busy week counts as much as all before it
FADE: float = 0.5 ** (1 / HALF_LIFE_MINUTES)
FADED = 0.2  # minutes: less of an entry is as good as none
FULL = 30.0  # minutes an entry may count: from then on it follows the newest
# Pairs that differ by less than these logarithms say the same: 4 % of load, 25 % of replicas, 10 % of latency.
ALIKE = np.array([0.04, 0.25, 0.1])
DIGITS = 7  # significant ones of a mean: a status is read and stored, and fewer would stop it from following
KNOWN_DIGITS = 3  # of a number that was learned: more is never known

Matrix = NDArray[np.float64]


class Pair(NamedTuple):
    """One minute with a steady fleet."""

    per_replica: float
    replicas: float
    milliseconds: float
    minutes: float = 1.0


def add_pair(pairs: LoadPairs, pair: Pair) -> LoadPairs:
    """Return the pairs with one more minute; at most MAX_PAIRS entries, the two most alike become one."""
    rows = as_matrix(pairs)
    rows[:, 0] *= FADE
    rows = rows[rows[:, 0] > FADED]
    new = np.array([[pair.minutes, pair.per_replica, pair.replicas, pair.milliseconds]])
    near = _distances(rows, new[0]) if len(rows) else np.array([np.inf])
    if near.min() <= 1:
        rows[near.argmin()] = _merged(rows[near.argmin()], new[0])
    else:
        rows = np.concatenate((rows, new))
    return as_pairs(_bounded(rows))


def as_matrix(pairs: LoadPairs) -> Matrix:
    """Return the entries as rows of minutes, load per replica, replicas and milliseconds, shape (entries, 4)."""
    return np.array([pairs.minutes, pairs.per_replica, pairs.replicas, pairs.milliseconds], dtype=float).T


def as_pairs(rows: Matrix) -> LoadPairs:
    """Return rows as they are kept."""
    minutes, per_replica, replicas, milliseconds = (
        tuple(float(f"{value:.{DIGITS}g}") for value in column) for column in rows.T.tolist()
    )
    return LoadPairs.model_construct(
        minutes=minutes, per_replica=per_replica, replicas=replicas, milliseconds=milliseconds
    )


def figure(value: float) -> float:
    """Return the digits of a learned number that are known at best."""
    return float(f"{value:.{KNOWN_DIGITS}g}")


def _bounded(rows: Matrix) -> Matrix:
    """Return at most MAX_PAIRS rows: the two most alike become one."""
    if len(rows) <= MAX_PAIRS:
        return rows
    apart = np.array([_distances(rows, row) for row in rows])
    np.fill_diagonal(apart, np.inf)
    first, second = (int(index) for index in np.unravel_index(apart.argmin(), apart.shape))
    joined = _merged(rows[first], rows[second])
    return np.concatenate((np.delete(rows, [first, second], axis=0), joined[np.newaxis]))


def _distances(rows: Matrix, row: Matrix) -> Matrix:
    """Return how different each row is from one; up to 1 is alike."""
    steps = np.log(rows[:, 1:] / row[1:]) / ALIKE
    distances: Matrix = np.sqrt((steps**2).sum(axis=1))
    return distances


def _merged(first: Matrix, second: Matrix) -> Matrix:
    """Return the weighted mean of two rows; beyond FULL minutes the older ones count less."""
    minutes = first[0] + second[0]
    values = (first[0] * first[1:] + second[0] * second[1:]) / minutes
    return np.concatenate(([min(minutes, FULL)], values))
