"""Which samples are told from demand, on loads with daily and weekly seasons and noise that lasts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasting.anomalies import find_anomalies
from forecasting.masks import Masked, Masks, Reason
from forecasting.panel import Panel
from forecasting.seasons import Ticks
from forecasting.series import Flags, Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_panel, noisy_week

DAY = 288
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def changed(values: Values, first: int, count: int, factor: float) -> Values:
    """So many samples from the first on, times a factor."""
    result = values.copy()
    result[first : first + count] *= factor
    return result


def found(values: Values, step: timedelta = FIVE_MINUTES, *, hindsight: bool = True) -> Masks:
    return find_anomalies(a_panel(values, step), hindsight=hindsight)[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("persistence", "scale"), [(0.0, 0.1), (0.8, 0.05), (0.97, 0.1), (0.995, 0.1)])
def test_noise_is_no_anomaly(seed: int, persistence: float, scale: float) -> None:
    values = noisy_week(28, seed, persistence=persistence, scale=scale)

    masked = [mask.last - mask.first for hindsight in (True, False) for mask in found(values, hindsight=hindsight)]

    assert sum(masked) <= 0.01 * len(values)


@pytest.mark.parametrize("day", [0.3, 3.4, 9.5, 16.4, 26.9, 27.979], ids=lambda day: f"day {day}")
@pytest.mark.parametrize(
    ("count", "factor", "reason"),
    [
        (6, 0.0, Reason.OUTAGE),
        (6, 0.3, Reason.OUTAGE),
        (150, 0.2, Reason.OUTAGE),
        (6, 3.0, Reason.SPIKE),
        (40, 4.0, Reason.SPIKE),
        (1, 0.0, Reason.GLITCH),
        (1, 1e6, Reason.GLITCH),
        (2, 1e3, Reason.GLITCH),
    ],
    ids=["outage", "partial outage", "half a day low", "spike", "hours of spike", "zero", "absurd", "two absurd"],
)
def test_what_the_season_does_not_explain_is_found(day: float, count: int, factor: float, reason: Reason) -> None:
    first = round(day * DAY)
    values = changed(noisy_week(28), first, count, factor)

    (mask,) = found(values)

    assert mask.reason is reason
    assert abs(mask.first - first) <= 1
    assert abs(mask.last - min(first + count, 28 * DAY)) <= 1


@pytest.mark.parametrize("factor", [0.0, 3.0], ids=["outage", "spike"])
def test_the_newest_anomaly_is_found_while_it_lasts(factor: float) -> None:
    values = changed(noisy_week(28), 28 * DAY - 4, 4, factor)

    (mask,) = found(values)

    assert (mask.first, mask.last) == (28 * DAY - 4, 28 * DAY)


@pytest.mark.parametrize(("step", "count"), [(MINUTE, 30), (timedelta(minutes=30), 2), (HOUR, 3)], ids=str)
def test_anomalies_are_found_on_any_grid(step: timedelta, count: int) -> None:
    per_day = timedelta(days=1) // step
    values = changed(noisy_week(15, step=step), 10 * per_day + per_day // 2, count, 0.0)

    (mask,) = found(values, step)

    assert mask == Masked(10 * per_day + per_day // 2, 10 * per_day + per_day // 2 + count, Reason.OUTAGE)


def test_a_step_that_does_not_divide_an_hour_is_fine() -> None:
    step = timedelta(minutes=45)

    assert found(noisy_week(15, step=step), step) == ()


@pytest.mark.parametrize(
    "season",
    [
        lambda slot: slot % DAY // 6 == 20,
        lambda slot: slot % (7 * DAY) // 6 == 200,
        lambda slot: slot % DAY == 100,
        lambda slot: (slot % DAY // 6 == 20) & (slot > 26 * DAY),
        lambda slot: (slot + 2 * (slot // DAY % 3 - 1)) % DAY // 6 == 20,
    ],
    ids=["half an hour a day", "half an hour a week", "a sample a day", "on the last two days", "ten minutes off"],
)
@pytest.mark.parametrize("factor", [3.0, 0.1], ids=["spike", "drop"])
def test_what_comes_back_is_demand(season: Callable[[Ticks], Flags], factor: float) -> None:
    slots = np.arange(28 * DAY)
    values = np.where(season(slots), factor, 1.0) * noisy_week(28)

    assert found(values) == ()


def test_with_hindsight_the_first_of_many_spikes_is_demand_without_it_is_an_anomaly() -> None:
    begun = 14 * DAY + 120
    slots = np.arange(28 * DAY)
    values = np.where((slots >= begun) & ((slots - begun) % DAY < 6), 3.0, 1.0) * noisy_week(28)

    assert found(values) == ()
    assert found(values, hindsight=False) == (Masked(begun, begun + 6, Reason.SPIKE),)


def test_a_lasting_change_is_no_anomaly() -> None:
    for factor in (1.4, 3.0, 0.3):
        values = changed(noisy_week(28), 20 * DAY + 100, 8 * DAY, factor)

        assert sum(mask.last - mask.first for mask in found(values)) <= DAY // 10


def test_bursts_that_come_often_are_the_nature_of_a_load() -> None:
    random = np.random.default_rng(3)
    bursts = np.zeros(28 * DAY, dtype=bool)
    for first in random.choice(28 * DAY, 40, replace=False):
        bursts[first : first + 6] = True

    values = np.where(bursts, 5.0, 1.0) * noisy_week(28)

    assert found(values) == ()


def test_glitches_are_found_however_often_they_come() -> None:
    values = noisy_week(28)
    zeros = np.random.default_rng(3).choice(np.arange(10 * DAY, 28 * DAY), 60, replace=False)
    values[zeros] = 0.0

    masks = found(values)

    assert {mask.reason for mask in masks} == {Reason.GLITCH}
    assert sum(mask.last - mask.first for mask in masks) >= 50  # some stand at the same slot of two days or weeks


def test_poisson_counts_have_no_anomalies() -> None:
    random = np.random.default_rng(1)
    for mean in (0.2, 1.0, 5.0):
        values = random.poisson(mean * noisy_week(28) / 150).astype(float)

        assert sum(mask.last - mask.first for mask in found(values)) <= 0.002 * len(values)


def test_a_weekend_after_a_first_week_is_no_outage() -> None:
    days = noisy_week(6)  # Monday to Saturday; Sundays have half the demand of Fridays

    assert found(days) == found(days, hindsight=False) == ()


def test_missing_samples_are_no_anomalies() -> None:
    values = noisy_week(28)
    values[2000:2500] = np.nan

    assert found(values) == found(values, hindsight=False) == ()


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 8, 23, tzinfo=UTC), datetime(2026, 10, 4, 22, tzinfo=UTC)], ids=str
)
def test_a_changed_clock_makes_no_anomalies(start: datetime) -> None:
    steps = a_panel(np.zeros(28 * DAY), start=start, zone=BERLIN).steps
    office_hours = np.where(steps.ticks % DAY // 96 == 1, 500.0, 20.0)

    masks = find_anomalies(Panel(steps, np.log1p(office_hours)[None]), hindsight=True)

    assert masks == ((),)


def test_every_row_is_judged_as_if_it_were_alone() -> None:
    rows = [noisy_week(15, seed) for seed in range(4)]
    rows[1] = changed(rows[1], 3000, 6, 0.0)
    rows[3] = changed(rows[3], 3500, 6, 4.0)

    for hindsight in (True, False):
        together = find_anomalies(a_panel(rows), hindsight=hindsight)

        assert together == tuple(found(row, hindsight=hindsight) for row in rows)
        assert [len(masks) for masks in together] == [0, 1, 0, 1]


@pytest.mark.parametrize("values", [[5.0], [5.0] * 10, [0.0] * 3 * DAY, [np.nan] * DAY + [1.0]], ids=len)
def test_short_and_empty_histories_have_no_anomalies(values: list[float]) -> None:
    assert found(np.array(values)) == found(np.array(values), hindsight=False) == ()


def test_without_hindsight_nothing_after_a_position_changes_what_is_found_before_it() -> None:
    random = np.random.default_rng(8)
    values = noisy_week(21, persistence=0.97, scale=0.2)
    for first in random.choice(21 * DAY, 30, replace=False):
        values[first : first + random.integers(1, 60)] *= random.choice([0.0, 0.2, 3.0, 1e4])

    for position in range(11 * DAY, 21 * DAY, 97):
        changed_after = values.copy()
        changed_after[position:] = 1000.0 * random.random(len(values) - position)

        one, other = (
            np.concatenate([np.arange(mask.first, min(mask.last, position)) for mask in masks if mask.first < position])
            for masks in (found(values, hindsight=False), found(changed_after, hindsight=False))
        )

        np.testing.assert_array_equal(one, other)
