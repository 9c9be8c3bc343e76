"""Step: some samples are masked, so that a fit does not learn from them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads
from docs.forecasts.step import DAY, HOUR, Step, line, moment, percent, span, time_axis
from docs.marks import Ink, Mark, Span, measured
from docs.tables import table
from forecasting import Calendar, Series
from forecasting.batch import LONGEST_HISTORY
from forecasting.cleaning import Cleaned, clean
from forecasting.gaps import LONGEST_SHORT_GAP
from forecasting.masks import LeftOut, Reason
from forecasting.panel import panel_of
from forecasting.series import Values

NEW_YORK = ZoneInfo("America/New_York")
SET_BACK = datetime(2014, 11, 2, 1, tzinfo=UTC)  # by New York's clock, in which the recording is written
WEEK = 7 * DAY
WEEKS = 3  # to compare with
CROWDED = 2  # times a Wednesday
INKS = {Reason.SPIKE: Ink.ORANGE, Reason.GLITCH: Ink.ORANGE, Reason.OUTAGE: Ink.BLUE}
NIGHT = 400  # a step more than a week after the begin, and more than two weeks before the end
SHOWN = 12 * DAY  # of the taxis
MOVED_FOR, MOVED_BY = 2 * DAY, 1.4  # a new level, made to show that it is found
GONE = 1.1  # times the usual: what a double count has no part in


def cleaning(loads: Loads) -> Step:
    """Return what was left out of the last weeks of the taxis, and the longest drop of the tweets."""
    taxi = loads.taxi.between(loads.taxi.end - LONGEST_HISTORY, loads.taxi.end)
    of_taxi = loads.taxi_now.left_out
    drop = max((each for each in loads.tweets_now.left_out if each.reason is Reason.OUTAGE), key=_length)
    before = _weeks_before(taxi, SET_BACK)
    next_week = _expected(loads, SET_BACK + WEEK) / before
    return Step(
        figures={
            "masked_taxi": table(["from", "for", "called"], [_row(each) for each in of_taxi]),
            "masked_share": percent(sum(_length(each) / LONGEST_HISTORY for each in of_taxi), 1),
            "set_back": moment(SET_BACK),
            "set_back_times": f"{_value(taxi, SET_BACK) / before:.1f}",
            "next_week_times": f"{next_week:.1f}",
            "drop_at": moment(drop.start),
            "drop_for": span(_length(drop)),
            "short_gap": span(timedelta(seconds=LONGEST_SHORT_GAP)),
            "moved_for": span(MOVED_FOR),
            "moved_by": f"{MOVED_BY:g}",
            "moved_found": f"{_found_level(taxi):.1f}",
        },
        holds=_holds(taxi, of_taxi, next_week),
        picture=drawn("What is masked in days of taxi passengers, and in a day of tweets", _rows(loads, of_taxi, drop)),
    )


def _holds(taxi: Series, left_out: Sequence[LeftOut], next_week: float) -> dict[str, bool]:
    return {
        "The first is a night on which more people were out than on any other.": _is_the_busiest(taxi, left_out[0]),
        "The second began on $set_back.": len(left_out) > 1 and left_out[1].start == SET_BACK,
        "That night New York set its clocks back, and the recording counts an hour twice.": _clock_goes_back(),
        "so the double count does not come back.": next_week < GONE,
        "A gap of up to $short_gap becomes a straight line.": _is_line(taxi),
        "A longer one takes what the same time of other weeks had.": _is_usual(taxi),
        "Other nights before a weekend's days are crowded too, but they come every week, so they stay.": all(
            _is_crowded(taxi, at) and not any(each.start <= at < each.end for each in left_out)
            for at in _earlier_nights()
        ),
    }


def _cleaned(series: Series, values: Values) -> Cleaned:
    """Return what a fit makes of a series with other values."""
    return clean(panel_of([Series(series.start, series.step, values)], Calendar()))


def _length(left_out: LeftOut) -> timedelta:
    return left_out.end - left_out.start


def _row(left_out: LeftOut) -> list[str]:
    return [moment(left_out.start), span(_length(left_out)), left_out.reason.value]


def _found_level(series: Series) -> float:
    """Return by how much a load has moved, as a fit finds it, if its last days are made larger."""
    values = series.values.copy()
    values[-(MOVED_FOR // series.step) :] *= MOVED_BY
    (shift,) = _cleaned(series, values).shifts
    return shift.factor if shift else 1.0


def _value(series: Series, at: datetime) -> float:
    return float(series.values[(at - series.start) // series.step])


def _weeks_before(series: Series, at: datetime) -> float:
    """Return the mean of the same time of the weeks before."""
    return float(np.mean([_value(series, at - back * WEEK) for back in range(1, WEEKS + 1)]))


def _expected(loads: Loads, at: datetime) -> float:
    """Return what the taxis' last fit expects of a time to come."""
    return _value(loads.taxi_now.forecast(at - loads.taxi.end + HOUR).point, at)


