"""Linear interpolation along the last axis of a table: bounds and corrections are learned at a few leads only."""

import numpy as np

from forecasting.series import Values


def interpolate(table: Values, nodes: Values, at: Values) -> Values:
    """Return a table (..., nodes) interpolated along its nodes, (..., at), held beyond the ends."""
    if len(nodes) == 1:
        return np.repeat(table, len(at), axis=-1)
    # np.clip would take half of the time: this runs for every forecast of every workload.
    left = np.minimum(np.maximum(np.searchsorted(nodes, at), 1), len(nodes) - 1) - 1
    share = np.minimum(np.maximum((at - nodes[left]) / (nodes[left + 1] - nodes[left]), 0.0), 1.0)
    low = table[..., left]
    result: Values = low + share * (table[..., left + 1] - low)
    return result
