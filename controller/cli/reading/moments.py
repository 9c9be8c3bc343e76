"""Moments of a recorded trace: what was known at each of them."""

from datetime import datetime, timedelta

import numpy as np

from controller.cli.showing.outputs import iso
from controller.errors import InputRefused
from forecasting import Series

LATEST = timedelta(days=1)  # after the end of a trace: later, yesterday would be unknown


def history_before(trace: Series, at: datetime) -> Series:
    """Return what was known at a moment: the steps that had ended, missing ones where the trace had ended before.

    Raises InputRefused where nothing was known yet, and a day or more after the end of the trace.
    """
    known = np.flatnonzero(~np.isnan(trace.values))
    if not known.size:
        raise InputRefused("the trace has no value at all: every field is empty")
    first = trace.start + (int(known[0]) + 1) * trace.step
    if not first <= at <= trace.end + LATEST:
        raise InputRefused(
            f"--at {iso(at)} is outside of what the trace can answer: choose a moment from {iso(first)}, "
            f"when its first sample was known, to {iso(trace.end + LATEST)}, a day after its end"
        )
    count = (at - trace.start) // trace.step
    values = np.full(count, np.nan)
    values[: len(trace)] = trace.values[:count]
    return Series(trace.start, trace.step, values)
