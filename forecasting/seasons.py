"""Seasons follow the local clock: steps of a grid, where that clock sees them, and values laid season upon season."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import SeriesRefused
from forecasting.series import Values

Ticks = NDArray[np.int64]

HOUR = 3600.0
DAY = 24 * HOUR
HOURS_A_DAY = 24
WEEK = 7 * DAY
FIRST_MONDAY = 4 * DAY  # 1970-01-05: Unix time began on a Thursday
FEW = 4  # samples of a slot: that many weeks are learned from
SHORTEST_STEP, LONGEST_STEP = timedelta(seconds=15), timedelta(hours=1)
KEPT_GRIDS = 8  # those that are asked for again with every sample; a long history fits among them, too


@dataclass(frozen=True, eq=False)
class Steps:
    """Consecutive steps of a UTC grid, and where the local clock sees each of them. Equal are only the same ones.

    `begin` is the Unix time of the first step, `seconds` the length of one. `ticks` counts steps of the local clock
    since a Monday's midnight, shape (n,): in spring some are left out, in autumn some come twice.
    """

    begin: float
    seconds: float
    ticks: Ticks

    def __len__(self) -> int:
        return len(self.ticks)

    @cached_property
    def per_hour(self) -> int:
        """Steps in an hour, at least 1."""
        return max(1, round(HOUR / self.seconds))

    @cached_property
    def per_day(self) -> int:
        """Steps in a day."""
        return round(DAY / self.seconds)

    @cached_property
    def per_week(self) -> int:
        """Steps in a week."""
        return round(WEEK / self.seconds)

    @cached_property
    def begins(self) -> Values:
        """Unix time of each step's begin, shape (n,)."""
        return self.begin + np.arange(len(self)) * self.seconds

    @cached_property
    def hours_of_day(self) -> Ticks:
        """The local hour of the day of each step, 0 to 23, shape (n,)."""
        return self.ticks // self.per_hour % HOURS_A_DAY

    @cached_property
    def slots_of_day(self) -> Ticks:
        """Which step of the local day each is, from 0, shape (n,)."""
        return self.ticks % self.per_day

    def part(self, first: int, last: int) -> "Steps":
        """Return the steps in [first, last)."""
        return Steps(self.begin + first * self.seconds, self.seconds, self.ticks[first:last])


def check_step(step: timedelta) -> None:
    """Raise SeriesRefused for a step that is not between 15 s and 1 h or does not divide a day."""
    if not SHORTEST_STEP <= step <= LONGEST_STEP or timedelta(days=1) % step:
        raise SeriesRefused(f"a step of {step} is not supported: use one from 15 s to 1 h that divides a day evenly")


@lru_cache(maxsize=KEPT_GRIDS)
def local_steps(begin: float, seconds: float, count: int, zone: tzinfo) -> Steps:
    """Return `count` steps from the Unix time `begin` on, as the clock of `zone` sees them; to be read only."""
    if count == 0:
        return Steps(begin, seconds, np.empty(0, dtype=np.int64))
    since_monday = begin - FIRST_MONDAY + np.arange(count) * seconds
    local = since_monday + _utc_offsets(begin, begin + (count - 1) * seconds, since_monday + FIRST_MONDAY, zone)
    ticks = np.floor_divide(local, seconds).astype(np.int64)
    ticks.flags.writeable = False
    return Steps(begin, seconds, ticks)


def _utc_offsets(first: float, last: float, times: Values, zone: tzinfo) -> Values | float:
    """Return the offset of local time from UTC in seconds: one number where the clock does not change."""
    # No clock changes twice within a day, so looking once a day finds every change.
    looks = [*np.arange(first, last, DAY).tolist(), last]
    offsets = [_utc_offset(look, zone) for look in looks]
    if len(set(offsets)) == 1:
        return offsets[0]
    changes = [
        _time_of_change(looks[i], looks[i + 1], zone) for i in range(len(looks) - 1) if offsets[i] != offsets[i + 1]
    ]
    values = [offsets[0], *(_utc_offset(change, zone) for change in changes)]
    return np.asarray(values)[np.searchsorted(changes, times, side="right")]


