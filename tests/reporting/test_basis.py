"""What a forecast rests on, said to readers."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from controller.reporting.basis import demand_from
from forecasting import FittedForecast, Series, fit
from forecasting.decomposition import Decomposition, decompose
from tests.reporting.examples import START

STEP = timedelta(minutes=30)


def history(days: int) -> Series:
    """A daily wave that grows a little, seeded noise on top."""
    steps = np.arange(days * 48)
    wave = 100 + 40 * np.sin(steps / 48 * 2 * np.pi) + steps * 0.01
    return Series(START - days * timedelta(days=1), STEP, wave + np.random.default_rng(3).normal(0, 2, len(steps)))


@pytest.fixture(scope="module")
def fitted() -> FittedForecast:
    return fit(history(21))


@pytest.fixture(scope="module")
def parts() -> Decomposition:
    return decompose(history(21))


def test_headroom_comes_first_then_the_others_from_the_best_on(fitted: FittedForecast) -> None:
    rows = demand_from(fitted, "requests", unit="requests/s").accuracy

    ours, *others = rows
    assert ours.name == "Headroom"
    assert ours.error_percent == pytest.approx(100 * fitted.accuracy.full_horizon["combination"].wape)
    assert [row.error_percent for row in others] == sorted(row.error_percent for row in others)
    assert "Last week's copy" in [row.name for row in others]


def test_weights_are_shares_the_largest_first(fitted: FittedForecast) -> None:
    weights = [row.weight_percent for row in demand_from(fitted, "requests", unit="requests/s").weights]

    assert sum(weights) == pytest.approx(100)
    assert weights == sorted(weights, reverse=True)


def test_a_forecast_without_a_finite_error_is_not_listed(fitted: FittedForecast) -> None:
    scores = {name: replace(scored, wape=np.inf) for name, scored in fitted.accuracy.full_horizon.items()}
    accuracy = replace(fitted.accuracy, full_horizon=scores)
    unknown = replace(fitted, evaluation=replace(fitted.evaluation, accuracy=accuracy))

    demand = demand_from(unknown, "requests", unit="requests/s")

    assert demand.accuracy == ()
    assert {row.error_percent for row in demand.weights} == {None}


def test_the_gate_and_the_amount_of_history_are_carried_over(fitted: FittedForecast) -> None:
    demand = demand_from(fitted, "requests", unit="requests/s")

    assert demand.gate is not None
    assert (demand.gate.open, demand.gate.message) == (fitted.gate.open, fitted.gate.message)
    assert demand.basis.startswith("From 21 days of history, ")
    assert (demand.season, demand.season_sentence) == ((), "")


def test_the_parts_of_the_history_multiply_to_the_demand(fitted: FittedForecast, parts: Decomposition) -> None:
    demand = demand_from(fitted, "requests", unit="requests/s", parts=parts)

    trend, *factors = demand.season
    product = (1 + trend.values) * np.prod([part.values for part in factors], axis=0) - 1
    np.testing.assert_allclose(product, history(21).at_step(timedelta(hours=1)).values, rtol=1e-6)
    assert [part.name for part in demand.season] == ["Trend", "Daily season", "Weekly season", "What is left"]
    assert "the weekly season" in demand.season_sentence
    assert "The trend rises by" in demand.season_sentence


def test_without_two_weeks_no_weekly_season_and_no_trend_are_claimed(fitted: FittedForecast) -> None:
    demand = demand_from(fitted, "requests", unit="requests/s", parts=decompose(history(6)))

    assert [part.name for part in demand.season] == ["Trend", "Daily season", "What is left"]
    assert "week" not in demand.season_sentence
