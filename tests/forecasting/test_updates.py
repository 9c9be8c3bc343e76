"""New samples for many forecasters at once: each has the numbers it would have had alone."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from forecasting import Calendar, Event, FittedForecast, MarkedDay, Series, SeriesRefused, fit, fit_batch, update_batch
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_series, noisy_week
from tests.forecasting.test_batch_of_thousands import a_fleet

MINUTE = timedelta(minutes=1)
END = MONDAY + timedelta(days=16)

# What newer samples of the same two hours may look like; the origin is an hour and a half before their end.
RECENTS = (
    lambda load, _: load,
    lambda load, _: np.where(np.arange(len(load)) % 7 == 3, np.nan, load),
    lambda load, _: np.where(np.arange(len(load)) > 80, np.nan, load),
    lambda load, _: np.where(np.arange(len(load)) > 33, np.nan, load),
    lambda load, _: np.full(len(load), np.nan),
    lambda load, _: 3 * load,
    lambda load, _: np.where(np.arange(len(load)) < 100, load, 0.1 * load),
    lambda load, random: load * random.choice([0.2, 1.0, 2.0], len(load)),
)


def histories(count: int) -> list[Series]:
    return [a_series(noisy_week(16, seed), FIVE_MINUTES) for seed in range(count)]


def newer(number: int, level: float, start_of: FittedForecast) -> Series:
    load = np.random.default_rng(number).normal(level, 0.05 * level + 1e-9, 120).clip(0)
    return Series(
        start_of.origin - HOUR / 2, MINUTE, RECENTS[number % len(RECENTS)](load, np.random.default_rng(number))
    )


def paths_of(forecasters: Sequence[FittedForecast]) -> list[Values]:
    return [each.forecast(timedelta(days=1), (0.05, 0.5, 0.95)).paths for each in forecasters]


def assert_same(together: Sequence[FittedForecast], alone: Sequence[FittedForecast]) -> None:
    assert [each.origin for each in together] == [each.origin for each in alone]
    for one, other in zip(paths_of(together), paths_of(alone), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(),
        Calendar("Europe/Berlin", events=(Event(END + HOUR / 3, END + HOUR / 2, 2.0),)),
        Calendar(marked_days=(MarkedDay(END.date() - timedelta(days=7), "fair"), MarkedDay(END.date(), "fair"))),
    ],
    ids=["ordinary", "with an event", "on a marked day"],
)
def test_many_updated_together_have_the_numbers_of_each_updated_alone(calendar: Calendar) -> None:
    fitted = fit_batch(histories(40), calendar=calendar)
    recents = [newer(number, 100.0, each) for number, each in enumerate(fitted)]

    together = update_batch(fitted, recents)

    assert_same(together, [each.update(recent) for each, recent in zip(fitted, recents, strict=True)])


def test_forecasters_of_all_kinds_can_be_updated_together() -> None:
    fleet = a_fleet(48)
    fitted = fit_batch(fleet)
    recents = [newer(number, float(np.nanmean(each.values)), fitted[number]) for number, each in enumerate(fleet)]

    together = update_batch(fitted, recents)

    assert_same(together, [each.update(recent) for each, recent in zip(fitted, recents, strict=True)])


def test_fits_of_different_times_that_have_come_to_one_origin_are_kept_apart() -> None:
    whole = histories(6)
    late = fit_batch(whole)
    early = [
        each.update(series)
        for each, series in zip(fit_batch([s.between(s.start, s.end - HOUR) for s in whole]), whole, strict=True)
    ]
    mixed = [each for pair in zip(late, early, strict=True) for each in pair]
    recents = [newer(number, 100.0, each) for number, each in enumerate(mixed)]

    together = update_batch(mixed, recents)

    assert len({each.origin for each in mixed}) == 1
    assert_same(together, [each.update(recent) for each, recent in zip(mixed, recents, strict=True)])


def test_updating_twice_is_updating_once() -> None:
    fitted = fit_batch(histories(3))
    halves = [Series(END, FIVE_MINUTES, np.full(count, 90.0)) for count in (5, 10)]

    twice = update_batch(update_batch(fitted, [halves[0]] * 3), [halves[1]] * 3)

    assert_same(twice, update_batch(fitted, [halves[1]] * 3))


def test_whoever_has_no_newer_sample_stays_as_it_is() -> None:
    fitted = fit_batch(histories(2))
    nothing, something = (Series(END, MINUTE, np.full(9, value)) for value in (np.nan, 100.0))

    updated = update_batch(fitted, [nothing, something])

    assert updated[0] is fitted[0]
    assert updated[1].origin == END + FIVE_MINUTES
    assert update_batch([], []) == []


def test_a_step_that_does_not_divide_the_fitted_one_is_refused() -> None:
    fitted = fit(histories(1)[0])

    with pytest.raises(SeriesRefused, match="not a multiple"):
        update_batch([fitted], [Series(END, 2 * MINUTE, np.ones(9))])


def test_each_minute_of_a_step_in_progress_is_as_if_it_were_the_first_to_be_asked_for() -> None:
    (history,) = histories(1)
    asked_before = fit(history)
    for minutes in range(11, 15):  # two whole steps, and as much of the third
        recent = Series(END, MINUTE, np.linspace(80, 120, minutes))
        unasked = fit(history)
        np.testing.assert_array_equal(
            asked_before.update(recent).forecast(HOUR).paths, unasked.update(recent).forecast(HOUR).paths
        )


def test_a_sample_of_a_whole_step_that_comes_late_is_heard() -> None:
    fitted = fit(histories(1)[0])
    recent = np.full(12, 100.0)
    late = Series(END, MINUTE, np.where(np.arange(12) < 5, np.nan, recent))
    without = fitted.update(late).forecast(HOUR).paths
    assert not np.array_equal(without, fitted.update(Series(END, MINUTE, recent)).forecast(HOUR).paths)
