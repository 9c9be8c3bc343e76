"""Cleaning before a fit: what is learned from is demand at its newest level, with nothing missing.

In this order: a history is brought to its newest level (levels.py), outages, one-off spikes and glitches are masked
(anomalies.py), and what is masked or was never measured is filled (gaps.py). Whatever was done, and why, is data. What
people labelled was taken out before.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from forecasting.anomalies import find_anomalies
from forecasting.gaps import fill_gaps
from forecasting.levels import Shift, at_the_newest_level, find_shifts
from forecasting.masks import LeftOut, Masks, Reason, flags_of, in_order, masks_of
from forecasting.panel import Panel
from forecasting.seasons import Steps
from forecasting.series import Flags

NO_DEMAND = (Reason.GAP, Reason.OUTAGE, Reason.GLITCH)  # a spike was demand, though it came once


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A panel with nothing missing, and what was done to it.

    `masks` says of each row what is not to be learned and why, oldest first; `shifts` names the change of level, if
    there was one, that older samples of a row were brought over.
    """

    panel: Panel
    masks: tuple[Masks, ...]
    shifts: tuple[Shift | None, ...]

    def masked(self, *reasons: Reason) -> Flags:
        """Return which samples are masked for one of the reasons, (series, n)."""
        chosen = [[mask for mask in of_row if mask.reason in reasons] for of_row in self.masks]
        return flags_of(chosen, len(self.panel))

    def left_out(self, row: int) -> tuple[LeftOut, ...]:
        """Return what of a row was measured and is not learned from, oldest first."""
        steps = self.panel.steps
        return tuple(
            LeftOut(_time(steps, mask.first), _time(steps, mask.last), mask.reason)
            for mask in self.masks[row]
            if mask.reason is not Reason.GAP
        )


def clean(panel: Panel) -> Cleaned:
    """Return a panel cleaned with hindsight, for the fit at its end. Every row needs at least one sample."""
    shifts = find_shifts(panel)
    return _cleaned(panel, at_the_newest_level(panel, shifts), shifts, hindsight=True)


def clean_causally(panel: Panel) -> Cleaned:
    """Return a panel cleaned as it would have been sample by sample, for fits at positions in its newer half.

    What comes before a position depends on nothing at or after it: levels stay as they were, anomalies are told and
    gaps are filled from what was known then. A spike is told, but stays: it may be the first of many.
    """
    return _cleaned(panel, panel, (None,) * len(panel.logs), hindsight=False)


def _cleaned(panel: Panel, levelled: Panel, shifts: tuple[Shift | None, ...], *, hindsight: bool) -> Cleaned:
    """Mask anomalies of a levelled panel and fill what is masked or missing."""
    anomalies = find_anomalies(levelled, hindsight=hindsight)
    gaps = masks_of(np.isnan(panel.logs), Reason.GAP)
    told = Cleaned(levelled, tuple(in_order(*of_row) for of_row in zip(anomalies, gaps, strict=True)), shifts)
    flags = told.masked(*(Reason if hindsight else NO_DEMAND))
    kept = Panel(panel.steps, np.where(flags, np.nan, levelled.logs)) if flags.any() else levelled
    return replace(told, panel=fill_gaps(kept, hindsight=hindsight))


def _time(steps: Steps, position: int) -> datetime:
    return datetime.fromtimestamp(steps.begin + position * steps.seconds, UTC)
