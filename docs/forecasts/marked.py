"""Step: days that are not as their weekday says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import VICTORIA, Loads, fitted_at, victorian_holidays
from docs.forecasts.step import DAY, Step, line, percent, time_axis
from docs.marks import Ink, measured
from forecasting import Calendar, Event, FittedForecast, MarkedDay, Series
from forecasting.series import Values

SATURDAY = 5
JUDGED = timedelta(days=250)  # at the end of the recording: one holiday of each kind is known by then
UNMARKED = Calendar(VICTORIA.key)
TWICE = 2.0
LEVEL = 0.95


def marked(loads: Loads) -> Step:
    """Return the last holiday of the electricity with and without its mark, and how all of a year's did."""
    series = loads.electricity
    days = [day for day in victorian_holidays() if _is_judged(series, day)]
    calendar = Calendar(VICTORIA.key, marked_days=victorian_holidays())
    known = {day: [_fitted(series, day, each) for each in (UNMARKED, calendar)] for day in days}
    told = {day: [_expected(fitted, day) for fitted in both] for day, both in known.items()}
    errors = np.array([[_off(series, day, path) for path in paths] for day, paths in told.items()])
    shown = days[-1]
    worse = [
        f"{day.name} ({day.date})" for day, (without, with_it) in zip(days, errors, strict=True) if with_it > without
    ]
    return Step(
        figures={
            "holiday": shown.name,
            "holiday_date": f"{shown.date:%A}, {shown.date.day} {shown.date:%B %Y}",
            "off_unmarked": percent(errors[-1, 0], 1),
            "off_marked": percent(errors[-1, 1], 1),
            "holidays": str(len(days)),
            "holidays_left": percent(errors[:, 1].sum() / errors[:, 0].sum()),
            "holidays_worse": ", ".join(worse) or "none",
        },
        holds={
            "That is the best case.": bool((errors[-1, 1] / errors[-1, 0] <= errors[:, 1] / errors[:, 0]).all()),
            "Marking takes away more than half of the error of these days.": errors[:, 1].sum()
            < errors[:, 0].sum() / 2,
            "What they were like stays known when they are older than the history of a fit.": _stay_known(
                known[shown][1]
            ),
            "The first one ever is expected to be much like a Sunday, and its bounds are wider.": _is_unsure(
                known[shown][1]
            ),
            "An event with a multiplier acts on the forecast within its window and nowhere else.": _multiplies(
                loads.midnight
            ),
        },
        picture=drawn(
            "A public holiday in Victoria, forecast with and without its mark", [[_panel(series, shown, told[shown])]]
        ),
    )


def _stay_known(fitted: FittedForecast) -> bool:
    """Return whether a forecaster remembers marked days from before the history that it was fitted on."""
    return any(each.day.date < (fitted.origin - fitted.history).date() for each in fitted.marked.past)


def _is_unsure(fitted: FittedForecast) -> bool:
    """Return whether bounds are wider where no marked day was ever seen than where there is no mark."""
    first_ever = replace(fitted, marked=replace(fitted.marked, past=()))
    unmarked = replace(fitted, calendar=UNMARKED)
    wide, usual = (
        each.forecast(DAY, (LEVEL,)).quantile(LEVEL).values / each.forecast(DAY).point.values
        for each in (first_ever, unmarked)
    )
    return bool(wide.mean() > usual.mean())


def _is_judged(series: Series, day: MarkedDay) -> bool:
    """Return whether a holiday was a working day of its week, near the end of the recording."""
    begin, end = _bounds(day)
    return day.date.weekday() < SATURDAY and begin > series.end - JUDGED and end <= series.end


def _bounds(day: MarkedDay) -> tuple[datetime, datetime]:
    begin, end = (datetime.combine(each, time(), VICTORIA).astimezone(UTC) for each in (day.date, day.date + DAY))
    return begin, end


def _fitted(series: Series, day: MarkedDay, calendar: Calendar) -> FittedForecast:
    """Return the forecaster of a day's midnight."""
    return fitted_at(series, _bounds(day)[0], calendar=calendar)


def _expected(fitted: FittedForecast, day: MarkedDay) -> Values:
    begin, end = _bounds(day)
    return fitted.forecast(end - begin).point.values


def _off(series: Series, day: MarkedDay, path: Values) -> float:
    truth = series.between(*_bounds(day)).values
    return float(np.abs(truth - path).sum() / truth.sum())


def _multiplies(fitted: FittedForecast) -> bool:
    """Return whether twice the demand, announced for some hours, is twice the forecast for these hours."""
    window = (fitted.origin + timedelta(hours=3), fitted.origin + timedelta(hours=6))
    announced = replace(fitted, calendar=Calendar(events=(Event(*window, multiplier=TWICE),)))
    plain, planned = (each.forecast(DAY).point for each in (fitted, announced))
    inside = (plain.seconds >= window[0].timestamp()) & (plain.seconds < window[1].timestamp())
    return np.allclose(planned.values, np.where(inside, TWICE, 1.0) * plain.values)


def _panel(series: Series, day: MarkedDay, paths: Sequence[Values]) -> Panel:
    begin, end = _bounds(day)
    truth = series.between(begin, end)
    without, with_it = (Series(begin, series.step, path) for path in paths)
    return Panel(
        f"{day.name} in Victoria, {day.date:%A}, {day.date.day} {day.date:%B %Y}",
        time_axis(begin, end - begin, every=3, zone=VICTORIA),
        measured("MW", truth.values, *paths, low=None),
        [
            line(truth, begin, name="came"),
            line(without, begin, Ink.ORANGE, name="forecast unmarked", dashed=True),
            line(with_it, begin, Ink.BLUE, name="forecast marked"),
        ],
    )
