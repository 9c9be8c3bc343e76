"""The members: each one's idea, and one battery that every one of them passes, baselines too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasting.models import BASELINES, FALLBACK, MEMBERS, FittedModel, Model, fit_member
from forecasting.models.harmonic import Harmonic
from forecasting.models.naive import DayNaive, LastValue, WeekNaive
from forecasting.models.persistence import fading, persistence_of
from forecasting.models.profile import Profile
from forecasting.panel import Panel
from forecasting.seasons import local_steps
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_panel, noise, noisy_week, usual_week

DAY, WEEK = 288, 2016
EVERY = (*MEMBERS, *BASELINES, FALLBACK)
BERLIN = ZoneInfo("Europe/Berlin")

AWKWARD = {
    "constant": np.full(28 * DAY, 7.0),
    "all zero": np.zeros(28 * DAY),
    "mostly zero": np.where(np.random.default_rng(1).random(28 * DAY) < 0.77, 0.0, 40.0),
    "huge": 1e12 * noisy_week(28),
    "tiny": 1e-9 * noisy_week(28),
    "two days": noisy_week(2),
    "a day and a bit": noisy_week(2)[: DAY + 17],
    "a steep ramp": np.linspace(0.0, 1e6, 28 * DAY),
}


def expected(model: Model, past: Panel, steps: int) -> Values:
    """The pattern of the steps that follow the panel, as demand."""
    begin = past.steps.begin + len(past) * past.steps.seconds
    ahead = local_steps(begin, past.steps.seconds, steps, UTC)
    return np.asarray(np.expm1(fit_member(model, past).pattern(ahead)))


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
@pytest.mark.parametrize("values", AWKWARD.values(), ids=AWKWARD.keys())
def test_every_member_is_finite_on_awkward_series(model: Model, values: Values) -> None:
    past = a_panel(values)

    fitted = fit_member(model, past)

    pattern = fitted.pattern(past.steps.part(0, DAY))
    assert pattern.shape == (1, min(DAY, len(past)))
    assert np.isfinite(pattern).all()
    assert ((fitted.persistence >= 0) & (fitted.persistence < 1)).all()


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_every_member_treats_a_row_as_if_it_were_alone(model: Model) -> None:
    rows = [noisy_week(15, seed) for seed in range(3)]
    steps = a_panel(rows[0]).steps.part(0, DAY)

    together = fit_member(model, a_panel(rows)).select(1)
    alone = fit_member(model, a_panel(rows[1]))

    np.testing.assert_allclose(together.pattern(steps), alone.pattern(steps), rtol=1e-9)
    np.testing.assert_allclose(together.persistence, alone.persistence, rtol=1e-9)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_a_fit_at_a_position_knows_nothing_of_what_follows(model: Model) -> None:
    panel = a_panel([noisy_week(20, seed) for seed in range(2)])
    positions = [14 * DAY, 15 * DAY + 37, 19 * DAY]

    fitted = model.fit_at(panel, positions)

    for position, shared in zip(positions, fitted, strict=True):
        alone = fit_member(model, panel.before(position))
        ahead = panel.steps.part(position - DAY // 24, position + DAY)
        np.testing.assert_allclose(shared.pattern(ahead), alone.pattern(ahead), rtol=1e-9)
        np.testing.assert_allclose(shared.persistence, alone.persistence, rtol=1e-9)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_missing_samples_teach_no_member_anything(model: Model) -> None:
    past = a_panel(noisy_week(15))
    fitted: FittedModel = fit_member(model, past)
    fresh = Panel(past.steps.part(0, 5), np.full((1, 5), np.nan))

    absorbed = fitted.absorb(fresh)

    np.testing.assert_array_equal(absorbed.pattern(past.steps), fitted.pattern(past.steps))


@pytest.mark.parametrize(
    "model", [model for model in EVERY if model.name not in ("day_naive", "last_value")], ids=lambda m: m.name
)
def test_weekly_members_find_a_noise_free_week(model: Model) -> None:
    week = usual_week(35)

    forecast = expected(model, a_panel(week[: 28 * DAY]), WEEK)

    assert np.mean(np.abs(forecast[0] - week[28 * DAY :])) < 0.03 * np.mean(week)


def test_last_value_holds_the_newest_sample() -> None:
    fitted = fit_member(LastValue(), a_panel([1.0, 2.0, 3.0]))
    fresh = a_panel([4.0, 5.0, np.nan])

    absorbed = fitted.absorb(fresh)

    assert np.expm1(absorbed.pattern(fresh.steps)).tolist() == [pytest.approx([5.0] * 3)]


def test_day_naive_repeats_the_last_day() -> None:
    values = np.random.default_rng(0).uniform(1, 9, 3 * DAY)

    forecast = expected(DayNaive(), a_panel(values), 2 * DAY)

    np.testing.assert_allclose(forecast[0], np.tile(values[-DAY:], 2))


def test_week_naive_repeats_the_last_week() -> None:
    values = np.random.default_rng(0).uniform(1, 9, 15 * DAY)

    forecast = expected(WeekNaive(), a_panel(values), WEEK)

    np.testing.assert_allclose(forecast[0], values[-WEEK:])


def test_week_naive_falls_back_to_the_day_below_a_week() -> None:
    values = np.random.default_rng(0).uniform(1, 9, 3 * DAY)  # Monday to Wednesday

    forecast = expected(WeekNaive(), a_panel(values), DAY)

    np.testing.assert_allclose(forecast[0], values[-DAY:])


def test_naive_members_take_new_samples_in() -> None:
    values = np.random.default_rng(0).uniform(1, 9, 15 * DAY)
    fitted = fit_member(DayNaive(), a_panel(values[: 14 * DAY]))
    fresh = a_panel(values, start=MONDAY)
    newest = Panel(fresh.steps.part(14 * DAY, 15 * DAY), fresh.logs[:, 14 * DAY :])

    absorbed = fitted.absorb(newest)

    np.testing.assert_allclose(np.expm1(absorbed.pattern(newest.steps))[0], values[14 * DAY :])


@pytest.mark.parametrize("model", [DayNaive(), WeekNaive(), Profile(), Harmonic()], ids=lambda model: model.name)
def test_the_peak_stays_at_the_same_hour_of_the_clock_when_clocks_change(model: Model) -> None:
    start, change = datetime(2026, 3, 8, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)
    steps = local_steps(start.timestamp(), 3600, 24 * 28, BERLIN)
    hours = steps.ticks % 24
    load = np.log1p(200 + 100 * np.cos(2 * np.pi * (hours - 12) / 24))[None, :]
    known = int((change - start) / HOUR)

    fitted = fit_member(model, Panel(steps.part(0, known), load[:, :known]))

    after = steps.part(known, len(steps))
    assert np.abs(fitted.pattern(after) - load[:, known:]).max() < 0.05


def test_the_profile_ignores_one_odd_week() -> None:
    week = usual_week(28)
    odd = week.copy()
    odd[2 * WEEK : 3 * WEEK] *= 3

    forecast = expected(Profile(), a_panel(odd), WEEK)

    np.testing.assert_allclose(forecast[0], week[:WEEK], rtol=0.05)  # midnights around the weekend are smoothed


def test_the_profile_keeps_the_edges_of_a_scheduled_spike() -> None:
    values = np.full(28 * DAY, 10.0)
    spike = np.arange(28 * DAY) % DAY // 4 == 27  # twenty minutes a day
    values[spike] = 30.0

    forecast = expected(Profile(), a_panel(values), DAY)

    np.testing.assert_allclose(forecast[0], values[:DAY])


@pytest.mark.parametrize(("days", "kept"), [(7, True), (5, True), (1, False)], ids=["daily", "working days", "weekly"])
def test_the_profile_keeps_a_short_spike_of_most_days(days: int, *, kept: bool) -> None:
    slots = np.arange(28 * DAY)
    values = np.where((slots % DAY == 100) & (slots // DAY % 7 < days), 30.0, 10.0)

    forecast = expected(Profile(), a_panel(values), WEEK)

    np.testing.assert_allclose(forecast[0], values[:WEEK] if kept else 10.0)


def test_the_harmonic_member_weighs_newer_days_heavier() -> None:
    values = np.concatenate([np.full(14 * DAY, 10.0), np.full(14 * DAY, 20.0)])

    forecast = expected(Harmonic(), a_panel(values), DAY)

    assert 17.0 < forecast.mean() < 20.0


def test_harmonics_learned_from_hours_describe_single_steps() -> None:
    period = timedelta(hours=3) / FIVE_MINUTES
    values = 100 * np.exp(0.5 * np.sin(2 * np.pi * np.arange(28 * DAY) / period))

    forecast = expected(Harmonic(), a_panel(values), DAY)

    np.testing.assert_allclose(forecast[0], values[:DAY], rtol=0.05)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_persistence_is_the_ar1_coefficient(phi: float) -> None:
    deviations = noise(20_000, seed=3, persistence=phi)[None, :]

    assert persistence_of(deviations)[0] == pytest.approx(phi, abs=0.03)


def test_rounding_does_not_last() -> None:
    assert persistence_of(np.full((1, 48), 1e-14)).tolist() == [0.0]


def test_a_deviation_fades_hour_by_hour() -> None:
    left = fading(np.array([0.5, 0.0]), np.array([0.5, 1.5]))

    np.testing.assert_allclose(left, [[0.5, 0.25], [0.0, 0.0]])
