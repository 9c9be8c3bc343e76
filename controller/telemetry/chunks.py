"""How a long range over many workloads is cut into queries that every store answers. Pure arithmetic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from controller.telemetry.answers import Grid
from controller.telemetry.compiler import Workload
from controller.telemetry.history import FIVE_MINUTES, Ring

MAX_POINTS = 10_000  # a series; Prometheus refuses more than 11,000
MAX_SPAN = timedelta(days=30)  # some stores cap a range at 31 days
# A query. An answer has 40 bytes a sample at most, so this is 4 MiB of the 16 we take; and with 200 pods a workload
# it is 20 of the 50 million samples that Prometheus holds in memory for one query.
MAX_SAMPLES = 100_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one range query asks: these workloads, from a step on, at the ends of the steps."""

    workloads: Sequence[Workload]
    first_step: int
    grid: Grid


def cut(workloads: Sequence[Workload], first_step: int, end_step: int, *, ring: Ring = FIVE_MINUTES) -> Iterator[Chunk]:
    """Yield the chunks that together cover these workloads over the steps [first_step, end_step), oldest first."""
    longest = min(MAX_POINTS, MAX_SPAN // ring.step)
    for begin in range(first_step, end_step, longest):
        steps = min(longest, end_step - begin)
        grid = Grid(ring.begin(begin + 1), ring.step, steps)
        together = max(1, MAX_SAMPLES // steps)
        for position in range(0, len(workloads), together):
            yield Chunk(workloads[position : position + together], begin, grid)
