from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.rolling import (
    DAY,
    HOUR,
    LONGEST_HISTORY,
    ORIGINS,
    Forecasts,
    Rolling,
    geometric_mean,
    mean_known,
    origins,
    relative,
    roll,
    score,
)
from forecasting import Series

START = datetime(2026, 1, 5, tzinfo=UTC)
STEPS_A_DAY = 24


def hourly(days: int) -> Series:
    """Return a count of hours, so that a value says where it stands."""
    return Series(START, HOUR, np.arange(days * STEPS_A_DAY, dtype=float))


@pytest.mark.parametrize(("days", "per_day"), [(11, 288), (6.6, 288), (28, 288), (215, 48), (52, 24), (731, 24)])
def test_origins_stand_in_the_last_forty_percent_at_hours_of_their_own(days: float, per_day: int) -> None:
    length = int(days * per_day)
    found = origins(length, per_day)

    assert len(found) == ORIGINS
    assert min(found) >= 0.6 * length
    assert max(found) + per_day <= length
    assert len({position % per_day for position in found}) == ORIGINS
    assert all(position % (per_day // 24) == 0 for position in found)


def test_a_history_ends_at_its_origin_and_the_truth_begins_there() -> None:
    rolling = roll("count", hourly(100))

    for past, truth in zip(rolling.pasts, rolling.truth, strict=True):
        assert past.values[-1] + 1 == truth[0]
        assert past.end - past.start == LONGEST_HISTORY
        assert len(truth) == DAY // HOUR


def test_a_short_history_is_used_whole() -> None:
    assert {past.start for past in roll("count", hourly(12)).pasts} == {START}


def a_rolling(truth: list[list[float]]) -> Rolling:
    """Return origins whose day naive was wrong by 2 on the mean: a step of 2 between two flat days."""
    past = Series(START, HOUR, np.repeat([1.0, 3.0], STEPS_A_DAY))
    return Rolling("flat", tuple(past for _ in truth), np.array(truth))


def test_errors_are_in_units_of_the_day_naives_error_in_the_history() -> None:
    rolling = a_rolling([[4.0, 8.0]])
    scores = score(rolling, Forecasts(np.array([[3.0, 3.0]]), np.array([[6.0, 6.0]]), 0.5))

    assert scores.mase.tolist() == [(1 + 5) / 2 / 2]
    assert scores.first_hour.tolist() == [1 / 2]
    assert scores.loss.tolist() == pytest.approx([(0.05 * 2 + 0.95 * 2) / 2 / 2])
    assert scores.coverage.tolist() == [0.5]
    assert scores.headroom.tolist() == [[1.0, 1.0]]
    assert scores.seconds == 0.5


def test_what_is_not_known_counts_neither_way() -> None:
    rolling = a_rolling([[4.0, np.nan]])
    scores = score(rolling, Forecasts(np.array([[3.0, 3.0]]), np.array([[6.0, 6.0]]), 0.5))

    assert (scores.mase.tolist(), scores.coverage.tolist()) == ([0.5], [1.0])


def test_without_a_bound_nothing_is_said_of_one() -> None:
    scores = score(a_rolling([[4.0, 8.0]]), Forecasts(np.array([[3.0, 3.0]]), None, 0.5))

    assert np.isnan(scores.loss).all()
    assert np.isnan(scores.coverage).all()
    assert np.isnan(scores.headroom).all()


@pytest.mark.parametrize(
    ("scores", "naive", "expected"),
    [
        ([1.0, 3.0], [4.0, 4.0], 0.5),
        ([1.0, np.nan], [4.0, 100.0], 0.25),  # only where both have a score
        ([1.0, 3.0], [np.nan, 6.0], 0.5),
    ],
)
def test_a_ratio_is_that_of_the_means(scores: list[float], naive: list[float], expected: float) -> None:
    assert relative(np.array(scores), np.array(naive)) == expected


def test_a_ratio_of_nothing_is_not_a_number() -> None:
    assert np.isnan(relative(np.array([np.nan]), np.array([1.0])))


def test_a_halved_and_a_doubled_score_cancel_out() -> None:
    assert geometric_mean(np.array([0.5, 2.0, np.nan])) == pytest.approx(1.0)


def test_a_mean_leaves_out_what_is_not_known() -> None:
    assert mean_known(np.array([1.0, np.nan, 3.0])) == 2.0
    assert np.isnan(mean_known(np.array([np.nan])))


def test_five_minute_traces_have_an_hour_of_twelve_steps() -> None:
    step = timedelta(minutes=5)
    past = Series(START, step, np.repeat([1.0, 2.0], DAY // step))
    truth = np.concatenate([np.full(12, 3.0), np.full(DAY // step - 12, 9.0)])[None, :]
    scores = score(Rolling("fine", (past,), truth), Forecasts(np.full_like(truth, 2.0), None, 0.0))

    assert scores.first_hour.tolist() == [1.0]
