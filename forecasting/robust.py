"""Robust statistics that leave NaN out and warn of nothing."""

import numpy as np

from forecasting.series import Values


def quantile_of_known(values: Values, share: float) -> Values:
    """Return a quantile along the last axis of values (..., k), leaving NaN out, (...,); NaN where nothing is left.

    Between two samples it is interpolated: a share of 0.5 is the median.
    """
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)  # NaN sorts last
    last = np.maximum(np.sum(~np.isnan(ordered), axis=-1, keepdims=True) - 1, 0)
    position = share * last
    lower = np.floor(position).astype(np.intp)
    low = np.take_along_axis(ordered, lower, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(lower + 1, last), axis=-1)
    quantile: Values = (low + (high - low) * (position - lower))[..., 0]
    return quantile


def median_of_known(values: Values) -> Values:
    """Return the median along the last axis, leaving NaN out; NaN where nothing is left."""
    return quantile_of_known(values, 0.5)
