"""Load tests: a CSV of load per replica against latency, which seeds a capacity that is to be learned. Pure.

Anything odd is refused by line and field, never repaired. Opening the file is the caller's business.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from controller.api.capacity_memory import Capacity, CapacityMemory
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from controller.scaling.learning.capacity_fit import ALIKE_MINUTES, fit_capacity
from controller.scaling.learning.learned_capacity import learns
from controller.scaling.learning.load_pairs import Pair, figure

HEADER = ["load_per_replica", "p95_ms"]
REPLICAS = "replicas"  # a third column, of tests with more than one
FEWEST_ROWS = 3  # one without waiting, one on the way, one at the limit
MAX_ROWS = 10_000  # a wrong file must not fill the memory


def read_load_test(lines: Iterable[str], name: str) -> tuple[Pair, ...]:
    """Return the rows of a `load_per_replica,p95_ms[,replicas]` CSV; one replica where they are not named.

    Raises InputRefused with the `name` of the file, the line and the field.
    """
    rows = _rows(lines, name)
    _, header = next(rows, ("", []))
    if header not in (HEADER, [*HEADER, REPLICAS]):
        raise InputRefused(f"{name}, line 1: the header must be {','.join(HEADER)}, and may go on with ,{REPLICAS}")
    pairs: list[Pair] = []
    for where, row in rows:
        if len(row) != len(header):
            raise InputRefused(f"{where}: {len(header)} fields are needed, there are {len(row)}")
        values = [_positive(text, f"{where}, {field}") for text, field in zip(row, header, strict=True)]
        pairs.append(Pair(values[0], values[2] if len(values) > len(HEADER) else 1.0, values[1], ALIKE_MINUTES))
        if len(pairs) > MAX_ROWS:
            raise InputRefused(f"{where}: a load test may have at most {MAX_ROWS} rows")
    if len(pairs) < FEWEST_ROWS:
        raise InputRefused(f"{name} has {len(pairs)} rows; at least {FEWEST_ROWS} are needed to find a limit")
    return tuple(pairs)


def _rows(lines: Iterable[str], name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each row with where it stands. Raises InputRefused where there is none to be read: no CSV, a huge field."""
    reader = csv.reader(lines)
    try:
        for row in reader:
            yield f"{name}, line {reader.line_num}", row
    except csv.Error as problem:
        raise InputRefused(f"{name}, line {reader.line_num}: {problem}") from problem


def seed_capacities(policy: ScalingPolicy, pairs: Sequence[Pair], name: str) -> Memory:
    """Return a memory that knows from a load test what a replica can take; raise InputRefused where it cannot tell."""
    signals = [signal for signal in policy.spec.load_signals if learns(signal)]
    if len(signals) != 1:
        raise InputRefused(
            f"{name} seeds the capacity of one load signal without perReplica; policy {policy.key} has {len(signals)}"
        )
    capacity = _tested(pairs, policy.spec.objective.p95_milliseconds or 0, name)
    return Memory(capacities=(CapacityMemory(name=signals[0].name, used=capacity, known=capacity),))


def _tested(pairs: Sequence[Pair], objective: int, name: str) -> Capacity:
    fit = fit_capacity(np.array([[each.minutes, *each[:3]] for each in pairs]), objective)
    if fit.service_time >= objective:
        raise InputRefused(
            f"{name}: even at light load the p95 is {fit.service_time:.0f} ms, which the objective of {objective} ms "
            "does not allow"
        )
    if not fit.identified:
        top = max(pairs)
        raise InputRefused(
            f"{name} does not show what a replica can take: at its highest load of {top.per_replica:g} the p95 is "
            f"{top.milliseconds:g} ms; raise the load until the p95 is well above the objective of {objective} ms"
        )
    return Capacity(
        per_replica=figure(fit.per_replica),
        service_time_milliseconds=max(1, round(fit.service_time)),
        source="LoadTest",
        lowest=figure(fit.lowest or 0),
        highest=figure(fit.highest or 0),
        message=f"from a load test of {len(pairs)} rows, until latency shows it",
    )


def _positive(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputRefused(f"{where}: {text!r} is not a number above 0")
    return value
