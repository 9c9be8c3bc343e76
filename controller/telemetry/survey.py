"""The history of many workloads at once, for a look around that keeps nothing; blocks. Who is kept is backfill.py's.

A workload whose history cannot be had gets a sentence instead, and the others go on.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from controller.api.signals import MetricSelector
from controller.telemetry.asking import UNSETTLED, Client, ask_ranges
from controller.telemetry.backfill import SETTLING_TIME, SPLIT_BUDGET
from controller.telemetry.chunks import Chunk, cut
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import SourceUnreachable
from controller.telemetry.history import KEPT_STEPS, STEP, step_begin, step_number
from forecasting.series import Series

Surveyed = Mapping[Workload, Series | str]


def survey(
    client: Client, selector: MetricSelector, workloads: Sequence[Workload], *, span: timedelta, now: datetime
) -> Iterator[Surveyed]:
    """Yield the last `span` (at most 28 days) of 5-minute means of each workload, or why there are none, in chunks.

    Once the source answers nobody it is not asked again.
    """
    end = step_number(now - SETTLING_TIME)
    unreachable = ""
    for chunk in cut(workloads, end - min(span // STEP, KEPT_STEPS), end):
        if not unreachable:
            try:
                yield _histories(client, selector, chunk, now)
                continue
            except SourceUnreachable as failure:
                unreachable = str(failure)
        yield dict.fromkeys(chunk.workloads, unreachable)


def _histories(client: Client, selector: MetricSelector, chunk: Chunk, now: datetime) -> Surveyed:
    parts = [[workload] for workload in chunk.workloads]
    answers = ask_ranges(client, selector, parts, grid=chunk.grid, now=now, budget=SPLIT_BUDGET)
    failed = {**answers.guilty, **dict.fromkeys(answers.unsettled, UNSETTLED)}
    nothing = np.full(chunk.grid.count, np.nan)
    start = step_begin(chunk.first_step)
    return {
        workload: failed.get(workload) or Series(start, STEP, answers.values.get(workload, nothing))
        for workload in chunk.workloads
    }
