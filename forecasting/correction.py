"""Correction of the combination by its own newest errors: what a member's hourly surprise is too slow to see.

From the near origins of a backtest it learns, for windows of lead, how the error to come follows from the deviation of
the newest samples from the combined pattern: a ridge (Hoerl and Kennard, 1970) for each window w of lead,

    log(1 + y) - log(1 + f) ~ sum_k b[k, w] * (mean deviation over the last span k),  spans of 5 and 60 minutes

Between the middles of the windows coefficients are interpolated; at the end of the last one nothing is corrected.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from forecasting.interpolation import interpolate
from forecasting.models.persistence import mean_deviation
from forecasting.series import Values

WINDOW_EDGES = (0.0, 0.25, 1.0, 4.0)  # hours of lead
SPANS = (1 / 12, 1.0)  # hours before the origin over which deviations are averaged
RIDGE = 5.0  # origins' worth of doubt: a few lucky origins correct nothing


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """Coefficients (series, spans, windows) at the middles of windows of lead, `leads` (windows,) in hours."""

    leads: Values
    coefficients: Values

    def select(self, row: int) -> "Correction":
        """Return that of one of the series, as its own copy."""
        return Correction(self.leads, self.coefficients[row : row + 1].copy())

    def at(self, leads: Values, surprises: Values) -> Values:
        """Return what to add in log space (series, ..., leads) after surprises (series, ..., spans)."""
        by_lead = interpolate(self.coefficients, self.leads, leads)
        added: Values = np.einsum("s...k,skl->s...l", surprises, by_lead)
        return added


def no_correction(series: int) -> Correction:
    """Return the correction that corrects nothing, while there are no own errors yet."""
    return Correction(np.zeros(1), np.zeros((series, len(SPANS), 1)))


def surprises_of(recent: Values, expected: Values, steps_per_hour: int) -> Values:
    """Return mean deviations over the last spans (..., spans) from log values of an hour (..., hour or more).

    What is more than an hour is the step in progress, which counts in every span.
    """
    in_progress = recent.shape[-1] - steps_per_hour
    counts = [in_progress + max(1, round(span * steps_per_hour)) for span in SPANS]
    return np.stack([mean_deviation(recent[..., -count:], expected[..., -count:]) for count in counts], axis=-1)


def learn_correction(leads: Values, errors: Values, surprises: Values) -> Correction:
    """Return the ridge from surprises (series, origins, spans) to log errors (series, origins, leads)."""
    middles, columns = [], []
    for low, high in itertools.pairwise(WINDOW_EDGES):
        inside = (leads >= low) & (leads < high)
        if inside.any():
            middles.append(leads[inside].mean())
            columns.append(_ridge(surprises, mean_deviation(errors[..., inside], np.zeros(1))))
    end = max(WINDOW_EDGES[-1], middles[-1] + 1.0)
    return Correction(np.array([*middles, end]), np.stack([*columns, np.zeros_like(columns[0])], axis=-1))


def _ridge(features: Values, target: Values) -> Values:
    """Return coefficients (series, k) of target (series, n) on features (series, n, k)."""
    gram = np.einsum("snk,snj->skj", features, features)
    count = max(1, features.shape[1])
    doubt = RIDGE / count * np.trace(gram, axis1=1, axis2=2) / features.shape[2]
    # Where nothing ever surprised, any positive number keeps the solution at zero.
    penalty = np.where(doubt > 0, doubt, 1.0)[:, None, None] * np.eye(features.shape[2])
    solved: Values = np.linalg.solve(gram + penalty, np.einsum("snk,sn->sk", features, target)[..., None])[..., 0]
    return solved
