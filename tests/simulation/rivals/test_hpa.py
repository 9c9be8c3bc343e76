import pytest

from controller.simulation.rivals.hpa import (
    HPA,
    Pods,
    external_replicas,
    requests_hpa,
    resource_replicas,
    utilization_hpa,
)
from controller.simulation.world import View


@pytest.mark.parametrize(
    ("case", "utilization", "pods", "replicas"),
    [
        ("at the target nothing happens", 0.70, Pods(10), 10),
        ("10 % above is still within tolerance", 0.77, Pods(10), 10),
        ("more than 10 % above adds, rounded up", 0.78, Pods(10), 12),
        ("10 % below is still within tolerance", 0.63, Pods(10), 10),
        ("more than 10 % below removes, rounded up", 0.55, Pods(10), 8),
        ("a whole number is not rounded up", 0.35, Pods(10), 5),
        ("an idle workload asks for nothing; bounds come later", 0.0, Pods(10), 0),
        ("unready pods count as idle on the way up", 1.0, Pods(10, unready=2), 15),
        ("unready pods can bring a rise within tolerance", 0.84, Pods(10, unready=2), 12),
        ("unready pods that would turn a rise into a fall stop it", 0.80, Pods(10, unready=10), 20),
        ("a rise below what is already on its way waits", 1.0, Pods(10, unready=4), 14),
        ("unready pods do not count on the way down", 0.35, Pods(10, unready=4), 5),
        ("pods without a metric count as idle on the way up", 1.0, Pods(10, missing=2), 15),
        ("pods without a metric count as at the target on the way down", 0.35, Pods(10, missing=4), 9),
        ("pods without a metric can bring a fall within tolerance", 0.60, Pods(10, missing=10), 20),
        ("without any metric nothing happens", 0.0, Pods(0, unready=3), 3),
    ],
)
def test_a_utilisation_asks_for(case: str, utilization: float, pods: Pods, replicas: int) -> None:
    assert resource_replicas(utilization, 0.7, pods=pods, tolerance=0.1) == replicas, case


@pytest.mark.parametrize(
    ("case", "rps", "replicas"),
    [
        ("at the target nothing happens", 70.0, 10),
        ("10 % above is still within tolerance", 77.0, 10),
        ("more than 10 % above adds, rounded up", 78.0, 12),
        ("more than 10 % below removes, rounded up", 62.0, 9),
        ("no cap keeps it from asking for many at once", 700.0, 100),
        ("no requests ask for nothing; bounds come later", 0.0, 0),
    ],
)
def test_an_external_rate_asks_for(case: str, rps: float, replicas: int) -> None:
    assert external_replicas(rps, 7.0, created=10, tolerance=0.1) == replicas, case


def view(seconds: float, created: int, *, rps: float = 0.0, utilization: float = 0.0, unready: int = 0) -> View:
    ready = created - unready
    return View(seconds, created, ready, ready, rps, utilization)


def wishing(*wishes: int, min_replicas: int = 2) -> HPA:
    remaining = iter(wishes)
    return HPA(lambda _: next(remaining), min_replicas, 200)


def decide_all(hpa: HPA, created: int, ticks: int) -> list[int]:
    """Decide every 15 s, each time on what was decided before."""
    decided = []
    for tick in range(ticks):
        created = hpa.decide(view(tick * 15.0, created))
        decided.append(created)
    return decided


def test_scale_down_waits_until_the_highest_wish_is_300_s_old() -> None:
    decided = decide_all(wishing(10, *[5] * 30), created=10, ticks=31)
    assert decided == [10] * 20 + [5] * 11


def test_scale_down_follows_the_highest_wish_of_the_window() -> None:
    decided = decide_all(wishing(5, 5, 7, *[5] * 30), created=10, ticks=33)
    assert decided == [10] * 20 + [7] * 2 + [5] * 11


def test_replicas_found_at_the_start_count_as_a_wish() -> None:
    decided = decide_all(wishing(*[5] * 30), created=10, ticks=22)
    assert decided == [10] * 20 + [5] * 2


def test_scale_up_is_limited_to_twice_the_pods_every_15_s() -> None:
    assert decide_all(wishing(100, 100, 100, 100), created=10, ticks=4) == [20, 40, 80, 100]


def test_scale_up_is_limited_to_four_pods_where_twice_is_less() -> None:
    assert decide_all(wishing(100, 100), created=2, ticks=2) == [6, 12]


def test_an_old_higher_wish_keeps_pods_and_does_not_add_any() -> None:
    assert decide_all(wishing(100, 15, 15), created=10, ticks=3) == [20, 20, 20]


def test_wishes_are_kept_within_the_bounds() -> None:
    assert HPA(lambda _: 500, 2, 200).decide(view(0.0, 150)) == 200
    assert wishing(0, *[0] * 30, min_replicas=3).decide(view(0.0, 3)) == 3


def test_fewer_pods_than_the_minimum_are_raised_at_once_and_without_a_limit() -> None:
    assert wishing(1, min_replicas=20).decide(view(0.0, 2)) == 20


def test_the_utilisation_kind_counts_pods_on_their_way_and_the_requests_kind_does_not() -> None:
    hot = view(0.0, 20, rps=200.0, utilization=1.0, unready=10)
    assert utilization_hpa(0.7, min_replicas=2, max_replicas=200).decide(hot) == 20
    assert requests_hpa(7.0, min_replicas=2, max_replicas=200).decide(hot) == 29


def test_a_narrow_tolerance_reacts_to_a_small_rise() -> None:
    warm = view(0.0, 100, utilization=0.73)
    usual = utilization_hpa(0.7, min_replicas=2, max_replicas=200)
    narrow = utilization_hpa(0.7, min_replicas=2, max_replicas=200, tolerance=0.02)
    assert (usual.decide(warm), narrow.decide(warm)) == (100, 105)