def _is_the_busiest(series: Series, left_out: LeftOut) -> bool:
    """Return whether no other day had as much at that time."""
    days = [
        float(series.between(left_out.start + back * DAY, left_out.end + back * DAY).values.sum())
        for back in range(-LONGEST_HISTORY // DAY, LONGEST_HISTORY // DAY)
    ]
    return max(days) == float(series.between(left_out.start, left_out.end).values.sum())


def _clock_goes_back() -> bool:
    naive = SET_BACK.replace(tzinfo=None)
    first, second = (naive.replace(tzinfo=NEW_YORK, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first - second == HOUR


def _earlier_nights() -> list[datetime]:
    """Return when Saturdays and Sundays of the weeks before had an hour behind them."""
    return [SET_BACK - back * WEEK - before * DAY for back in range(1, WEEKS + 1) for before in (0, 1)]


def _is_crowded(series: Series, at: datetime) -> bool:
    """Return whether so many were about as never on a Wednesday at that time."""
    wednesday = at - (at.weekday() - 2) * DAY
    return _value(series, at) > CROWDED * _value(series, wednesday)


def _is_line(series: Series) -> bool:
    """Return whether an hour's gap is filled along a line between its neighbours, in logarithms."""
    first, last = NIGHT, NIGHT + HOUR // series.step
    before, after = np.log1p(series.values[[first - 1, last]]).tolist()
    return np.allclose(_filled(series, first, last), np.linspace(before, after, last - first + 2)[1:-1])


def _is_usual(series: Series) -> bool:
    """Return whether a gap of half a day is filled with the median of the same time of the other weeks."""
    first, last = NIGHT, NIGHT + DAY // series.step // 2
    week = WEEK // series.step
    others = [series.values[first + back * week : last + back * week] for back in (-1, 1, 2)]
    return np.allclose(_filled(series, first, last), np.median(np.log1p(others), axis=0))


def _filled(series: Series, first: int, last: int) -> Values:
    """Return what fills a gap made of the steps [first, last), as log values."""
    values = series.values.copy()
    values[first:last] = np.nan
    return _cleaned(series, values).panel.logs[0, first:last]


def _rows(loads: Loads, of_taxi: Sequence[LeftOut], drop: LeftOut) -> list[list[Panel]]:
    taxi, tweets = loads.taxi, loads.tweets
    days, day = taxi.between(taxi.end - SHOWN, taxi.end), drop.start.replace(hour=0, minute=0)
    return [
        [_panel("Taxis of New York", f"passengers in {span(taxi.step)}", days, of_taxi)],
        [_panel("Tweets about a company", f"tweets in {span(tweets.step)}", tweets.between(day, day + DAY), [drop])],
    ]


def _panel(title: str, unit: str, series: Series, left_out: Sequence[LeftOut]) -> Panel:
    """Return a series, with what is left out of it behind."""
    length = series.end - series.start
    named: set[Reason] = set()
    marks: list[Mark] = []
    for each in left_out:
        first, last = ((at - series.start) / HOUR for at in (each.start, each.end))
        marks.append(Span(first, last, INKS[each.reason], "" if each.reason in named else each.reason.value))
        named.add(each.reason)
    axis = time_axis(series.start, length, every=48 if length > DAY else 3)
    return Panel(title, axis, measured(unit, series.values), [*marks, line(series, series.start)])
