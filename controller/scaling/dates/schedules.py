"""Schedules: when exactly the windows of a policy hold, as its users' clocks show. What they ask for is a voice's word.

Clocks are followed as people do: a window is on from the first moment at which its clock shows the start or later, to
the last moment at which it shows the end. So a start that the clock skips in spring comes with the first time that
there is; of a time that comes twice in autumn a start is the first, an end the second, and nothing goes off and on in
between. RFC 5545 begins a skipped start later: by as much as was skipped.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from controller.api.forecast import Holidays
from controller.api.occasion import MultiplierSource
from controller.api.scaling_policy import ScalingPolicySpec
from controller.api.schedule import Schedule, Weekday
from controller.scaling.dates.demand_windows import EVERYTHING, DemandWindow
from controller.scaling.dates.holidays import is_holiday
from controller.scaling.reasons import Reason

DAY = timedelta(days=1)
WEEKDAYS = tuple(Weekday)


def schedule_windows(spec: ScalingPolicySpec, begin: datetime, end: datetime) -> tuple[DemandWindow, ...]:
    """Return the windows of all schedules that hold, or whose ramps rise or fall, in [begin, end); oldest first."""
    found = (
        window
        for schedule in spec.schedules
        for window in _windows(schedule, spec, begin - schedule.ramp_out, end + schedule.ramp_in)
        if window.start - window.ramp_in < end and begin < window.over_at
    )
    return tuple(sorted(found, key=lambda window: window.start))


def moment(local: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return when the clock of a zone shows a local time: the first moment, or the last; of a skipped one, the skip."""
    found = local.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if _shown(found, zone) == local:
        return found
    # In a gap `fold` means the offset before or after it, so that these two lie around the skip.
    earliest, latest = (int(local.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (1, 0))
    seconds = range(earliest, latest)
    after = bisect_left(seconds, x=True, key=lambda second: _shown(datetime.fromtimestamp(second, UTC), zone) >= local)
    return datetime.fromtimestamp(earliest + after, UTC)


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock of a zone shows, as a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _windows(schedule: Schedule, spec: ScalingPolicySpec, begin: datetime, end: datetime) -> Iterator[DemandWindow]:
    """Yield the windows that begin on the local days of [begin, end), and on the day before: it may cross midnight."""
    zone = ZoneInfo(schedule.time_zone) if schedule.time_zone else spec.forecast.zone
    day, last_day = begin.astimezone(zone).date() - DAY, end.astimezone(zone).date()
    lasts_to_next_day = DAY if schedule.end <= schedule.start else timedelta(0)
    while day <= last_day:
        if _begins_on(day, schedule, spec.forecast.holidays):
            start = moment(datetime.combine(day, schedule.start), zone)
            stop = moment(datetime.combine(day + lasts_to_next_day, schedule.end), zone, last=True)
            if start < stop:  # in spring all of it may be skipped
                yield _window(schedule, start, stop)
        day += DAY


def _begins_on(day: date, schedule: Schedule, holidays: Holidays | None) -> bool:
    return (
        WEEKDAYS[day.weekday()] in schedule.weekdays
        and (schedule.first_date or day) <= day <= (schedule.last_date or day)
        and day not in schedule.except_dates
        and not (schedule.except_holidays and holidays is not None and is_holiday(day, holidays))
    )


def _window(schedule: Schedule, start: datetime, end: datetime) -> DemandWindow:
    known_as = schedule.name if schedule.multiplier_source is MultiplierSource.LAST_TIME else ""
    return DemandWindow(
        reason=Reason.SCHEDULE,
        name=schedule.name,
        start=start,
        end=end,
        ramp_in_seconds=schedule.ramp_in_seconds,
        ramp_out_seconds=schedule.ramp_out_seconds,
        multiplier_percent=schedule.multiplier_percent or EVERYTHING,
        min_replicas=schedule.min_replicas or 0,
        description=schedule.description,
        known_as=known_as,
        like=known_as,
    )
