"""What Scryer's two predictors share: from hourly means to a path of hours. Each predictor has its own file.

Source: Yuan, Joshi, Jacobson and Oberai, Scryer: Netflix's Predictive Auto Scaling Engine, part 2, Netflix tech blog,
2013. It says what is done, not with which numbers: those in the predictors' files are our own. Here both work in log
space, and are members like all others: what they expected of the last day says how surprising it was.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from forecasting.models.hourly_path import HOURS_OF_DAY, HOURS_OF_WEEK, LearnedPath
from forecasting.models.persistence import persistence_of
from forecasting.series import Values

# From hourly means (series, hours), at least a day of them: the week to come (series, 168), and how the past missed
# what the predictor makes of it (series, hours or fewer).
Predict = Callable[[Values], tuple[Values, Values]]


def learn_paths(predict: Predict, means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
    """Yield what a predictor makes of the hours (series, hours) before each end."""
    for end in ends:
        week, misses = predict(means[:, :end])
        yield LearnedPath(np.concatenate([_last_day(predict, means[:, :end]), week], axis=1), persistence_of(misses))


def _last_day(predict: Predict, past: Values) -> Values:
    """Return what was predicted of the last day before it came; with no day before it, the day itself."""
    if past.shape[1] < 2 * HOURS_OF_DAY:
        return past[:, -HOURS_OF_DAY:]
    return predict(past[:, :-HOURS_OF_DAY])[0][:, :HOURS_OF_DAY]


def whole_seasons(means: Values) -> Values:
    """Return the newest whole weeks of hourly means (series, seasons, hours), or whole days below two weeks."""
    season = HOURS_OF_WEEK if means.shape[1] >= 2 * HOURS_OF_WEEK else HOURS_OF_DAY
    seasons = means.shape[1] // season
    return means[:, means.shape[1] - seasons * season :].reshape(len(means), seasons, season)
