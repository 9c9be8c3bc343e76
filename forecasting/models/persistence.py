"""How long a surprise lasts: an AR(1) on hourly means of the deviation from a member's pattern.

Source: Box, Jenkins, Reinsel and Ljung, Time Series Analysis, section 3.2 (AR(1), Yule-Walker estimate of phi):

    d[t] = phi * d[t - 1] + e[t],    phi = sum(d[t] * d[t - 1]) / sum(d[t] ** 2)

with t in hours. A deviation d now is expected to be phi ** h * d after h hours.
"""

import numpy as np

from forecasting.series import Values

LONGEST_PERSISTENCE = 0.99  # a deviation always fades: half of it within three days
SMALLEST_DEVIATION = 1e-11  # in log space; smaller ones are rounding, whose errors last for no reason
MIDDLE_OF_THE_LAST_HOUR = 0.5  # hours before the origin


def persistence_of(deviations: Values) -> Values:
    """Return phi of each row of hourly mean deviations (series, hours), in [0, 0.99]; 0 where nothing deviates."""
    products = np.sum(deviations[:, 1:] * deviations[:, :-1], axis=1)
    squares = np.sum(deviations**2, axis=1)
    deviates = squares > deviations.shape[1] * SMALLEST_DEVIATION**2
    phi: Values = np.clip(products / np.where(deviates, squares, np.inf), 0.0, LONGEST_PERSISTENCE)
    return phi


def fading(persistence: Values, leads: Values) -> Values:
    """Return the share of the last hour's mean deviation left at leads of so many hours, (series, leads)."""
    left: Values = persistence[:, None] ** (leads + MIDDLE_OF_THE_LAST_HOUR)[None, :]
    return left
