import numpy as np
import pytest

from benchmarks.contest import ScoresByTrace
from benchmarks.forecasters import DAY_NAIVE, ENGINE, MEMBER, WEEK_NAIVE
from benchmarks.m4 import Standing
from benchmarks.pages import by_member, by_trace, on_m4, overall_rows
from benchmarks.rolling import ORIGINS, Scores
from benchmarks.standings import (
    best_members,
    coverages,
    forecasters,
    mase,
    members,
    ratio,
    ratios,
    seconds,
    worst_tenth,
)
from forecasting.series import Values

GOOD, LATE = f"{MEMBER} good", f"{MEMBER} late"


def scores(error: float | Values, *, coverage: float = np.nan, cost: float = np.nan) -> Scores:
    each = np.broadcast_to(error, ORIGINS).astype(float)
    bounded = each if np.isfinite(coverage) else np.full(ORIGINS, np.nan)
    return Scores(each, each / 2, bounded, np.full(ORIGINS, coverage), np.full((ORIGINS, 2), 0.25), cost)


def a_contest() -> ScoresByTrace:
    """Return two traces: the engine halves the naive error on one and is as bad on the other, where nobody is late."""
    naive = scores(2.0, coverage=0.9, cost=0.001)
    first = {ENGINE: scores(1.0, coverage=0.95, cost=0.02), GOOD: scores(0.5), LATE: scores(1.5), DAY_NAIVE: naive}
    second = {ENGINE: scores(2.0, coverage=0.85, cost=0.04), GOOD: scores(4.0), DAY_NAIVE: naive}
    return {"easy": first, "hard": second}


def test_a_ratio_is_taken_trace_by_trace() -> None:
    contest = a_contest()

    assert ratios(contest, ENGINE, mase).tolist() == [0.5, 1.0]
    assert ratio(contest, ENGINE, mase).value == pytest.approx(0.5**0.5)
    np.testing.assert_array_equal(ratios(contest, LATE, mase), [0.75, np.nan])


def test_an_interval_holds_the_ratio_and_is_the_same_every_time() -> None:
    naive = scores(np.linspace(1, 3, ORIGINS))
    contest = {"one": {ENGINE: scores(np.linspace(2, 0.5, ORIGINS)), DAY_NAIVE: naive}}
    found = ratio(contest, ENGINE, mase)

    assert found.low < found.value < found.high
    assert found == ratio(contest, ENGINE, mase)


def test_an_interval_is_a_point_where_all_origins_agree() -> None:
    found = ratio(a_contest(), ENGINE, mase)
    assert found.low == pytest.approx(found.high) == pytest.approx(found.value)


def test_the_best_member_is_another_on_each_trace() -> None:
    assert best_members(a_contest(), mase).tolist() == [0.25, 2.0]


def test_members_are_told_from_rivals() -> None:
    contest = a_contest()
    assert forecasters(contest) == [ENGINE, GOOD, LATE, DAY_NAIVE]
    assert members(contest) == [GOOD, LATE]


def test_coverage_and_cost_are_means_of_what_was_measured() -> None:
    contest = a_contest()
    assert coverages(contest, ENGINE) == pytest.approx([0.95, 0.85])
    assert np.isnan(coverages(contest, LATE)).all()
    assert seconds(contest, ENGINE) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.9, 0.95, 0.8], 0.8),
        ([0.8, 0.9, *[0.95] * 15], 0.85),  # a tenth of 17 is two
    ],
)
def test_the_worst_tenth_is_rounded_up(shares: list[float], expected: float) -> None:
    assert worst_tenth(np.array(shares)) == pytest.approx(expected)


def test_a_row_says_on_how_many_traces_it_rests() -> None:
    rows = {row[0]: row[1:] for row in overall_rows(a_contest())}

    assert rows[ENGINE] == ("2", "0.707", "0.707", "0.707", "0.900", "30.0")
    assert rows[LATE] == ("1", "0.750", "0.750", "-", "-", "-")
    assert rows["best member of each trace, with hindsight"][:2] == ("2", "0.707")


def test_a_loss_against_the_day_naive_is_bold() -> None:
    contest = a_contest()
    table = by_member(contest)

    assert table.header == ("trace", ENGINE, "good", "late")
    assert [list(row) for row in table.rows] == [
        ["easy", "0.500", "0.250", "0.750"],
        ["hard", "1.000", "**2.000**", "-"],
    ]


def test_a_trace_has_its_row_of_the_engines_figures() -> None:
    contest = {trace: {**made, WEEK_NAIVE: scores(3.0)} for trace, made in a_contest().items()}
    table = by_trace(contest)

    assert table.header[-1] == WEEK_NAIVE
    assert list(table.rows[0]) == ["easy", "2.000", "0.500", "0.500", "0.500", "0.950", "0.25", "**1.500**"]


def test_m4_has_a_row_for_everybody() -> None:
    table = on_m4({ENGINE: Standing(9.5, 0.75, 0.4)}, "Half of it.")
    assert [list(row) for row in table.rows] == [[ENGINE, "9.50", "0.750", "0.4000"]]
