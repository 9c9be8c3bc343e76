"""Least-squares lines through equally spaced values, for rivals that extend them."""

from collections.abc import Sequence

import numpy as np

from forecasting.series import Values


def line_through(values: Sequence[float] | Values) -> tuple[float, float]:
    """Return where the line through at least one value is at the last one, and its slope from value to value."""
    known = np.asarray(values, dtype=float)
    away = np.arange(len(known)) - (len(known) - 1) / 2
    slope = float(away @ known) / float(away @ away) if len(known) > 1 else 0.0
    return float(known.mean()) + slope * (len(known) - 1) / 2, slope
