"""The page of the replays: what it tells of a plan that was broken off, and of one that was not."""

from benchmarks.aims import OTHER_GROUP, SEASONAL_GROUP
from benchmarks.contenders import FUTURE, HPA, SHIPPED
from benchmarks.replay import held, pages, runs_of, to_come
from benchmarks.replays import OURS, Outcome
from benchmarks.scenes import Scene

USUAL, QUICK = (SEASONAL_GROUP, 180), (OTHER_GROUP, 30)
CONTENDERS = {HPA: ("hpa-rps=0.7/2", "hpa-rps=0.9/2"), OURS: (SHIPPED,), FUTURE: ("true-future=1",)}
PLAN = {
    USUAL: ([Scene("nyc_taxi", 180), Scene("mongo02", 180)], CONTENDERS),
    QUICK: ([Scene("wc98", 30)], CONTENDERS),
}
RUN = Outcome(10_000, 50, 0.01, 1000.0, 40, (12.5,) * 4, (250.0,) * 4)


def test_a_plan_is_replayed_group_by_group_and_contender_by_contender() -> None:
    runs = runs_of(PLAN)

    assert [run.scene.start_up for run in runs] == [180] * 8 + [30] * 4
    assert [run.policy for run in runs[:5]] == ["hpa-rps=0.7/2", "hpa-rps=0.9/2"] * 2 + [SHIPPED]


def test_who_was_not_replayed_in_all_scenes_of_a_group_does_not_stand_in_it() -> None:
    runs = runs_of(PLAN)
    standings = held(PLAN, dict.fromkeys(runs[:7], RUN))

    assert list(standings) == [USUAL]
    assert [list(each.curves) for each in standings[USUAL]] == [[HPA, OURS]] * 2
    assert to_come(PLAN, standings) == ["seasonal, 180 s (true future)", "not seasonal, 30 s (all)"]


def test_a_page_says_what_was_not_replayed() -> None:
    standings = held(PLAN, dict.fromkeys(runs_of(PLAN)[:7], RUN))

    page = pages(standings, to_come(PLAN, standings))

    assert [each.title for each in page.further] == ["By group", "By trace", "As shipped"]  # of other rivals none
    assert page.intro.endswith("**Still to be replayed: seasonal, 180 s (true future); not seasonal, 30 s (all).**")


def test_of_a_whole_plan_nothing_is_left() -> None:
    standings = held(PLAN, dict.fromkeys(runs_of(PLAN), RUN))

    assert list(standings) == [USUAL, QUICK]
    assert to_come(PLAN, standings) == []
    assert "Still" not in pages(standings).intro
