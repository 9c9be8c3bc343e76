"""Selection: who counts how much in the combination. Nobody is thrown out; a bad member's weight just becomes small.

    weight[i] = error[i] ** -4 / sum_j error[j] ** -4

with the mean absolute errors over recent rolling origins (Bates and Granger, The Combination of Forecasts, 1969, with a
steeper power). The power hardly matters; that there are weights makes the set safe for series without a week.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.series import Values

POWER = 4
SMALLEST_SHARE = 1e-9  # errors below this share of demand are rounding: who makes no other is perfect


@dataclass(frozen=True, slots=True)
class Weight:
    """A member's share in the combination, and the mean absolute error it rests on (NaN before the first backtest)."""

    name: str
    weight: float
    error: float


def weights_from(errors: Values, demand: Values) -> Values:
    """Return weights (series, members) that add up to 1, from mean absolute errors and mean demand (series,).

    An error that is NaN was never measured; a series without any measured error weighs its members equally.
    """
    floor = np.maximum(SMALLEST_SHARE * demand, np.finfo(np.float64).tiny)[:, None]
    floored = np.maximum(np.where(np.isnan(errors), np.inf, errors), floor)
    best = floored.min(axis=1, keepdims=True)
    unmeasured = np.isinf(best)
    powers = np.where(unmeasured, 1.0, (np.where(unmeasured, 1.0, best) / floored) ** POWER)
    shares: Values = powers / powers.sum(axis=1, keepdims=True)
    return shares
