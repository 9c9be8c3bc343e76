from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.errors import InputRefused
from controller.simulation.demand import TICK, DemandSettings, fill_holes, make_demand
from forecasting.series import Series, Values

START = datetime(2026, 1, 5, tzinfo=UTC)
AS_GIVEN = DemandSettings(peak_rps=None, noise=0.0)


def hourly(values: Values) -> Series:
    return Series(START, timedelta(hours=1), values)


def days(count: float, *, step: timedelta = timedelta(minutes=30)) -> Series:
    position = np.arange(int(timedelta(days=count) / step)) * (step / timedelta(days=1))
    return Series(START, step, 1000 + 500 * np.sin(2 * np.pi * position))


def test_a_trace_of_15_s_steps_without_scale_and_noise_is_replayed_exactly_as_given() -> None:
    values = np.random.default_rng(1).uniform(0, 300, 400)
    demand = make_demand(
        Series(START, TICK, values),
        DemandSettings(evaluate_from=START + 100 * TICK, peak_rps=None, noise=0.0),
    )
    np.testing.assert_allclose(demand.rps[demand.evaluated_from :], values[100:], rtol=1e-12)
    assert demand.at(demand.evaluated_from) == START + 100 * TICK


def test_samples_hold_at_the_centres_of_their_steps_and_lines_join_them() -> None:
    trace = hourly(np.array([10.0, 20.0, 40.0]))
    demand = make_demand(trace, DemandSettings(evaluate_from=START, peak_rps=None, noise=0.0))
    ticks = np.arange(len(demand.rps)) - demand.evaluated_from
    centre_of_the_second_hour = demand.rps[ticks == 360][0]
    between_first_and_second = demand.rps[ticks == 240][0]
    assert centre_of_the_second_hour == pytest.approx(20, abs=0.05)
    assert between_first_and_second == pytest.approx(15, abs=0.05)


def test_the_p99_of_the_evaluated_window_becomes_the_asked_peak() -> None:
    demand = make_demand(days(35), DemandSettings(peak_rps=600))
    assert np.percentile(demand.rps[demand.evaluated_from :], 99) == pytest.approx(600)


def test_noise_has_the_asked_variation_and_a_memory_of_a_minute() -> None:
    flat = Series(START, timedelta(hours=1), np.full(24 * 35, 100.0))
    noise = make_demand(flat, DemandSettings(peak_rps=None, noise=0.05)).rps / 100 - 1
    after_a_minute = np.corrcoef(noise[:-4], noise[4:])[0, 1]
    assert noise.std() == pytest.approx(0.05, rel=0.03)
    assert after_a_minute == pytest.approx(np.exp(-1), abs=0.03)


def test_the_same_seed_makes_the_same_demand_and_another_seed_another() -> None:
    first, again, other = (make_demand(days(35), DemandSettings(seed=seed)).rps for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("trace_days", "evaluated_days"),
    [(35, 14), (28, 14), (27, 4), (5, 4)],
)
def test_the_last_14_days_are_evaluated_and_the_last_4_of_traces_under_28(trace_days: int, evaluated_days: int) -> None:
    trace = days(trace_days)
    demand = make_demand(trace, AS_GIVEN)
    assert demand.at(demand.evaluated_from) == trace.end - timedelta(days=evaluated_days)
    assert demand.at(len(demand.rps)) == trace.end


def test_at_most_28_days_before_the_window_are_kept() -> None:
    demand = make_demand(days(60), AS_GIVEN)
    history = demand.history(demand.evaluated_from)
    assert history.end - history.start == timedelta(days=28)
    assert history.end == demand.at(demand.evaluated_from)


def test_there_is_no_history_before_the_trace() -> None:
    demand = make_demand(days(5), DemandSettings(evaluate_from=START, peak_rps=None))
    assert len(demand.history(demand.evaluated_from)) == 0


def test_a_hole_over_an_hour_is_filled_from_the_week_before_else_from_the_day_before() -> None:
    values = np.arange(24.0 * 10)
    values[30:33] = np.nan  # the second day: only a day before it
    values[210:213] = np.nan  # the ninth day: a week before it
    filled = fill_holes(hourly(values)).values
    np.testing.assert_array_equal(filled[30:33], [6, 7, 8])
    np.testing.assert_array_equal(filled[210:213], [42, 43, 44])


def test_a_hole_of_an_hour_is_left_to_interpolation() -> None:
    values = np.array([10.0, np.nan, 30.0, 40.0])
    demand = make_demand(hourly(values), DemandSettings(evaluate_from=START, peak_rps=None, noise=0.0))
    assert np.isnan(fill_holes(hourly(values)).values[1])
    assert demand.rps[demand.evaluated_from + 360] == pytest.approx(20, abs=0.05)


def test_small_counts_per_minute_are_averaged_to_five_minutes_before_scaling() -> None:
    minute = timedelta(minutes=1)
    jumping = np.tile([0.0, 10.0, 0.0, 10.0, 5.0], 24 * 12 * 30)
    small = make_demand(Series(START, minute, jumping), DemandSettings(noise=0.0))
    large = make_demand(Series(START, minute, jumping * 1000), DemandSettings(noise=0.0))
    assert small.rps.std() == pytest.approx(0, abs=1e-9)
    assert large.rps.std() > 100


def test_scheduled_spikes_raise_demand_three_times_a_day_for_twenty_minutes() -> None:
    flat = Series(START, timedelta(hours=1), np.full(24 * 35, 100.0))
    demand = make_demand(flat, DemandSettings(peak_rps=None, noise=0.0, spikes=True))
    raised = demand.rps > 100.001
    hours = (np.arange(len(raised)) * 15 / 3600 + demand.start.hour + demand.start.minute / 60) % 24
    assert raised.sum() / (len(raised) / 5760) == pytest.approx(3 * 80, rel=0.02)
    assert set(np.unique(hours[raised].astype(int))) <= {8, 9, 12, 13, 19, 20}
    assert demand.rps[raised & (hours > 20.1) & (hours < 20.25)].mean() == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize(
    ("trace", "settings", "sentence"),
    [
        (days(4), DemandSettings(), "spans 4 days"),
        (days(30), DemandSettings(evaluate_from=START - TICK), "lies outside of the trace"),
        (days(30), DemandSettings(evaluate_from=START + timedelta(days=30)), "lies outside of the trace"),
        (hourly(np.zeros(24 * 30)), DemandSettings(), "cannot be scaled; use --scale none"),
        (hourly(np.full(24 * 30, np.nan)), DemandSettings(), "every value is missing"),
    ],
)
def test_a_trace_that_cannot_be_replayed_is_refused(trace: Series, settings: DemandSettings, sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence):
        make_demand(trace, settings)
