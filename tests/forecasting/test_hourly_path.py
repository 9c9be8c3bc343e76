"""Paths of hours: what hours are seen of a grid, and how a path of hours is told on it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasting.models import fit_member
from forecasting.models.hourly_path import (
    HourlyPath,
    LearnedPath,
    fit_hours,
    last_day_repeated,
    on_clock,
    within_hour,
)
from forecasting.models.ridge import Ridge
from forecasting.models.smoothing import DoubleSeasonal
from forecasting.panel import Panel
from forecasting.seasons import local_steps
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_panel

BERLIN = ZoneInfo("Europe/Berlin")
DAY = 288


def a_path(hours: Values, within: Values | None = None) -> HourlyPath:
    """A path that begins on a Monday's midnight, on a grid of an hour or as fine as `within` has slots."""
    slots = 24 if within is None else len(within)
    origin = int(a_panel([0.0], timedelta(days=1) / slots).steps.ticks[0])
    return HourlyPath(origin, hours[None, :], np.zeros((1, slots)) if within is None else within[None, :], np.zeros(1))


def test_a_path_tells_the_day_before_the_week_to_come_and_the_same_week_again() -> None:
    path = a_path(np.arange(-24.0, 168.0))
    steps = a_panel(np.zeros(24 + 2 * 168), HOUR, start=MONDAY - timedelta(days=1)).steps

    pattern = path.pattern(steps)

    assert pattern[0].tolist() == [*range(-24, 168), *range(168)]


def test_before_a_path_its_first_hour_is_held() -> None:
    path = a_path(np.arange(-24.0, 168.0))
    steps = a_panel(np.zeros(25), HOUR, start=MONDAY - timedelta(hours=48)).steps

    pattern = path.pattern(steps)

    assert pattern[0].tolist() == [-24.0] * 25


def test_finer_steps_lie_on_the_line_through_the_middles_of_hours() -> None:
    path = a_path(np.arange(-24.0, 168.0), np.zeros(DAY))
    steps = a_panel(np.zeros(24)).steps

    pattern = path.pattern(steps)

    np.testing.assert_allclose(pattern[0], (np.arange(24) + 0.5) / 12 - 0.5)


def test_a_slots_usual_deviation_is_put_back() -> None:
    spike = (np.arange(DAY) == 100).astype(float)
    path = a_path(np.ones(192), spike)

    pattern = path.pattern(a_panel(np.zeros(DAY)).steps)

    np.testing.assert_allclose(pattern[0], 1 + spike)


def test_the_shape_within_the_hour_is_what_the_line_through_hours_misses() -> None:
    slots = np.arange(28 * DAY) % DAY
    logs = np.where(slots == 100, 2.0, 1.0)
    past = Panel(a_panel(logs).steps, logs[None, :])

    shape = within_hour(past.before(10 * DAY + 37))

    assert shape.shape == (1, DAY)
    assert int(shape[0].argmax()) == 100
    assert shape[0, 100] == pytest.approx(1 - 1 / 12, abs=0.02)
    assert np.abs(shape[0, np.abs(np.arange(DAY) - 100) > 24]).max() < 1e-12


def test_one_odd_day_leaves_no_trace_in_the_shape() -> None:
    logs = np.ones(14 * DAY)
    logs[11 * DAY + 100] = 9.0

    shape = within_hour(Panel(a_panel(logs).steps, logs[None, :]))

    np.testing.assert_allclose(shape, 0.0, atol=1e-12)


@pytest.mark.parametrize("steps", [DAY, DAY + 30, 2 * DAY + 24], ids=["a day", "a day and a bit", "two days"])
def test_a_short_history_has_a_flat_or_a_plain_shape(steps: int) -> None:
    shape = within_hour(a_panel(np.full(steps, 5.0)))

    np.testing.assert_allclose(shape, np.zeros((1, DAY)), atol=1e-12)


