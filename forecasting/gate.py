"""Gate: whether a forecast may act. The tests that decide are here; what acting means is the caller's business."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict with its reason: one CamelCase word, and one sentence with the figures that decided."""

    open: bool
    reason: str
    message: str
