from datetime import timedelta

import numpy as np
import pytest

from forecasting import fit_batch
from forecasting.gate import Losses, history_too_short, judge
from tests.forecasting.loads import HOUR, a_series, noise, usual_week

RIVALS = {"last_value": 2.0, "constant": 3.0, "day_naive": 1.0, "week_naive": 1.0}


def losses(mine: float, *, origins: int = 250, doubt: float = 0.0, **rivals: float) -> Losses:
    known = {**RIVALS, **rivals}
    return Losses(origins, mine, rivals=known, doubts=dict.fromkeys(known, doubt), demand=1.0)


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
        (losses(1.2, doubt=0.13), "Predictable", "0.60 of that of the last value held"),
        (losses(1.2, doubt=0.11), "WorseThanDayNaive", "1.20 of that of the day naive over 250 origins (at most 1.18)"),
        (losses(1.91, doubt=9.0), "NotBetterThanLastValue", "(at most 0.95)"),
        (losses(0.0009, day_naive=0.0, week_naive=0.0), "Predictable", "0.00 of that of the last value held"),
        (losses(0.0009, last_value=0.0), "NotBetterThanLastValue", "above that of the last value held"),
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
        "worse than the day naive, perhaps by chance",
        "worse than the day naive by more than chance",
        "no chance makes it better than the last value",
        "next to nothing is lost to a perfect naive",
        "next to nothing is lost to a perfect last value",
        "too few origins",
    ],
)
def test_the_gate_names_the_first_test_that_failed(record: Losses, reason: str, figures: str) -> None:
    gate = judge(record)

    assert gate.reason == reason
    assert gate.open == (reason == "Predictable")
    assert figures in gate.message


@pytest.mark.parametrize(
    ("record", "is_open", "short_term"),
    [
        (losses(1.0), True, True),
        (losses(2.0), False, True),
        (losses(3.2), False, True),
        (losses(3.21), False, False),
        (losses(3.0, constant=1.8), False, False),
        (losses(1.5), False, True),
        (losses(0.1, last_value=0.0), False, False),
        (losses(2.5, day_naive=0.0, week_naive=0.0), False, True),
        (losses(0.1, last_value=0.0, constant=0.0, day_naive=0.0, week_naive=0.0), False, False),
        (losses(1.0, origins=11), False, False),
    ],
    ids=[
        "open",
        "as good as the last value",
        "1.6 times the loss of the last value",
        "more than that",
        "more than that of the better one",
        "worse than the day naive alone",
        "far from a perfect last value",
        "far from what knows a season only",
        "far from all",
        "too few origins",
    ],
)
def test_a_closed_gate_lets_bounds_act_over_the_lead_time_unless_what_knows_no_season_is_better_by_far(
    record: Losses,
    is_open: bool,  # noqa: FBT001  a table's column
    short_term: bool,  # noqa: FBT001  a table's column
) -> None:
    gate = judge(record)

    assert (gate.open, gate.short_term) == (is_open, short_term)


def test_a_gate_without_a_judgement_lets_nothing_act() -> None:
    assert not history_too_short(timedelta(days=2)).short_term


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


def test_a_longer_lead_time_is_judged_as_such() -> None:
    drifting = noise(14 * 288, seed=1, persistence=0.99)
    series = a_series((1000 + usual_week(14)) * np.exp(drifting))

    near, far = (fit_batch([series], lead_time=lead)[0].gate for lead in (timedelta(minutes=5), 6 * HOUR))

    assert near.reason == "NotBetterThanLastValue"
    assert far.open


def test_what_is_planned_beyond_a_p95_is_judged_at_a_p95_where_misses_are_not_too_few_to_tell() -> None:
    drifting = noise(14 * 288, seed=1, persistence=0.99)
    series = a_series((1000 + usual_week(14)) * np.exp(drifting))

    usual, far_out = (fit_batch([series], planning_level=level)[0] for level in (0.95, 0.99))

    assert far_out.gate == usual.gate
    assert far_out.evaluation.accuracy.planning_level == 0.99