def test_hours_are_counted_back_from_each_position() -> None:
    panel = Panel(a_panel(np.zeros(3 * DAY)).steps, np.arange(3.0 * DAY)[None, :])
    seen: list[tuple[float, list[int]]] = []

    def learn(means: Values, ends: Sequence[int]) -> list[LearnedPath]:
        seen.append((float(means[0, -1]), list(ends)))
        return [last_day_repeated(means[:, :end]) for end in ends]

    fitted = fit_hours(panel, [DAY, DAY + 5, 2 * DAY, 2 * DAY + 5], learn)

    # The mean of twelve steps that end with step 2 * DAY - 1, and with step 2 * DAY + 4.
    assert seen == [(2 * DAY - 6.5, [24, 48]), (2 * DAY - 1.5, [24, 48])]
    assert [path.hours[0, -1] for path in fitted] == [DAY - 6.5, DAY - 1.5, 2 * DAY - 6.5, 2 * DAY - 1.5]


def spring_and_autumn() -> list[Panel]:
    starts = [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
    panels = [local_steps(start.timestamp(), 1800, 48, BERLIN) for start in starts]
    return [Panel(steps, np.arange(48.0)[None, :]) for steps in panels]


def test_hours_that_the_clock_skips_hold_the_sample_before() -> None:
    spring = spring_and_autumn()[0]

    clock, positions = on_clock(spring, [26, 27, 48])

    # 02:00 and 02:30 of the local clock follow 26 samples and do not exist.
    assert clock.logs[0].tolist() == [*range(26), 25, 25, *range(26, 48)]
    assert np.diff(clock.steps.ticks).tolist() == [1] * 49
    assert positions == [26, 29, 50]


def test_of_hours_that_the_clock_shows_twice_the_first_counts() -> None:
    autumn = spring_and_autumn()[1]

    clock, positions = on_clock(autumn, [25, 26, 27, 28, 29, 48])

    # Samples 26 and 27 show 02:00 and 02:30 again.
    assert clock.logs[0].tolist() == [*range(26), *range(28, 48)]
    assert positions == [25, 26, 26, 26, 27, 46]


@pytest.mark.parametrize("season", [0, 1], ids=["spring", "autumn"])
def test_nothing_moves_before_a_position_that_came_after_it(season: int) -> None:
    panel = spring_and_autumn()[season]

    clock, positions = on_clock(panel, range(1, 49))

    for position, moved in enumerate(positions, start=1):
        assert (clock.logs[0, :moved] < position).all()


def test_a_grid_without_a_change_stays_as_it_is() -> None:
    panel = a_panel(np.arange(10.0), FIVE_MINUTES)

    clock, positions = on_clock(panel, [3, 7])

    assert clock is panel
    assert positions == [3, 7]


def test_a_last_day_an_hour_short_begins_with_its_first_hour_twice() -> None:
    means = np.arange(23.0)[None, :]

    path = last_day_repeated(means)

    assert path.hours.shape == (1, 192)
    assert path.hours[0, 24:48].tolist() == [0, *range(23)]


@pytest.mark.parametrize(
    ("start", "change"),
    [
        pytest.param(datetime(2026, 3, 8, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC), id="spring"),
        pytest.param(datetime(2026, 10, 4, 22, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), id="autumn"),
    ],
)
@pytest.mark.parametrize("hours_later", [0, 30])
@pytest.mark.parametrize("model", [Ridge(), DoubleSeasonal()], ids=lambda model: model.name)
def test_the_peak_stays_at_the_same_hour_of_the_clock_when_clocks_change(
    start: datetime, change: datetime, hours_later: int, model: Ridge | DoubleSeasonal
) -> None:
    steps = local_steps(start.timestamp(), 3600, 24 * 28, BERLIN)
    load = np.log1p(200 + 100 * np.cos(2 * np.pi * (steps.ticks % 24 - 12) / 24))[None, :]
    known = int((change - start) / HOUR) + hours_later

    fitted = fit_member(model, Panel(steps.part(0, known), load[:, :known]))

    after = steps.part(known, len(steps))
    assert np.abs(fitted.pattern(after) - load[:, known:]).max() < 0.05
