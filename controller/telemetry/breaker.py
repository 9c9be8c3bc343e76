"""A circuit breaker: a source that answers nobody is left in peace for a while, then tried once."""

import threading
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 3  # sweeps in a row; one may be a restart of Prometheus
SHORTEST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=2)  # a recovery is noticed within this


class Breaker:
    """Whether one source may be asked. `now` names a sweep: however many queries fail in it, it failed once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._failed_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._rest = SHORTEST_REST
        self._open_until: datetime | None = None
        self.problem = ""

    def admits(self, now: datetime) -> bool:
        """Return whether this caller may ask: nobody in a sweep that saw a failure, or while the source rests.

        After its rest (half-open) the first caller of a sweep may, and the others once that one has succeeded.
        """
        with self._lock:
            if self._open_until is None:
                return self._failed_at != now
            if now < self._open_until or self._tried_at == now:
                return False
            self._tried_at = now
            return True

    def succeed(self) -> None:
        """The source answered: close."""
        with self._lock:
            self._failures, self._rest, self._open_until, self.problem = 0, SHORTEST_REST, None, ""

    def fail(self, problem: str, now: datetime) -> None:
        """The source answered nobody: open after enough sweeps of it, and rest longer each time."""
        with self._lock:
            if self._failed_at == now:
                return
            self._failed_at, self.problem = now, problem
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until = now + self._rest
                self._rest = min(2 * self._rest, LONGEST_REST)
