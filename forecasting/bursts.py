"""Bursts: while the newest sample lies far above what is expected, the next minutes are held where it is.

What is learned from history, the correction too, knows usual deviations; of a load that is suddenly five times as high
it makes far too little, and standing.py passes it over until it lasts. Whoever holds the last value knows better for
some minutes, and this is how the combination knows it as well. Falls are not followed: what comes after them may be a
storm of retries.
"""

import math

import numpy as np

from forecasting.series import Values

HALF_LIFE = 1 / 6  # hours: an odd half hour moves the next day by a few percent at most
USUAL = 0.98  # the share of origins whose gap is no burst, times
MARGIN = 1.25
SMALLEST = math.log(1.1)  # smaller gaps are no bursts, even of a load that hardly ever has any
ABSURD = math.log(10.0)  # demand does not grow tenfold within a sample: that is a counter's mistake


def burst_limits(gaps: Values) -> Values:
    """Return the gap in log space beyond which a newest sample is a burst, (series,), from gaps (series, n).

    While no gap was seen nothing is known to be one.
    """
    if not gaps.shape[1]:
        return np.full(len(gaps), np.inf)
    limits: Values = np.maximum(MARGIN * np.quantile(gaps, USUAL, axis=1), SMALLEST)
    return limits


def hold_bursts(expected: Values, held: Values, leads: Values, limits: Values) -> Values:
    """Return expected log values (..., leads) with bursts held, at leads of so many hours, half as far each HALF_LIFE.

    `held` is the newest sample's log value, NaN where it is not known, `limits` what burst_limits says; both (..., 1).
    """
    gaps = held - expected
    is_burst = (gaps[..., :1] > limits) & (gaps[..., :1] < ABSURD)
    if not is_burst.any():  # as nearly always
        return expected
    held_on: Values = expected + np.where(is_burst, np.maximum(gaps, 0.0), 0.0) * 0.5 ** (leads / HALF_LIFE)
    return held_on
