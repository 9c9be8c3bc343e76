import numpy as np
import pytest

from controller.scaling.capacity import p95_wait
from controller.scaling.learning.capacity_fit import fit_capacity, p95_wait_milliseconds, quiet_latency
from controller.scaling.learning.load_pairs import Pair
from tests.scaling.seen import OBJECTIVE, as_rows, seen

LIGHT = (0.2, 0.3, 0.4, 0.5)
NEAR_THE_KNEE = (0.7, 0.75, 0.8, 0.85, 0.9)


@pytest.mark.parametrize(
    ("throughput", "service_time"),
    [(10, 100), (40, 100), (25, 200), (5, 100), (200, 20)],
    ids=["one at a time", "four at a time", "slow and five at a time", "less than one at a time", "fast"],
)
def test_minutes_by_day_and_night_give_the_capacity_within_a_few_percent(
    throughput: float, service_time: float
) -> None:
    pairs = seen((*LIGHT, *NEAR_THE_KNEE), throughput=throughput, service_time=service_time, replicas=(3, 8, 30))
    fit = fit_capacity(as_rows(pairs), 2.5 * service_time)
    assert fit.identified
    assert fit.per_replica == pytest.approx(throughput, rel=0.05)
    assert fit.service_time == pytest.approx(service_time, rel=0.1)


def test_without_a_quiet_hour_the_service_time_is_told_from_the_waiting() -> None:
    fit = fit_capacity(as_rows(seen(NEAR_THE_KNEE, replicas=(4, 8, 16))), OBJECTIVE)
    assert fit.per_replica == pytest.approx(10, rel=0.1)


def test_light_load_rules_out_less_and_not_more() -> None:
    fit = fit_capacity(as_rows(seen(LIGHT, replicas=(8, 16))), OBJECTIVE)
    assert not fit.identified
    assert fit.highest is None
    assert fit.lowest is not None
    assert 5 <= fit.lowest <= 10  # 5 were carried without waiting, and 10 is the truth


def test_overload_alone_rules_out_more_and_not_less() -> None:
    fit = fit_capacity(as_rows(seen((1.2, 1.3, 1.5))), OBJECTIVE)
    assert not fit.identified
    assert fit.lowest is None


def test_noise_of_a_tenth_moves_it_by_less_than_a_tenth() -> None:
    pairs = seen((*LIGHT, *NEAR_THE_KNEE), replicas=(5, 10, 20, 40))
    noise = np.random.default_rng(5).normal(0, 0.1, len(pairs))
    noisy = [
        pair._replace(milliseconds=pair.milliseconds * np.exp(off)) for pair, off in zip(pairs, noise, strict=True)
    ]
    fit = fit_capacity(as_rows(noisy), OBJECTIVE)
    assert fit.per_replica == pytest.approx(10, rel=0.1)


def test_a_few_slow_minutes_of_a_dependency_move_nothing() -> None:
    rows = as_rows([*seen((*LIGHT, *NEAR_THE_KNEE), replicas=(5, 10, 20)), Pair(2, 10, 5000), Pair(3, 10, 9000)])
    rows[-2:, 0] = 1
    assert fit_capacity(rows, OBJECTIVE).per_replica == pytest.approx(10, rel=0.05)


def test_another_kind_of_queue_is_given_the_load_that_keeps_the_objective() -> None:
    """One fast server a replica: p95 = 40 ms / (1 - utilisation), which is 250 ms at 84 % of 10/s."""
    pairs = [Pair(10 * each, 20, 40 / (1 - each)) for each in np.linspace(0.3, 0.93, 30).tolist()]
    fit = fit_capacity(as_rows(pairs), OBJECTIVE)
    assert fit.identified
    assert 7 <= fit.per_replica <= 10
    assert fit.misfit > 0.05  # and it says that the model is not quite theirs


def test_the_wait_is_that_of_the_queue_all_sizing_uses() -> None:
    one = np.array([1.0])
    of_four_servers = p95_wait_milliseconds(40 * one, 35 * one, 3 * one, service_time=100)
    assert of_four_servers == pytest.approx(1000 * p95_wait(35 * 3 * 0.1, 12, 0.1))


def test_a_tenth_of_the_minutes_is_quiet() -> None:
    rows = as_rows([Pair(5, 10, 240), Pair(4, 10, 110), Pair(3, 10, 100)])
    rows[:, 0] = (80, 15, 5)
    assert quiet_latency(rows) == 110
