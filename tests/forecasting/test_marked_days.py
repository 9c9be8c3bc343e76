"""What marked days teach: how much of a Sunday they are, what they have besides, and how unsure that is."""

import pickle
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from forecasting import Calendar, Event, Series
from forecasting.marked_days import MOST_REMEMBERED, NO_MARKED_DAYS, learn_marked_days, widened
from forecasting.occasions import MarkedDay
from forecasting.seasons import Steps, local_steps
from forecasting.series import Values
from tests.forecasting.loads import HOUR, MONDAY, a_series, usual_week

DAY = timedelta(days=1)
SUNDAY = 0.6  # of a weekday, in usual_week
LARGE = 1e6  # demand so large that log(1 + y) is log(y): factors stay factors
WEEKS = 8
WEDNESDAY = 7 * WEEKS + 2  # the first Wednesday after so many weeks


def on_day(number: int, name: str = "Holiday") -> MarkedDay:
    """The day so many days after the first of all histories here, which is a Monday."""
    return MarkedDay((MONDAY + number * DAY).date(), name)


def a_history(holidays: dict[int, float], step: timedelta = HOUR, days: int = 7 * WEEKS) -> Series:
    """Usual weeks, in which holidays have so much of the ordinary day they would have been."""
    values = LARGE * usual_week(days, step)
    for number, factor in holidays.items():
        values[number * (DAY // step) : (number + 1) * (DAY // step)] *= factor
    return a_series(values, step)


def steps_of(day: MarkedDay, step: timedelta = HOUR) -> Steps:
    begin = datetime(day.date.year, day.date.month, day.date.day, tzinfo=UTC)
    return local_steps(begin.timestamp(), step.total_seconds(), DAY // step, UTC)


def factors(history: Series, past: list[MarkedDay], coming: MarkedDay) -> Values:
    """What the hours of a marked day to come are expected to be, as factors on the ordinary day."""
    calendar = Calendar(marked_days=(*past, coming))
    known = learn_marked_days(history, calendar)
    return np.asarray(np.exp(known.deviations(steps_of(coming, history.step), calendar)))


@pytest.mark.parametrize(
    ("number", "factor"),
    [(WEDNESDAY, SUNDAY), (WEDNESDAY + 3, 1.0), (WEDNESDAY + 4, 1.0)],
    ids=["a Wednesday", "a Saturday", "a Sunday"],
)
def test_the_first_marked_day_is_a_sunday(number: int, factor: float) -> None:
    np.testing.assert_allclose(factors(a_history({}), [], on_day(number)), factor, rtol=1e-6)


@pytest.mark.parametrize(
    ("seen", "like", "low", "high"),
    [
        ([14], 1.0, 0.8, 0.95),
        ([14, 22, 30, 36], 1.0, 0.95, 1.001),
        ([14, 22, 30, 36], SUNDAY, 0.599, 0.601),
        ([14], 0.3, 0.30, 0.45),
        ([14, 22, 30, 36], 0.3, 0.29, 0.33),
        ([13], 0.3, 0.599, 0.601),
        ([13, 20, 27, 41], 0.3, 0.29 * SUNDAY, 0.31 * SUNDAY),
    ],
    ids=["ordinary once", "ordinary", "Sundays", "deeper once", "deeper", "deeper on a Sunday", "deeper on Sundays"],
)
def test_marked_days_are_expected_as_those_that_were(seen: list[int], like: float, low: float, high: float) -> None:
    past = [on_day(number, f"Holiday {number}") for number in seen]

    expected = factors(a_history(dict.fromkeys(seen, like)), past, on_day(WEDNESDAY))

    assert low <= expected.min() <= expected.max() <= high


def test_a_name_is_remembered_for_what_it_has_of_its_own() -> None:
    past = [on_day(14), on_day(22), on_day(30, "Christmas"), on_day(36)]
    history = a_history({14: SUNDAY, 22: SUNDAY, 30: 0.1, 36: SUNDAY})

    christmas, holiday = (factors(history, past, on_day(WEDNESDAY, name)).mean() for name in ("Christmas", "Holiday"))

    assert christmas < 0.3
    assert holiday == pytest.approx(SUNDAY, abs=0.1)


def test_days_that_scatter_teach_other_names_less_than_days_alike() -> None:
    def expected(holidays: dict[int, float]) -> float:
        past = [on_day(number, str(number)) for number in holidays]
        return float(factors(a_history(holidays), past, on_day(WEDNESDAY)).mean())

    alike, scattered = expected({13: 0.5, 20: 0.5, 27: 0.5}), expected({13: 0.25, 20: 1.0, 27: 0.5})

    assert alike == pytest.approx(0.5 * SUNDAY, rel=0.01)
    assert 1.1 * alike < scattered < 0.9 * SUNDAY


def test_a_weekday_that_always_differs_is_told_apart_from_the_others() -> None:
    values = a_history({}).values.copy()
    values.reshape(WEEKS, 7, 24)[:, 2] *= 0.5

    wednesday, friday = (
        factors(a_series(values, HOUR), [], on_day(number)).mean() for number in (WEDNESDAY, WEDNESDAY + 2)
    )

    assert wednesday == pytest.approx(SUNDAY / 0.5, rel=1e-6)
    assert friday == pytest.approx(SUNDAY, rel=1e-6)


def test_what_chance_put_between_weekdays_is_taken_out() -> None:
    chance = np.random.default_rng(3).normal(0, 0.3, 7 * WEEKS)
    values = a_history({}).values * np.repeat(np.exp(chance), 24)

    known = learn_marked_days(a_series(values, HOUR), Calendar(marked_days=(on_day(WEDNESDAY),)))

    apart = np.ptp(known.sundays[:5].mean(axis=1))
    unpooled = np.ptp(np.median(chance.reshape(WEEKS, 7)[-4:, :5], axis=0))
    assert apart < 0.5 * unpooled


def test_a_shape_is_learned_hour_by_hour() -> None:
    step = timedelta(minutes=5)
    values = a_history({}, step).values.copy()
    seen = [14, 22, 30, 36]
    for number in seen:
        values[number * 288 + 144 : number * 288 + 288] *= 0.3
    past = [on_day(number, str(number)) for number in seen]

    expected = factors(a_series(values, step), past, on_day(WEDNESDAY))

    assert expected[:120].mean() > 0.75
    assert expected[168:].mean() < 0.4
    assert (np.diff(expected) <= 1e-6).all()


def test_growth_is_not_taken_for_a_marked_days_own() -> None:
    history = a_history({28: SUNDAY})
    growing = Series(history.start, history.step, history.values * np.exp(0.001 * np.arange(len(history))))

    flat, grown = (factors(each, [on_day(28)], on_day(WEDNESDAY)) for each in (history, growing))

    np.testing.assert_allclose(grown, flat, atol=0.03)


@pytest.mark.parametrize("step", [timedelta(minutes=5), timedelta(minutes=45), HOUR], ids=["5 min", "45 min", "1 h"])
def test_any_step_learns_the_same(step: timedelta) -> None:
    expected = factors(a_history({30: 0.4}, step), [on_day(30)], on_day(WEDNESDAY))

    np.testing.assert_allclose(
        expected, factors(a_history({30: 0.4}), [on_day(30)], on_day(WEDNESDAY)).mean(), rtol=1e-3
    )


def test_ordinary_steps_are_left_alone() -> None:
    calendar = Calendar(marked_days=(on_day(WEDNESDAY),))
    known = learn_marked_days(a_history({}), calendar)
    steps = local_steps((MONDAY + (WEDNESDAY - 1) * DAY).timestamp(), 3600, 72, UTC)

    changed = np.flatnonzero(known.deviations(steps, calendar))

    assert changed.tolist() == list(range(24, 48))
    assert np.flatnonzero(known.doubts(steps, calendar)).tolist() == changed.tolist()


@pytest.mark.parametrize(("missing", "learned"), [(4, True), (5, False), (24, False)])
def test_a_past_day_teaches_only_where_most_of_it_is_known(*, missing: int, learned: bool) -> None:
    values = a_history({30: 0.4}).values.copy()
    values[30 * 24 + 8 : 30 * 24 + 8 + missing] = np.nan

    known = learn_marked_days(a_series(values, HOUR), Calendar(marked_days=(on_day(30),)))

    assert [seen.day for seen in known.past] == ([on_day(30)] if learned else [])


def test_a_day_of_which_only_the_morning_is_over_teaches_nothing_yet() -> None:
    history = a_history({30: 0.4})

    known = learn_marked_days(
        history.between(MONDAY, MONDAY + 30 * DAY + 12 * HOUR), Calendar(marked_days=(on_day(30),))
    )

    assert known.past == ()


def test_what_an_event_touched_teaches_nothing() -> None:
    launch = Event(MONDAY + 30 * DAY, MONDAY + 31 * DAY)

    known = learn_marked_days(a_history({30: 9.0}), Calendar(events=(launch,), marked_days=(on_day(30),)))

    assert known.past == ()


def test_a_marked_day_is_not_compared_with_other_marked_days() -> None:
    mondays = [7, 14, 21, 28, 35]
    history = a_history(dict.fromkeys(mondays, 0.4))

    known = learn_marked_days(history, Calendar(marked_days=tuple(map(on_day, mondays))))

    np.testing.assert_allclose(known.past[2].deviation, np.log(0.4), rtol=1e-5)


def test_without_a_sunday_a_marked_day_is_an_ordinary_one() -> None:
    monday_to_friday = a_history({}, days=5)

    np.testing.assert_array_equal(factors(monday_to_friday, [], on_day(7)), 1.0)


def test_what_was_remembered_outlasts_the_history() -> None:
    history = a_history({10: 0.2, 50: 0.5})
    calendar = Calendar(marked_days=(on_day(10), on_day(50), on_day(WEDNESDAY)))
    recent = history.between(history.end - 28 * DAY, history.end)

    before = learn_marked_days(history.between(MONDAY, MONDAY + 40 * DAY), calendar)
    after = learn_marked_days(recent, calendar, before)

    assert [seen.day for seen in after.past] == [on_day(10), on_day(50)]
    np.testing.assert_array_equal(after.past[0].deviation, before.past[0].deviation)


def test_what_the_calendar_no_longer_marks_is_forgotten() -> None:
    history = a_history({10: 0.2})
    known = learn_marked_days(history, Calendar(marked_days=(on_day(10),)))

    assert learn_marked_days(history, Calendar(marked_days=(on_day(11),)), known).past[0].day == on_day(11)
    assert learn_marked_days(history, Calendar(), known) is NO_MARKED_DAYS


def test_what_is_remembered_stays_small() -> None:
    marked = tuple(on_day(7 * week + 2, f"Holiday {week}") for week in range(0, 120, 2))
    calendar = Calendar(marked_days=marked)

    known = learn_marked_days(a_history({}, days=7 * 120), calendar)

    assert tuple(seen.day for seen in known.past) == marked[-MOST_REMEMBERED:]
    assert len(pickle.dumps(known)) < 30_000


def test_a_day_on_which_the_clock_springs_forward_can_be_marked() -> None:
    changeover = MarkedDay(date(2013, 10, 6), "Grand final")
    calendar = Calendar("Australia/Melbourne", marked_days=(changeover,))
    start = datetime(2013, 9, 1, 14, tzinfo=UTC)  # midnight in Melbourne
    history = Series(start, HOUR, np.full(24 * 50, 1e6))

    known = learn_marked_days(history, calendar)

    np.testing.assert_allclose(known.past[0].deviation, 0.0, atol=1e-9)


def test_that_a_first_marked_day_is_a_sunday_is_doubted_as_much_as_it_changes() -> None:
    calendar = Calendar(marked_days=(on_day(WEDNESDAY),))

    doubts = learn_marked_days(a_history({}), calendar).doubts(steps_of(on_day(WEDNESDAY)), calendar)

    np.testing.assert_allclose(doubts, -np.log(SUNDAY), rtol=1e-6)


def test_doubt_falls_with_every_marked_day_that_was_as_expected_and_rises_with_others() -> None:
    def doubt(holidays: dict[int, float]) -> float:
        calendar = Calendar(marked_days=(*map(on_day, holidays), on_day(WEDNESDAY)))
        known = learn_marked_days(a_history(holidays), calendar)
        return float(known.doubts(steps_of(on_day(WEDNESDAY)), calendar).mean())

    assert doubt({}) > doubt({14: SUNDAY}) > doubt({14: SUNDAY, 22: SUNDAY, 30: SUNDAY})
    assert doubt({14: 0.2, 22: 1.5, 30: 0.2}) > doubt({})


def test_bounds_move_out_where_there_is_doubt_and_the_median_stays() -> None:
    roots, levels = np.array([10.0, 10.0]), np.array([0.05, 0.5, 0.95])
    offsets = np.array([[-0.3, -0.3], [0.0, 0.0], [0.3, 0.3]])
    doubt = 2 * np.log1p(0.04) / 1.6448536  # at the 95th percentile it moves a root of 10 by 0.4

    moved = widened(offsets, levels, roots, np.array([0.0, doubt]))

    np.testing.assert_allclose(moved[:, 0], offsets[:, 0])
    assert moved[1:, 1].tolist() == pytest.approx([0.0, 0.5], abs=1e-6)
    assert moved[0, 1] == pytest.approx(-np.hypot(0.3, 10 * (1 - 1 / 1.04)), abs=1e-6)


def test_wider_bounds_still_rise_with_their_level() -> None:
    levels = np.linspace(0.01, 0.99, 33)
    offsets = np.sort(np.random.default_rng(0).normal(0.2, 0.5, (33, 50)), axis=0)

    moved = widened(offsets, levels, np.full(50, 10.0), np.linspace(0, 3, 50))

    assert (np.diff(moved, axis=0) >= 0).all()
