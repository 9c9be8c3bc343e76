"""Garbage: when Python looks for cycles among all that lives.

With 10,000 policies that takes a second without a turn for anybody else, so it is done once an hour, not in the midst
of sweeps. What a sweep makes has no cycles and goes as soon as nobody holds it.
"""

import gc
from datetime import timedelta

FULL_PASS_RHYTHM = timedelta(hours=1)  # what has cycles, such as errors and connections, is little

_NEVER = 2**31 - 1  # the largest threshold there is


def put_off_full_passes() -> None:
    """Leave full passes to a `gc.collect()` of the caller's; the young are looked at as ever."""
    youngest, young, _ = gc.get_threshold()
    gc.set_threshold(youngest, young, _NEVER)
