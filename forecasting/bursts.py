"""Bursts: the newest sample lies far above what is forecast, and so do the next ones, for a while.

Members carry the mean of half an hour forward, the correction was learned on calm days, and standing.py passes over
what is farther off than anything seen until it lasts. So a load that is suddenly five times as high is followed too
little, and one that is back at once after an outage too late. Whoever holds the last value knows better for a while,
and this is how the combination knows it as well: with f the forecast, asked for the newest sample y too,

    gap = log(1 + y) - log(1 + f)

is added to what is expected where it lies beyond what a backtest saw, half as much a quarter of an hour ahead and
hardly any beyond the hour: an odd half hour moves the next day by a few percent at most. As the gap is counted to what
is expected of the sample itself, the end of a spike that was foreseen leaves none. Falls are not followed: what comes
after them may be a storm of retries.
"""

import math

import numpy as np

from forecasting.robust import quantile_of_known
from forecasting.series import Values
from forecasting.unexplained import QUIET_QUANTILE, QUIET_SHARE

HALF_CARRIED = 0.25  # hours ahead
NOISES = 4.0  # standard deviations of gaps: what is above the forecast by more is no noise
SMALLEST = math.log(1.25)  # what is above the forecast by less is no burst, even of a load that hardly ever is
ABSURD = math.log(10.0)  # demand does not grow tenfold within a sample: that is a counter's mistake


def burst_limits(gaps: Values) -> Values:
    """Return the gap beyond which a newest sample is a burst, (series,), from gaps (series, folds, origins).

    A gap is NaN where no newest sample was known; infinite is the limit where none was.
    """
    noise = quantile_of_known(np.abs(gaps).reshape(len(gaps), -1), QUIET_SHARE) / QUIET_QUANTILE
    return np.where(np.isnan(noise), np.inf, np.maximum(NOISES * noise, SMALLEST))


def with_bursts(
    expected: Values, gaps: Values | float, limits: Values | float, hours: Values, *, left: Values | float = math.nan
) -> Values:
    """Return expected log values (..., leads) with bursts carried forward, `hours` (leads,) ahead.

    `gaps` are those of the newest whole step: none begins in a step in progress, for all that one has may come first.
    `left` is what the step in progress has of it, NaN where that is not known. These and `limits` broadcast against
    (..., 1).
    """
    bursts = np.logical_and(gaps > limits, gaps < ABSURD)
    if not bursts.any():  # as nearly always
        return expected
    sizes = np.clip(np.where(np.isnan(left), gaps, left), 0.0, ABSURD)
    carried: Values = expected + np.where(bursts, sizes, 0.0) * 0.5 ** ((hours / HALF_CARRIED) ** 2)
    return carried
