"""Scryer's FFT predictor: the strong slow waves of the past, without its noise, move on.

Source: see scryer.py. On the newest n hourly means z of log(1 + y), whole weeks, or whole days below two weeks:

    line[t] = least squares through the means of the seasons
    Z[k]    = sum_t (z[t] - line[t]) * exp(-2 pi i k t / n)
    Z[k]    = 0 where n / k < FASTEST_WAVE, or |Z[k]| < WEAKEST_SHARE * max_k |Z[k]|
    f[t]    = 1 / n * sum_k Z[k] * exp(2 pi i k t / n)

and h hours later z[n + h] = line[n] + f[n + h - season]. The line stays where it ends: a trend in log space that is
carried on is a growth that compounds.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from forecasting.models.hourly_path import HOURS_OF_WEEK, HourlyPath, LearnedPath, fit_hours
from forecasting.models.scryer import learn_paths, whole_seasons
from forecasting.panel import Panel
from forecasting.series import Values

FASTEST_WAVE = 3.0  # hours; what is faster is mostly noise
WEAKEST_SHARE = 0.02  # of the strength of the strongest wave


class ScryerFFT:
    """Waves of the newest weeks, or of the newest days below two weeks."""

    name = "scryer_fft"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[HourlyPath, ...]:
        """Denoise the seasons before each position, and move the last of them on."""
        return fit_hours(panel, positions, _learn)


def _learn(means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
    return learn_paths(_predict, means, ends)


def _predict(past: Values) -> tuple[Values, Values]:
    """Return the week to come from hourly means (series, hours), and how the past missed the waves moved on."""
    seasons = whole_seasons(past)
    line = _line_through(seasons)
    known = seasons.reshape(len(past), -1)
    waves = _denoised(known - line)
    season = seasons.shape[2]
    week = line[:, -1:] + np.tile(waves[:, -season:], HOURS_OF_WEEK // season)
    return week, (known - line)[:, season:] - waves[:, :-season]


def _line_through(seasons: Values) -> Values:
    """Return the least-squares line through the means of seasons (series, seasons, hours), at all their hours."""
    _, count, length = seasons.shape
    middles = (np.arange(count) - (count - 1) / 2) * length
    means = seasons.mean(axis=2)
    slope = means @ middles / max(1.0, float(middles @ middles))
    hours = np.arange(count * length) - (count * length - 1) / 2
    line: Values = means.mean(axis=1)[:, None] + slope[:, None] * hours
    return line


def _denoised(values: Values) -> Values:
    """Return values (series, hours) without their fast and their weak waves."""
    hours = values.shape[1]
    waves = np.fft.rfft(values, axis=1)
    waves[:, np.arange(waves.shape[1]) > hours / FASTEST_WAVE] = 0.0
    strength = np.abs(waves)
    waves[strength < WEAKEST_SHARE * strength.max(axis=1, keepdims=True)] = 0.0
    denoised: Values = np.fft.irfft(waves, hours, axis=1)
    return denoised
