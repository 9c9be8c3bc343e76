"""What every member of the combination is. Each has its own file; how they are weighted is selection.py's business."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Protocol, Self

import numpy as np

from forecasting.panel import Panel
from forecasting.seasons import Steps
from forecasting.series import Values


class FittedModel(Protocol):
    """What a member has learned about each series of a panel: a pattern, and how long a surprise lasts.

    Its forecast in log space, made at an origin for a step h hours later, is

        pattern(step) + persistence ** h * (mean deviation from the pattern over the hour before the origin).
    """

    @property
    def persistence(self) -> Values:
        """The share of a deviation that is left an hour later, in [0, 1), shape (series,)."""
        ...

    @property
    def layout(self) -> tuple[int, ...]:
        """What members of a kind must have in common to be stacked: how their arrays are made, and from when."""
        ...

    def pattern(self, steps: Steps) -> Values:
        """Return what the member expects of these steps when nothing is unusual, in log space, (series, steps)."""
        ...

    def absorb(self, fresh: Panel) -> Self:
        """Return the member with the samples of whole steps that followed its fit; NaN changes nothing."""
        ...

    def select(self, row: int) -> Self:
        """Return what was learned about one of the series, as its own copy."""
        ...


class Model(Protocol):
    """A way to learn a pattern from a gapless panel."""

    @property
    def name(self) -> str:
        """The member's name in weights and accuracy tables."""
        ...

    @property
    def needs(self) -> timedelta:
        """The shortest history it learns from."""
        ...

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> Sequence[FittedModel]:
        """Return, for each rising position, what the panel teaches about its series before that position.

        Nothing at or after a position reaches its fit; what several positions share may be worked out once. The panel
        holds no NaN, and at least `needs` of history before the first position.
        """
        ...


def fit_member(model: Model, past: Panel) -> FittedModel:
    """Return what a whole panel teaches a member."""
    return model.fit_at(past, (len(past),))[0]


def stacked(members: Sequence[Any]) -> FittedModel:
    """Return what members of one kind and layout have learned about a series each as one member: undoes select."""
    together: FittedModel = members[0]
    if len(members) > 1:
        arrays = [each.name for each in fields(members[0]) if isinstance(getattr(members[0], each.name), np.ndarray)]
        joined = {name: np.concatenate([getattr(each, name) for each in members]) for name in arrays}
        together = replace(members[0], **joined)
    return together
