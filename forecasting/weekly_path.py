"""Where the level of daily peaks goes from here, week by week, and how far it strayed from such paths before.

Works on the medians of whole weeks of logarithms, counted back from the last day:

    level     the mean of the weeks, each counting half of the one after it
    slope     the median of all slopes between two of the last TREND_WEEKS weeks
    path[j]   level + trust * slope * (age of the level + j), j weeks after the last one
    drift[j]  root mean square of what the weeks really were, less the paths from all earlier weeks

`trust` is how much of earlier slopes came true: a regression of what came on what the slope promised, with a ridge that
keeps it low while few weeks are known. It stands where others put a fixed damping. From more than a year on, what
happened after this week a year ago counts as much as the slope. Where few weeks are behind a lead, its drift
leans on that of a random walk.

Sources: Theil, A rank-invariant method of linear and polynomial regression analysis, 1950 (the slope); Gardner and
McKenzie, Forecasting trends in time series, 1985 (trends are to be believed in part); Tashman, Out-of-sample tests of
forecasting accuracy, 2000 (rolling origins).
"""

from typing import NamedTuple

import numpy as np

from forecasting.robust import median_of_known
from forecasting.series import Values

WEEK = 7
WEEK_KEPT = 0.5  # a week counts half of the one after it
AGE = WEEK_KEPT / (1 - WEEK_KEPT)  # weeks, of a level made so
TREND_WEEKS = 12  # a quarter; further back another season has its own slope
FEWEST_SLOPED = 4
USUAL_DRIFT = 0.03  # a week, on logarithms: what is believed of a service that nobody knows yet, as firmly as if
USUAL_COUNTS = 2  # so many weeks had shown it
TRUST_DOUBT = 0.2  # the ridge over the usual drift
YEAR = 52
YEAR_AROUND = 3  # weeks that are averaged there
YEAR_TRUST = 0.5  # the share of a year ago; one earlier year is one example


class WeeklyPath(NamedTuple):
    """The path of the level and the drift about it, (days,) each, on logarithms."""

    level: Values
    drift: Values


def weekly_path(days: Values, ahead: int) -> WeeklyPath:
    """Return the path over so many days after the last of `days` (n,), which has no weekdays in it; NaN is unknown."""
    leads = 1.0 + np.arange(-(-ahead // WEEK))
    weeks = week_medians(days)
    levels = [_level(weeks[: end + 1]) for end in range(len(weeks))]
    promised = np.array([_slope(weeks[: end + 1]) * (AGE + leads) for end in range(len(weeks))])
    came = _came(weeks, len(leads)) - np.array(levels)[:, None]
    trust = _trust(came[:-1], promised[:-1], leads)
    drift = _drift(came[:-1] - trust * promised[:-1], leads)
    trend, year = trust * promised[-1], _year_ago(weeks, leads)
    path = levels[-1] + np.where(np.isnan(year), trend, trend + YEAR_TRUST * (year - trend))
    # A week's figure is that of its middle. That of the last week is where the level has come to by now.
    middles, at = WEEK * np.concatenate([[0.0], leads]) - WEEK // 2, np.arange(1, ahead + 1)
    now = levels[-1] + trust * AGE * _slope(weeks)
    return WeeklyPath(
        level=np.interp(at, middles, [now, *path]), drift=np.interp(at, middles, [drift[0] / np.sqrt(2), *drift])
    )


def week_medians(days: Values) -> Values:
    """Return the medians of the whole weeks of days (n,), the last of which ends with the last day; NaN where empty."""
    whole = len(days) // WEEK
    return median_of_known(days[len(days) - whole * WEEK :].reshape(whole, WEEK))


def _weights(count: int) -> Values:
    return WEEK_KEPT ** np.arange(count)[::-1]


def _level(weeks: Values) -> float:
    """Return the level after these weeks; NaN while none is known."""
    known = ~np.isnan(weeks)
    return float(np.average(weeks[known], weights=_weights(len(weeks))[known])) if known.any() else np.nan


def _slope(weeks: Values) -> float:
    """Return the change in a week; 0 while too few are known."""
    known = np.flatnonzero(~np.isnan(weeks[-TREND_WEEKS:]))
    if len(known) < FEWEST_SLOPED:
        return 0.0
    left, right = np.triu_indices(len(known), 1)
    recent = weeks[-TREND_WEEKS:][known]
    return float(np.median((recent[right] - recent[left]) / (known[right] - known[left])))


def _came(weeks: Values, leads: int) -> Values:
    """Return what each week was followed by, (weeks, leads); NaN beyond the last."""
    padded = np.concatenate([weeks[1:], np.full(leads, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(padded, leads).copy()


def _trust(came: Values, promised: Values, leads: Values) -> float:
    """Return the share of what slopes promised that came, 0 to 1; a lead counts less the further it is."""
    weights = np.where(np.isnan(came), 0.0, 1 / leads)
    both = np.sum(weights * np.nan_to_num(came) * promised)
    doubt = TRUST_DOUBT * len(leads) * USUAL_DRIFT**2
    return float(np.clip(both / (np.sum(weights * promised**2) + doubt), 0.0, 1.0))


def _drift(strayed: Values, leads: Values) -> Values:
    """Return the drift of each lead, never less than that of a nearer one."""
    counts = np.sum(~np.isnan(strayed), axis=0)
    # Weeks after neighbouring origins overlap: a lead of j weeks has a j-th as many that are independent.
    independent = counts / leads
    seen = np.nansum(strayed**2, axis=0) / np.maximum(counts, 1)
    squares = (independent * seen + USUAL_COUNTS * USUAL_DRIFT**2 * leads) / (independent + USUAL_COUNTS)
    drift: Values = np.sqrt(np.maximum.accumulate(squares))
    return drift


def _year_ago(weeks: Values, leads: Values) -> Values:
    """Return how the level changed over these weeks a year ago, (leads,); NaN where that is not known."""
    now = len(weeks) - YEAR
    if now < YEAR_AROUND or len(leads) >= YEAR:
        return np.full(len(leads), np.nan)
    around = np.lib.stride_tricks.sliding_window_view(weeks, YEAR_AROUND).mean(axis=1)
    after = now - YEAR_AROUND // 2  # where the average about the first week after it stands
    changes: Values = around[after : after + len(leads)] - around[now - YEAR_AROUND]
    return changes
