"""Step: some samples are masked, so that a fit does not learn from them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads, fitted_at
from docs.forecasts.step import DAY, HOUR, Step, line, moment, percent, span, time_axis
from docs.marks import Ink, Mark, Span, measured
from docs.tables import table
from forecasting import Calendar, Series
from forecasting.anomalies import find_anomalies
from forecasting.batch import LONGEST_HISTORY
from forecasting.gaps import LONGEST_SHORT_GAP, fill_gaps
from forecasting.masks import Masked, Reason
from forecasting.panel import panel_of
from forecasting.series import Values

NEW_YORK = ZoneInfo("America/New_York")
SET_BACK = datetime(2014, 11, 2, 1, tzinfo=UTC)  # by New York's clock, in which the recording is written
WEEK = 7 * DAY
WEEKS = 3  # to compare with
CROWDED = 2  # times a Wednesday
INKS = {Reason.SPIKE: Ink.ORANGE, Reason.GLITCH: Ink.ORANGE, Reason.OUTAGE: Ink.BLUE, Reason.GAP: Ink.GREEN}
NIGHT = 400  # a step more than a week after the begin, and more than two weeks before the end
SHOWN = 12 * DAY  # of the taxis


def cleaning(loads: Loads) -> Step:
    """Return what is masked in the last weeks of the taxis, and in the longest drop of the tweets."""
    taxi, tweets = (each.between(each.end - LONGEST_HISTORY, each.end) for each in (loads.taxi, loads.tweets))
    of_taxi, of_tweets = _masks(taxi), _masks(tweets)
    drop = max((mask for mask in of_tweets if mask.reason is Reason.OUTAGE), key=lambda mask: mask.last - mask.first)
    night = _begin(tweets, drop).replace(hour=0, minute=0)
    return Step(
        figures={
            "masked_taxi": table(["from", "for", "called"], [_row(taxi, mask) for mask in of_taxi]),
            "masked_share": percent(sum(mask.last - mask.first for mask in of_taxi) / len(taxi), 1),
            "set_back": moment(SET_BACK),
            "set_back_times": f"{_value(taxi, SET_BACK) / _weeks_before(taxi, SET_BACK):.1f}",
            "next_week_times": f"{_expected(loads, SET_BACK + WEEK) / _weeks_before(taxi, SET_BACK):.1f}",
            "drop_at": moment(_begin(tweets, drop)),
            "drop_for": span((drop.last - drop.first) * tweets.step),
            "short_gap": span(timedelta(seconds=LONGEST_SHORT_GAP)),
        },
        holds={
            "The first is a night on which more people were out than on any other.": _is_the_busiest(taxi, of_taxi[0]),
            "The second began on $set_back.": len(of_taxi) > 1 and _begin(taxi, of_taxi[1]) == SET_BACK,
            "That night New York set its clocks back, and the recording counts an hour twice.": _clock_goes_back(),
            "A gap of up to $short_gap becomes a straight line.": _is_line(taxi),
            "A longer one takes what the same time of other weeks had.": _is_usual(taxi),
            "Other nights before a weekend's days are crowded too, but they come every week, so they stay.": all(
                _is_crowded(taxi, at) and not _is_masked(taxi, of_taxi, at) for at in _earlier_nights()
            ),
        },
        picture=drawn(
            "What is masked in days of taxi passengers, and in a day of tweets",
            [
                [
                    _panel(
                        "Taxis of New York", f"passengers in {span(taxi.step)}", taxi, of_taxi, taxi.end - SHOWN, SHOWN
                    )
                ],
                [_panel("Tweets about a company", f"tweets in {span(tweets.step)}", tweets, of_tweets, night, DAY)],
            ],
        ),
    )


def _masks(series: Series) -> tuple[Masked, ...]:
    return find_anomalies(panel_of([series], Calendar()), hindsight=True)[0]


def _begin(series: Series, mask: Masked) -> datetime:
    return series.start + mask.first * series.step


def _row(series: Series, mask: Masked) -> list[str]:
    return [moment(_begin(series, mask)), span((mask.last - mask.first) * series.step), mask.reason.value]


def _value(series: Series, at: datetime) -> float:
    return float(series.values[(at - series.start) // series.step])


def _weeks_before(series: Series, at: datetime) -> float:
    """Return the mean of the same time of the weeks before."""
    return float(np.mean([_value(series, at - back * WEEK) for back in range(1, WEEKS + 1)]))


def _expected(loads: Loads, at: datetime) -> float:
    """Return what the taxis' last fit expects of a time to come."""
    return _value(fitted_at(loads.taxi, loads.taxi.end).forecast(at - loads.taxi.end + HOUR).point, at)


def _is_the_busiest(series: Series, mask: Masked) -> bool:
    """Return whether no other day had as much in the time that a mask covers."""
    day = DAY // series.step
    mine, *others = (
        float(series.values[first : first + mask.last - mask.first].sum())
        for first in (mask.first, *range(mask.first % day, mask.first, day), *range(mask.first + day, mask.last, day))
    )
    return mine > max(others)


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


def _is_masked(series: Series, masks: tuple[Masked, ...], at: datetime) -> bool:
    step = (at - series.start) // series.step
    return any(mask.first <= step < mask.last for mask in masks)


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
    panel = panel_of([Series(series.start, series.step, values)], Calendar())
    return fill_gaps(panel).logs[0, first:last]


def _panel(
    title: str, unit: str, series: Series, masks: tuple[Masked, ...], begin: datetime, length: timedelta
) -> Panel:
    """Return a part of a series, with what is masked of it behind."""
    part = series.between(begin, begin + length)
    named: set[Reason] = set()
    marks: list[Mark] = []
    for mask in masks:
        first, last = (((_begin(series, mask) - begin) / HOUR), (series.start + mask.last * series.step - begin) / HOUR)
        if last > 0 and first < length / HOUR:
            name = "" if mask.reason in named else mask.reason.value
            marks.append(Span(max(0.0, first), last, INKS[mask.reason], name))
            named.add(mask.reason)
    every = 48 if length > DAY else 3
    return Panel(title, time_axis(begin, length, every=every), measured(unit, part.values), [*marks, line(part, begin)])
