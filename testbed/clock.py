"""The one place of the testbed that reads the clock: real servers run by it, so the testbed must too."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

POLL_INTERVAL = timedelta(milliseconds=50)  # quick beside a server's start, light beside its CPU


def now() -> datetime:
    """Return the wall clock's time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  # scraped servers stamp samples by the wall clock


def monotonic() -> float:
    """Return seconds on a clock that never steps, for deadlines and rates."""
    return time.monotonic()  # noqa: TID251  # a deadline against a real process is measured, not computed


def wait_until(condition: Callable[[], bool], deadline: timedelta) -> bool:
    """Poll until the condition holds; return whether it did before the deadline."""
    end = monotonic() + deadline.total_seconds()
    while not condition():
        if monotonic() > end:
            return False
        time.sleep(POLL_INTERVAL.total_seconds())
    return True
