"""Every load trace is replayed at every start-up; what was replayed is kept while the code is the same."""

from pathlib import Path

import pytest

from benchmarks.contenders import HPA, MAIN, OTHERS, SHIPPED
from benchmarks.replay import everything
from benchmarks.replays import Run, keep, kept, outcome_of, place_of
from benchmarks.scenes import START_UPS, Scene, demand_in
from benchmarks.traces import TRACES
from controller.simulation.defaults import default_policy
from controller.simulation.demand import DAY, TICK

DAY_ZERO = Scene("mongo02", 30, day_zero=True)


def test_every_load_trace_is_replayed_at_every_start_up() -> None:
    replayed = {(scene.trace, scene.start_up) for those, _ in everything().values() for scene in those}

    assert replayed == {(trace, start_up) for trace in TRACES for start_up in START_UPS}


def test_the_best_hpa_is_of_both_kinds_with_all_targets_and_minima() -> None:
    assert len(MAIN[HPA]) == len(set(MAIN[HPA])) == 2 * 13 * 3
    assert {"hpa-cpu=0.35/2", "hpa-rps=0.95/10"} <= set(MAIN[HPA])


def test_contenders_have_names_of_their_own() -> None:
    assert not MAIN.keys() & OTHERS.keys()


def test_the_shipped_default_is_the_one_a_backtest_runs() -> None:
    percentile = default_policy(DAY_ZERO.world).spec.forecast.planning_percentile

    assert f"headroom={percentile}" == SHIPPED


def test_on_day_zero_nothing_is_known_before_the_first_tick() -> None:
    demand = demand_in("mongo02", spikes=False, day_zero=True)
    whole = demand_in("mongo02", spikes=False, day_zero=False)

    assert len(demand.history(demand.evaluated_from)) == 0
    assert demand.at(demand.evaluated_from) == whole.at(whole.evaluated_from)
    assert len(demand.rps) - demand.evaluated_from == DAY // TICK


def test_a_window_is_as_long_as_its_scene_says() -> None:
    for trace in ("mongo02", "nyc_taxi"):
        demand = demand_in(trace, spikes=False, day_zero=False)
        assert (len(demand.rps) - demand.evaluated_from) * TICK / DAY == Scene(trace, 30).days


def test_a_run_that_is_kept_is_the_run(tmp_path: Path) -> None:
    run = Run(DAY_ZERO, "hpa-rps=0.7/2")

    keep(run, tmp_path)

    assert kept(run, tmp_path) == outcome_of(run)
    assert kept(run, tmp_path).minutes == 1440


def test_every_run_has_a_place_of_its_own() -> None:
    runs = [Run(scene, policy) for scene in (DAY_ZERO, Scene("mongo02", 30)) for policy in ("hpa-rps=0.7/2", SHIPPED)]

    assert len({place_of(run) for run in runs}) == len(runs)


@pytest.mark.parametrize(("policy", "is_cycle"), [(SHIPPED, True), ("no-forecast=1", True), ("kpa=0.7", False)])
def test_ablations_run_through_the_real_cycle(policy: str, *, is_cycle: bool) -> None:
    assert Run(DAY_ZERO, policy).is_cycle is is_cycle
