"""What replays come to: contenders meet the best HPA where it keeps the budget, and what is not known is not a win."""

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from benchmarks.aims import OTHER_GROUP, SEASONAL_GROUP, Aim, aims, change
from benchmarks.closed_loop import Standing, cost_of, median, minutes_of, over, standing
from benchmarks.contenders import FUTURE, HPA, ORACLE, SHIPPED
from benchmarks.replays import OURS, Outcome, Run
from benchmarks.scenes import Scene

SCENE, OTHER = Scene("nyc_taxi", 180), Scene("mongo02", 180)
MINUTES = 10_000
POINTS = {
    "hpa-rps=0.9/2": (500.0, 1000, 40),
    "hpa-rps=0.7/2": (1000.0, 100, 50),  # keeps the budget of 1 %
    "hpa-rps=0.5/2": (2000.0, 5, 60),
    "oracle": (800.0, 0, 90),
    "headroom=50": (850.0, 100, 20),
    SHIPPED: (1000.0, 10, 100),
    "no-forecast=1": (1000.0, 80, 60),
    "true-future=1": (800.0, 100, 30),
}
CURVES = {
    HPA: ("hpa-rps=0.9/2", "hpa-rps=0.7/2", "hpa-rps=0.5/2"),
    ORACLE: ("oracle",),
    OURS: ("headroom=50", SHIPPED),
    FUTURE: ("true-future=1",),
}


def by_day(minutes: int, hours: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return four days that are alike."""
    return (minutes / 4,) * 4, (hours / 4,) * 4


Points = Mapping[str, tuple[float, int, int]]


def stands(changed: Points = MappingProxyType({}), scene: Scene = SCENE) -> Standing:
    points = POINTS | dict(changed)
    found = {
        Run(scene, policy): Outcome(MINUTES, minutes, 0.01, hours, actions, *by_day(minutes, hours))
        for policy, (hours, minutes, actions) in points.items()
    }
    return standing(scene, CURVES, found)


def test_ours_meets_the_best_hpa_where_that_keeps_the_budget() -> None:
    matched = stands().match(OURS)

    assert matched is not None
    assert matched.pod_hours == pytest.approx(1000)
    assert matched.minutes == pytest.approx(0.1)
    assert matched.cost == pytest.approx(0.85)


def test_days_that_are_alike_leave_no_doubt_about_the_minutes() -> None:
    found = stands().interval(OURS)

    assert found is not None
    assert [found.low, found.high] == pytest.approx([0.1, 0.1])


def test_days_that_differ_widen_the_interval() -> None:
    alike = stands()
    ours = replace(alike.outcomes[SHIPPED], violations_by_day=(0.0, 0.0, 0.0, 10.0))
    found = replace(alike, outcomes={**alike.outcomes, SHIPPED: ours}).interval(OURS)

    assert found is not None
    assert found.low < 0.02
    assert found.high >= 0.2


def test_a_day_is_too_little_to_draw_from() -> None:
    one = {name: replace(each, violations_by_day=(1.0,)) for name, each in stands().outcomes.items()}

    assert replace(stands(), outcomes=one).interval(OURS) is None


def test_the_gap_to_perfect_foresight_is_closed_by_what_is_saved() -> None:
    assert stands().gap_closed() == pytest.approx((1000 - 850) / (1000 - 800))


def test_the_best_hpa_is_priced_in_oracles() -> None:
    assert stands().over_oracle() == pytest.approx(1000 / 800)


def test_the_shipped_default_is_compared_at_its_own_cost() -> None:
    assert stands().as_shipped() == pytest.approx(10 / 100)


def test_a_default_that_costs_less_than_any_hpa_is_not_compared() -> None:
    assert stands({SHIPPED: (400.0, 10, 100)}).as_shipped() is None


def test_actions_are_those_of_the_settings_nearest_to_where_both_meet() -> None:
    assert stands().actions() == 100 / 50


def test_over_scenes_the_mean_is_geometric_and_the_worst_is_named() -> None:
    worse = stands({SHIPPED: (1000.0, 40, 100)}, OTHER)

    found = minutes_of([stands(), worse], OURS)

    assert found is not None
    assert found.mean == pytest.approx(math.sqrt(0.1 * 0.4))
    assert found.worst == pytest.approx(0.4)
    assert (found.worst_scene, found.known, found.of) == (OTHER.name, 2, 2)


def test_a_curve_that_does_not_reach_the_budget_leaves_a_scene_out_and_says_so() -> None:
    dear = stands({"headroom=50": (3000.0, 40, 9), SHIPPED: (3000.0, 20, 9)}, OTHER)

    minutes, cost = minutes_of([stands(), dear], OURS), cost_of([stands(), dear], OURS)

    assert minutes is not None
    assert (minutes.known, minutes.of) == (1, 2)
    assert cost is not None
    assert cost.known == 2
    assert cost.worst == pytest.approx(3)


def test_nobody_is_matched_where_the_contender_was_not_replayed() -> None:
    assert stands().match("KPA") is None
    assert over([]) is None
    assert median([None]) is None


def aim_of(standings: list[Standing], what: str, group: str = SEASONAL_GROUP) -> Aim:
    (found,) = [aim for aim in aims({(group, 180): standings}) if aim.what == what]
    return found


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(4, "met"), (10, "**missed**")],
)
def test_an_aim_is_met_or_missed_with_its_figure(minutes: int, verdict: str) -> None:
    aim = aim_of([stands({SHIPPED: (1000.0, minutes, 100)})], "seasonal, 180 s: minutes")

    assert (aim.told, aim.verdict) == (f"{change(minutes / 100)}", verdict)


def test_what_is_not_known_of_every_trace_is_not_met() -> None:
    dear = stands({"headroom=50": (3000.0, 40, 9), SHIPPED: (3000.0, 20, 9)}, OTHER)
    fine = stands({SHIPPED: (1000.0, 1, 100)})

    aim = aim_of([fine, dear], "seasonal, 180 s: minutes")

    assert (aim.told, aim.verdict) == ("-99 %, of 1 of 2 traces", "**not known**")


def test_a_gap_that_one_trace_does_not_close_at_all_is_no_aim_met() -> None:
    dear = stands({"headroom=50": (3000.0, 4000, 9), SHIPPED: (3000.0, 2000, 9)}, OTHER)
    what = "seasonal, 180 s: share of the cost gap to perfect foresight that is closed, median"

    assert [(aim.told, aim.verdict) for aim in (aim_of([stands()], what), aim_of([stands(), dear], what))] == [
        ("0.75", "met"),
        ("0.75, of 1 of 2 traces", "**not known**"),
    ]


def test_a_group_that_was_not_replayed_is_not_known() -> None:
    aim = aim_of([stands()], "seasonal, 180 s: minutes", group=OTHER_GROUP)

    assert (aim.told, aim.verdict) == ("not known", "**not known**")


@pytest.mark.parametrize(("ratio", "told"), [(0.08, "-92 %"), (1.5, "+50 %"), (0.002, "-99.8 %"), (1, "+0 %")])
def test_a_ratio_is_told_as_a_change(ratio: float, told: str) -> None:
    assert change(ratio) == told
