"""What a forecast would gain, from scores as a backtest leaves them, and the order of many."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forecasting import Accuracy, FittedForecast, Gate, Score, fit
from forecasting.scan import Finding, assess, rank
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_series, noisy_week

OPEN = Gate(open=True, reason="Predictable", message="")
CLOSED = Gate(open=False, reason="WorseThanDayNaive", message="")


@pytest.fixture(scope="module")
def fitted() -> FittedForecast:
    return fit(a_series(noisy_week(28, step=HOUR), step=HOUR))


def scores(**losses: float) -> dict[str, Score]:
    """Scores whose measures all equal the loss."""
    return {name: Score(mase=loss, wape=loss, quantile_loss=loss, coverage=0.9) for name, loss in losses.items()}


def scored(fitted: FittedForecast, near: dict[str, Score], far: dict[str, Score] | None = None) -> FittedForecast:
    accuracy = Accuracy(12, 0.95, timedelta(days=1), first_hour=near, full_horizon=near if far is None else far)
    return replace(fitted, evaluation=replace(fitted.evaluation, accuracy=accuracy))


@pytest.mark.parametrize(
    ("losses", "gain", "rival"),
    [
        ({"combination": 1, "last_value": 4, "day_naive": 2, "week_naive": 3}, 0.5, "day_naive"),
        ({"combination": 1, "last_value": 4, "day_naive": 5}, 0.75, "last_value"),
        ({"combination": 3, "last_value": 2, "day_naive": 5}, -0.5, "last_value"),
        ({"combination": 1, "last_value": 4, "profile": 0.1}, 0.75, "last_value"),
        ({"combination": 0, "last_value": 0, "day_naive": 0}, 0.0, "last_value"),
        ({"combination": 1, "last_value": 0}, -math.inf, "last_value"),
        ({"combination": math.inf, "last_value": math.inf}, 0.0, "last_value"),
    ],
    ids=[
        "half of the best rival's",
        "without a week naive",
        "a loss",
        "members are no rivals",
        "all perfect",
        "only the rival perfect",
        "all beyond measure",
    ],
)
def test_gain_is_the_share_of_the_best_rivals_loss_that_is_saved(
    fitted: FittedForecast, losses: dict[str, float], gain: float, rival: str
) -> None:
    finding = assess("web", scored(fitted, scores(**losses)), lead_time=FIVE_MINUTES)

    assert (finding.gain, finding.rival) == (gain, rival)


@pytest.mark.parametrize(("lead_time", "gain"), [(FIVE_MINUTES, 0.5), (HOUR, 0.5), (2 * HOUR, 0.25)])
def test_a_lead_time_beyond_an_hour_is_judged_by_the_full_horizon(
    fitted: FittedForecast, lead_time: timedelta, gain: float
) -> None:
    near, far = scores(combination=1, last_value=2), scores(combination=3, last_value=4)

    assert assess("web", scored(fitted, near, far), lead_time=lead_time).gain == gain


def test_error_and_coverage_are_those_of_the_full_horizon(fitted: FittedForecast) -> None:
    near, far = scores(combination=1, last_value=2), scores(combination=3, last_value=9, week_naive=4)

    finding = assess("web", scored(fitted, near, far), lead_time=FIVE_MINUTES)

    assert (finding.wape, finding.of_week_naive, finding.coverage, finding.origins) == (3, 0.75, 0.9, 12)


def test_what_was_never_measured_is_unknown_and_the_gate_says_why() -> None:
    young = fit(a_series(noisy_week(1, step=HOUR), step=HOUR))

    finding = assess("web", young, lead_time=FIVE_MINUTES)

    assert np.isnan([finding.gain, finding.of_week_naive, finding.wape, finding.coverage]).all()
    assert (finding.rival, finding.origins, finding.history) == ("", 0, timedelta(days=1))
    assert finding.gate.reason == "HistoryTooShort"


def test_a_real_season_gains_and_may_act(fitted: FittedForecast) -> None:
    finding = assess("web", fitted, lead_time=FIVE_MINUTES)

    assert finding.gate.open
    assert finding.gain > 0.2


def finding(name: str, gain: float, gate: Gate = OPEN) -> Finding:
    return Finding(name, gate, 12, timedelta(days=28), gain, "day_naive", 0.9, 0.1, 0.95)


def test_open_gates_come_first_then_the_largest_gain_and_the_unknown_last() -> None:
    unordered = [
        finding("shut", 0.9, CLOSED),
        finding("young", math.nan, CLOSED),
        finding("some", 0.2),
        finding("less", -math.inf),
        finding("much", 0.6),
        finding("also", 0.2),
    ]

    assert [each.name for each in rank(unordered)] == ["much", "also", "some", "less", "shut", "young"]


def test_nothing_ranks_as_nothing() -> None:
    assert rank([]) == ()
