"""KPA: the Knative Pod Autoscaler on requests per second, with its two windows.

Source: knative.dev/docs/serving/autoscaling/kpa-specific for the settings and their defaults; the order of steps is
that of pkg/autoscaler/scaling/autoscaler.go of Knative Serving.

Knative decides every 2 s on metrics a second or two old. Here it meets the metrics and the rhythm that all others meet:
the stable window is the mean over 60 s that all are told, and the panic window, 6 s there, is the newest tick of 15 s
that has arrived. Shorter the world does not measure; it is finer than what an HPA is told.
"""

import math
from dataclasses import dataclass

from controller.simulation.rivals.hpa import rounded_up
from controller.simulation.world import View

STABLE_WINDOW_SECONDS = 60.0
PANIC_THRESHOLD = 2.0  # 200 %: of what the Ready pods are there for
MAX_SCALE_UP_RATE = 1000.0
MAX_SCALE_DOWN_RATE = 2.0


@dataclass
class KPA:
    """One KPA: stable, or in panic since the panic window last asked for twice the Ready pods."""

    target_rps: float
    min_replicas: int
    max_replicas: int
    _panicked_at: float | None = None
    _highest_in_panic: int = 0
    _is_new: bool = True

    def decide(self, view: View) -> int:
        """Return the replicas wanted now."""
        if self._is_new:
            self._start(view)
        ready = max(1, view.ready)
        newest = view.past_rps[-1:].tolist()
        newest_rps = newest[0] if newest and math.isfinite(newest[0]) else view.offered_rps
        wanted_in_panic = rounded_up(newest_rps / self.target_rps)
        stable, panic = (
            self._limited(wanted, ready) for wanted in (rounded_up(view.offered_rps / self.target_rps), wanted_in_panic)
        )
        self._watch(view.seconds, over=wanted_in_panic / ready >= PANIC_THRESHOLD)
        if self._panicked_at is not None:
            self._highest_in_panic = stable = max(self._highest_in_panic, stable, panic)
        return min(max(stable, self.min_replicas), self.max_replicas)

    def _start(self, view: View) -> None:
        """A new autoscaler starts in panic where there are pods, so that it keeps them until it knows more."""
        self._is_new = False
        if view.ready > 1:
            self._panicked_at, self._highest_in_panic = view.seconds, view.ready

    def _watch(self, now: float, *, over: bool) -> None:
        """Begin or go on to panic while over the threshold; stop once that is a stable window ago."""
        if over:
            self._panicked_at = now
        elif self._panicked_at is not None and now - self._panicked_at > STABLE_WINDOW_SECONDS:
            self._panicked_at, self._highest_in_panic = None, 0

    @staticmethod
    def _limited(wanted: int, ready: int) -> int:
        """Return the wish, at most a thousand times and at least half the Ready pods."""
        return min(max(wanted, math.floor(ready / MAX_SCALE_DOWN_RATE)), math.ceil(ready * MAX_SCALE_UP_RATE))