def _utc_offset(unix: float, zone: tzinfo) -> float:
    offset = datetime.fromtimestamp(unix, zone).utcoffset()
    return offset.total_seconds() if offset else 0.0


def _time_of_change(before: float, after: float, zone: tzinfo) -> float:
    """Return the first whole second in (before, after] at which the clock shows the offset of `after`."""
    low, high = int(before), int(np.ceil(after))
    old = _utc_offset(before, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _utc_offset(middle, zone) == old else (low, middle)
    return float(high)


def stack(values: Values, ticks: Ticks, season: int) -> Values:
    """Return values (series, n) laid season upon season, oldest first: (series, seasons, season), NaN where none is.

    A slot that the clock shows twice in autumn keeps the later sample.
    """
    rows = ticks // season
    first = int(rows[0])
    stacked = np.full((len(values), int(rows[-1]) - first + 1, season), np.nan)
    stacked[:, rows - first, ticks % season] = values
    return stacked


def newest(values: Values, ticks: Ticks, season: int) -> Values:
    """Return the newest sample of each slot of a season, (series, season); NaN where a slot was never seen."""
    table = np.full((len(values), season), np.nan)
    # Of repeated indices numpy keeps the last assignment, which is the newest sample.
    table[:, ticks % season] = values
    return table


def median_season(values: Values, ticks: Ticks, season: int) -> Values:
    """Return the median of each slot over the seasons, (series, season), leaving NaN out; NaN where nothing is left."""
    stacked = stack(values, ticks, season)
    counts = np.sum(~np.isnan(stacked), axis=1, keepdims=True)
    if counts.max() <= FEW:
        return _median_of_few(stacked, counts[:, 0])
    ordered = np.sort(stacked, axis=1)  # NaN sorts last
    lower = np.take_along_axis(ordered, np.maximum(counts - 1, 0) // 2, axis=1)
    upper = np.take_along_axis(ordered, np.minimum(counts // 2, ordered.shape[1] - 1), axis=1)
    return ((lower + upper) / 2)[:, 0, :]


def _median_of_few(stacked: Values, counts: Ticks) -> Values:
    """Return medians of at most four known values along the middle axis: what is left without both ends, averaged.

    Four weeks are what a history nearly always has, and this is ten times as fast as sorting them.
    """
    ends = np.where(counts > FEW // 2, np.fmax.reduce(stacked, axis=1) + np.fmin.reduce(stacked, axis=1), 0.0)
    left = np.where(counts > FEW // 2, counts - 2, counts)
    medians: Values = (np.nansum(stacked, axis=1) - ends) / np.where(left > 0, left, np.nan)
    return medians


def smooth(season: Values, width: int) -> Values:
    """Return a season (series, slots) as the median over `width` neighbouring slots (odd), around the circle."""
    if width <= 1:
        return season
    half = width // 2
    around = np.concatenate([season[:, -half:], season, season[:, :half]], axis=1)
    return _median_of_odd([around[:, first : first + season.shape[1]] for first in range(width)])


def _median_of_odd(arrays: Sequence[Values]) -> Values:
    """Return the median of an odd number of arrays, element by element.

    Of half of them and two more neither the smallest nor the largest can be the median: both are dropped, another array
    joins, until one is left (forgetful selection). Six times as fast as np.median along an axis.
    """
    first = len(arrays) // 2 + 2
    kept, waiting = list(arrays[:first]), list(arrays[first:])
    while True:
        for i in range(1, len(kept)):
            kept[0], kept[i] = np.minimum(kept[0], kept[i]), np.maximum(kept[0], kept[i])
        for i in range(1, len(kept) - 1):
            kept[i], kept[-1] = np.minimum(kept[i], kept[-1]), np.maximum(kept[i], kept[-1])
        kept = kept[1:-1]
        if not waiting:
            return kept[0]
        kept.append(waiting.pop(0))


def hourly(values: Values, per_hour: int) -> Values:
    """Return means over whole hours counted back from the end, (series, hours); an odd rest in front is left out."""
    hours = values.shape[1] // per_hour
    whole = values[:, values.shape[1] - hours * per_hour :]
    means: Values = whole.reshape(len(values), hours, per_hour).mean(axis=2)
    return means
