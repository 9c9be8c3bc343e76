"""The calendar that demand is learned by: the clock of its users, their holidays, and what learning leaves out."""

from collections.abc import Sequence
from datetime import timedelta

from controller.api.demand_event import DemandEvent
from controller.api.scaling_policy import ScalingPolicySpec
from controller.scaling.dates.demand_windows import EVERYTHING, window_of
from controller.scaling.dates.holidays import with_holidays
from controller.scaling.dates.schedules import schedule_windows
from forecasting import Calendar, Event, Series

FIT_LASTS = timedelta(days=2)  # a forecaster takes in newer samples for a day at most until it is fitted anew


def calendar_of(spec: ScalingPolicySpec, history: Series, *, events: Sequence[DemandEvent] = ()) -> Calendar:
    """Return the calendar of a history: events and windows with a multiplier are left out of it, and while a fit lasts.

    What a ramp follows after their end is left out with them: demand is not yet as usual there.

    Raises ForecastingError as with_holidays does.
    """
    windows = schedule_windows(spec, history.start, history.end + FIT_LASTS)
    multiplied = (window for window in windows if window.known_as or window.multiplier_percent > EVERYTHING)
    forgotten = tuple(Event(each.start, each.over_at) for each in (*map(window_of, events), *multiplied))
    return with_holidays(Calendar(spec.forecast.time_zone, forgotten), spec.forecast.holidays, history)


def calendar_of_days(spec: ScalingPolicySpec, history: Series, *, events: Sequence[DemandEvent] = ()) -> Calendar:
    """Return the calendar of a history of whole days: dated events are left out of it, what recurs is part of them.

    Raises ForecastingError as with_holidays does.
    """
    forgotten = tuple(Event(each.start, each.over_at) for each in map(window_of, events))
    return with_holidays(Calendar(spec.forecast.time_zone, forgotten), spec.forecast.holidays, history)
