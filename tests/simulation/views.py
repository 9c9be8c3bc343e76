"""What a rival sees, with sensible defaults, so that a test names only what it is about."""

import numpy as np

from controller.simulation.world import View
from forecasting.series import Values

NOTHING: Values = np.empty(0)


def a_view(
    seconds: float = 0.0,
    *,
    created: int = 10,
    ready: int | None = None,
    rps: float = 70.0,
    utilization: float = 0.7,
    queued: float = 0.0,
    past: Values = NOTHING,
) -> View:
    """Return a view at so many seconds; all pods are Ready and measured where nothing else is said."""
    ready = created if ready is None else ready
    return View(seconds, created, ready, ready, rps, utilization, queued, past)
