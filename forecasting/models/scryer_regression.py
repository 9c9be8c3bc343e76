"""Scryer's clustered regression: a line through the same hour of past weeks, newer weeks heavier.

Source: see scryer.py. The hours of one time of the week are a cluster; below two weeks, those of one time of the day.
With z their means of log(1 + y) and x the count of seasons from the newest of them on (0, -1, -2 ...), each cluster has
a line

    a, b = argmin sum_x w[x] * (z[x] - a - b * (x - mean x)) ** 2 + RIDGE * b ** 2,    w[x] = 0.5 ** (-x / HALF_LIFE)

with the weighted mean of x, and is expected at x = 1 when its time comes again. The ridge acts on the slope alone: a
line through a few noisy points is bold.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from forecasting.models.hourly_path import HOURS_OF_WEEK, HourlyPath, LearnedPath, fit_hours
from forecasting.models.scryer import learn_paths, whole_seasons
from forecasting.panel import Panel
from forecasting.series import Values

HALF_LIFE = 1.0  # seasons
RIDGE = 8.0  # in units of the newest point: slopes count where nearly all of a season moves


class ScryerRegression:
    """A line for each hour of the week, or of the day below two weeks."""

    name = "scryer_regression"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[HourlyPath, ...]:
        """Lay a line through each cluster before each position."""
        return fit_hours(panel, positions, _learn)


def _learn(means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
    return learn_paths(_predict, means, ends)


def _predict(past: Values) -> tuple[Values, Values]:
    """Return the week to come from hourly means (series, hours), and how the past missed its lines."""
    seasons = whole_seasons(past)
    x = np.arange(1.0 - seasons.shape[1], 1.0)
    weights = 0.5 ** (-x / HALF_LIFE)
    weights /= weights.sum()
    x -= weights @ x
    mean = np.einsum("k,skh->sh", weights, seasons)
    slope = np.einsum("k,skh->sh", weights * x, seasons) / (weights @ x**2 + RIDGE * weights[-1])
    expected = mean[:, None] + slope[:, None] * x[:, None]
    season = mean + slope * (x[-1] + 1.0)
    week = np.tile(season, HOURS_OF_WEEK // season.shape[1])
    return week, (seasons - expected).reshape(len(past), -1)
