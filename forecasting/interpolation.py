"""Linear interpolation along the last axis of a table: bounds and corrections are learned at a few leads only."""

import numpy as np

from forecasting.series import Values


def interpolate(table: Values, nodes: Values, at: Values) -> Values:
    """Return a table (..., nodes) interpolated along its nodes, (..., at), held beyond the ends."""
    if len(nodes) == 1:
        return np.repeat(table, len(at), axis=-1)
    right = np.clip(np.searchsorted(nodes, at), 1, len(nodes) - 1)
    left = right - 1
    share = np.clip((at - nodes[left]) / (nodes[right] - nodes[left]), 0.0, 1.0)
    result: Values = table[..., left] * (1 - share) + table[..., right] * share
    return result
