"""Queue trigger: KEDA on the number of requests that wait.

Source: keda.sh/docs/latest/concepts/scaling-deployments: a ScaledObject becomes an HPA with an External metric and a
target average for each replica; the trigger is polled every 30 s (pollingInterval, with useCachedMetrics). What it is
told is the mean number of waiting requests over 60 s, as old as every other metric.
"""

from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, external_replicas
from controller.simulation.world import View

POLLING_SECONDS = 30.0


class QueueTrigger:
    """The number of waiting requests as it was when last asked for."""

    def __init__(self) -> None:
        self._polled_at: float | None = None
        self._queued = 0.0

    def read(self, view: View) -> float:
        """Return it, asked for anew where that is due."""
        if self._polled_at is None or view.seconds - self._polled_at >= POLLING_SECONDS:
            self._polled_at, self._queued = view.seconds, view.queued
        return self._queued


def queue_hpa(
    target_queued: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> HPA:
    """Return an HPA on the requests that wait, as an average for each pod."""
    trigger = QueueTrigger()

    def wish(view: View) -> int:
        return external_replicas(trigger.read(view), target_queued, created=view.created, tolerance=tolerance)

    return HPA(wish, min_replicas, max_replicas)
