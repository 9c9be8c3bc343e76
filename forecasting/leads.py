"""Windows of lead: how far ahead a forecast looks, cut where its errors change their nature.

What a forecaster learns about itself (whose word counts how much, what a surprise says, how wide its bounds are) it
learns for each window; between the middles of the windows it is interpolated.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecasting.seasons import HOUR, Steps, Ticks
from forecasting.series import Values

# Hours: surprises fade fast at first, then slowly.
EDGES = (0.0, 0.25, 1.0, 4.0, 10.0, 24.0)
MOST_LEADS = 5  # looked at in each window: neighbours say the same


@dataclass(frozen=True)
class Leads:
    """The leads at which a backtest looks, in rising order: `steps` ahead, and how many `hours` that is, (leads,) both.

    `window` (leads,) numbers the window of each, from 0; `share` (leads,) is how many steps of a day each stands for.
    """

    steps: Ticks
    hours: Values
    window: Ticks
    share: Values

    @cached_property
    def centres(self) -> Values:
        """How many hours ahead the middle of each lead's step is, (leads,)."""
        a_step = float(self.hours[-1] / self.steps[-1])
        return self.hours + 0.5 * a_step

    @cached_property
    def middles(self) -> Values:
        """The middle of each window in hours, (windows,)."""
        return np.array([self.hours[inside].mean() for inside in self.windows])

    @cached_property
    def windows(self) -> tuple[slice, ...]:
        """Where each window's leads are."""
        edges = np.searchsorted(self.window, np.arange(self.window[-1] + 2))
        return tuple(slice(int(first), int(last)) for first, last in itertools.pairwise(edges))

    @cached_property
    def membership(self) -> Values:
        """1 where a lead belongs to a window, else 0, (leads, windows): a product with it sums over each window."""
        return np.asarray(self.window[:, None] == np.arange(self.window[-1] + 1), dtype=np.float64)

    @cached_property
    def widths(self) -> Values:
        """How many hours each window spans, at least 1, (windows,)."""
        return np.array([max(1.0, float(np.ptp(self.hours[inside]))) for inside in self.windows])


def leads_of(steps: Steps) -> Leads:
    """Return the leads to look at on a grid: some of each window that holds a step of it, up to a day."""
    hours = np.arange(steps.per_day) * steps.seconds / HOUR
    windows = [np.flatnonzero((hours >= low) & (hours < high)) for low, high in itertools.pairwise(EDGES)]
    held = [inside for inside in windows if inside.size]
    chosen = [
        inside[np.linspace(0, len(inside) - 1, min(MOST_LEADS, len(inside))).round().astype(int)] for inside in held
    ]
    at = np.concatenate(chosen)
    return Leads(
        steps=at,
        hours=hours[at],
        window=np.repeat(np.arange(len(held)), [len(few) for few in chosen]),
        share=np.concatenate(
            [np.full(len(few), len(inside) / len(few)) for few, inside in zip(chosen, held, strict=True)]
        ),
    )
