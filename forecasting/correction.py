"""Correction of the combination by its own newest errors: what members are too slow, or too stubborn, to see.

From the origins of a backtest it learns, for each window w of lead, how the error to come follows from the surprises
of surprises.py: a ridge (Hoerl and Kennard, Ridge Regression, 1970)

    log(1 + y) - log(1 + f) ~ sum_k b[k, w] * surprise[k]

The shortest memory sees a jump, the longest a bias of half a day, differences between them a slope.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.interpolation import interpolate
from forecasting.leads import Leads
from forecasting.series import Values
from forecasting.surprises import MEMORIES

SMALLEST_SURPRISE = 1e-6  # as a share of demand; smaller ones are rounding, and nothing follows from them
RIDGE = 2.0  # origins' worth of doubt: a few lucky origins correct nothing


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """Coefficients (series, memories, windows) at the middles of windows of lead, `leads` (windows,) in hours."""

    leads: Values
    coefficients: Values

    def select(self, row: int) -> "Correction":
        """Return that of one of the series, as its own copy."""
        return Correction(self.leads, self.coefficients[row : row + 1].copy())

    @property
    def now(self) -> Values:
        """The coefficients of one series in the first window, (memories,)."""
        now: Values = self.coefficients[0, :, 0]
        return now

    def at(self, leads: Values, surprises: Values) -> Values:
        """Return what to add in log space (series, ..., leads) after surprises (series, ..., memories)."""
        flat = surprises.reshape(len(surprises), -1, surprises.shape[-1])
        return (flat @ self.by_lead(leads)).reshape(*surprises.shape[:-1], len(leads))

    def by_lead(self, leads: Values) -> Values:
        """Return the coefficients (series, memories, leads) at leads in hours."""
        return interpolate(self.coefficients, self.leads, leads)


def no_correction() -> Correction:
    """Return the correction of one series that corrects nothing, while there are no own errors yet."""
    return Correction(np.zeros(1), np.zeros((1, len(MEMORIES), 1)))


def learn_correction(leads: Leads, errors: Values, surprises: Values) -> Correction:
    """Return the ridge from surprises (series, origins, memories) to log errors (series, origins, leads).

    An origin whose window is unknown, as far ones late in a fold's day are, counts as one with nothing to correct: the
    fewer origins speak for a correction, the smaller it is. Measured, that is safer on short histories than leaving
    them out.
    """
    known = ~np.isnan(errors)
    targets = np.where(known, errors, 0.0) @ leads.membership / np.maximum(known @ leads.membership, 1.0)
    transposed = np.swapaxes(surprises, 1, 2)
    gram = transposed @ surprises
    mean_square = np.trace(gram, axis1=1, axis2=2) / surprises.shape[2] / max(1, surprises.shape[1])
    penalty = RIDGE * np.maximum(mean_square, SMALLEST_SURPRISE**2)[:, None, None] * np.eye(surprises.shape[2])
    return Correction(leads.middles, np.linalg.solve(gram + penalty, transposed @ targets))
