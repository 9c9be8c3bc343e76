from datetime import timedelta

import numpy as np
import pytest

from forecasting import fit_batch
from forecasting.gate import Losses, history_too_short, judge
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_series, noise, noisy_week, usual_week

RUNS = 40
RIVALS = {"last_value": 2.0, "constant": 3.0, "day_naive": 1.0, "week_naive": 1.0}


def losses(mine: float, *, origins: int = 250, **rivals: float) -> Losses:
    return Losses(origins=origins, mine=mine, rivals={**RIVALS, **rivals}, tie=1e-6)


@pytest.mark.parametrize(
    ("record", "reason", "figures"),
    [
        (losses(1.0), "Predictable", "0.50 of that of the last value held over 250 origins"),
        (losses(1.0, last_value=1.0), "NotBetterThanLastValue", "1.00 of that of the last value held"),
        (losses(1.0, last_value=1.04), "NotBetterThanLastValue", "(at most 0.95)"),
        (losses(1.0, constant=1.0), "NotBetterThanConstant", "1.00 of that of a constant"),
        (losses(1.04), "Predictable", "0.52 of that of the last value held"),
        (losses(1.2), "WorseThanDayNaive", "1.20 of that of the day naive"),
        (losses(1.0, week_naive=0.9), "WorseThanWeekNaive", "1.11 of that of the week naive over 250 origins"),
        (losses(0.0, last_value=0.0, constant=0.0, day_naive=0.0, week_naive=0.0), "Predictable", "equal to"),
        (losses(0.5, day_naive=0.0), "WorseThanDayNaive", "above that of the day naive"),
        (losses(1.0, last_value=1.2, origins=250), "Predictable", "at most 0.95"),
        (losses(1.0, last_value=1.2, origins=15), "NotBetterThanLastValue", "at most 0.80"),
        (losses(1.0, origins=11), "SamplesMissing", "11 of 12 rolling origins"),
    ],
    ids=[
        "better than all",
        "no better than the last value",
        "better, but not by the margin",
        "no better than a constant",
        "a little worse than the day naive",
        "worse than the day naive",
        "worse than the week naive",
        "all are perfect",
        "only the naive is perfect",
        "better by the margin",
        "few origins ask for more",
        "too few origins",
    ],
)
def test_the_gate_names_the_first_test_that_failed(record: Losses, reason: str, figures: str) -> None:
    gate = judge(record)

    assert gate.reason == reason
    assert gate.open == (reason == "Predictable")
    assert figures in gate.message


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (timedelta(0), "0.0 of 3 days of history"),
        (timedelta(hours=12), "0.5 of 3 days of history"),
        (timedelta(hours=71, minutes=59), "2.9 of 3 days of history"),
    ],
)
def test_a_short_history_is_told_in_days(history: timedelta, message: str) -> None:
    gate = history_too_short(history)

    assert (gate.open, gate.reason, gate.message) == (False, "HistoryTooShort", message)


def walk(seed: int) -> Values:
    return np.maximum(0.0, 1000 + np.cumsum(np.random.default_rng(seed).normal(0, 5, 28 * 288)))


def white(seed: int) -> Values:
    return np.asarray(100 * np.exp(noise(28 * 288, seed, scale=0.2)))


def weekly(seed: int) -> Values:
    return noisy_week(28, seed, persistence=0.5)


def noise_free(seed: int) -> Values:
    return np.roll(usual_week(28), 37 * seed)


def spikes(seed: int) -> Values:
    values = 50 * np.exp(noise(28 * 288, seed, scale=0.1))
    at_nine = np.arange(28 * 288) % 288 // 6 == 18
    return np.where(at_nine, 3 * values, values)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "opens"),
    [(walk, False), (white, False), (weekly, True), (noise_free, True), (spikes, True)],
    ids=["random walks", "white noise", "noisy weeks", "weeks without noise", "scheduled spikes"],
)
def test_the_gate_opens_for_seasons_and_for_nothing_else(kind: object, *, opens: bool) -> None:
    assert callable(kind)

    fitted = fit_batch([a_series(kind(seed)) for seed in range(RUNS)])

    assert sum(each.gate.open == opens for each in fitted) >= 0.95 * RUNS


def test_a_longer_lead_time_is_judged_as_such() -> None:
    drifting = noise(14 * 288, seed=1, persistence=0.99)
    series = a_series((1000 + usual_week(14)) * np.exp(drifting))

    near, far = (fit_batch([series], lead_time=lead)[0].gate for lead in (timedelta(minutes=5), 6 * HOUR))

    assert near.reason == "NotBetterThanLastValue"
    assert far.open
