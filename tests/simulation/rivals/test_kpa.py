"""The Knative Pod Autoscaler, step by step as its source takes them."""

import numpy as np
import pytest

from controller.simulation.rivals.kpa import KPA
from controller.simulation.world import View
from tests.simulation.views import a_view


def seen(seconds: float, *, ready: int, stable: float, newest: float | None = None) -> View:
    """Return what is seen: the mean over 60 s, and the newest tick of 15 s."""
    return a_view(seconds, created=ready, rps=stable, past=np.array([stable if newest is None else newest]))


def calm(*, at: float = 0.0, ready: int = 10) -> KPA:
    """Return a KPA with a target of 10 requests/s a pod whose first panic, that of a new one, ended before `at`."""
    kpa = KPA(10.0, 2, 200)
    for seconds in (at - 120.0, at - 45.0):
        kpa.decide(seen(seconds, ready=ready, stable=10.0 * ready))
    return kpa


@pytest.mark.parametrize(
    ("case", "stable", "newest", "replicas"),
    [
        ("as many as the stable window needs", 100.0, 100.0, 10),
        ("rounded up, without a tolerance", 101.0, 101.0, 11),
        ("down at once", 71.0, 71.0, 8),
        ("down to half of the Ready pods at most", 10.0, 10.0, 5),
        ("a burst below twice the Ready pods is left to the stable window", 110.0, 189.0, 11),
        ("a burst of twice the Ready pods is met at once", 110.0, 191.0, 20),
        ("the stable window counts in panic where it asks for more", 240.0, 200.0, 24),
        ("up to the bound", 3000.0, 3000.0, 200),
    ],
)
def test_replicas_follow_two_windows(case: str, stable: float, newest: float, replicas: int) -> None:
    assert calm().decide(seen(0.0, ready=10, stable=stable, newest=newest)) == replicas, case


def test_panic_never_scales_down_and_ends_after_more_than_a_stable_window() -> None:
    kpa = calm()
    kpa.decide(seen(0.0, ready=10, stable=110.0, newest=300.0))
    decided = [kpa.decide(seen(15.0 * tick, ready=10, stable=100.0)) for tick in range(1, 7)]
    assert decided == [30, 30, 30, 30, 10, 10]


def test_a_burst_that_goes_on_extends_the_panic() -> None:
    kpa = calm()
    kpa.decide(seen(0.0, ready=10, stable=110.0, newest=300.0))
    kpa.decide(seen(60.0, ready=10, stable=110.0, newest=200.0))
    assert kpa.decide(seen(120.0, ready=10, stable=100.0)) == 30
    assert kpa.decide(seen(135.0, ready=10, stable=100.0)) == 10


def test_panic_rises_with_the_burst() -> None:
    kpa = calm()
    decided = [
        kpa.decide(seen(15.0 * tick, ready=10, stable=110.0, newest=newest))
        for tick, newest in enumerate([250.0, 400.0, 350.0])
    ]
    assert decided == [25, 40, 40]


def test_a_new_autoscaler_keeps_what_is_ready_for_a_stable_window() -> None:
    kpa = KPA(10.0, 2, 200)
    decided = [kpa.decide(seen(15.0 * tick, ready=10, stable=60.0)) for tick in range(6)]
    assert decided == [10, 10, 10, 10, 10, 6]


def test_one_pod_is_no_reason_to_panic() -> None:
    assert KPA(10.0, 1, 200).decide(seen(0.0, ready=1, stable=5.0)) == 1


def test_pods_that_are_not_ready_do_not_hold_up_a_panic() -> None:
    view = a_view(0.0, created=20, ready=10, rps=150.0, past=np.array([200.0]))
    assert calm().decide(view) == 20


def test_before_anything_has_arrived_the_rate_that_everybody_is_told_counts_twice() -> None:
    assert KPA(10.0, 2, 200).decide(a_view(created=10, rps=150.0)) == 15
