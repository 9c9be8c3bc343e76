"""Ourselves with one part taken away: the same cycle, the same world, another forecast."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load, Signal
from controller.cycle import SignalKey
from controller.errors import InputRefused
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK, Demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.ablations import (
    counting_on,
    planning_for,
    with_last_value,
    with_member,
    with_true_future,
    without_forecast,
)
from controller.simulation.world import PretendWorkload, World
from forecasting.models import BASELINES, Model

Fly = Callable[[PretendWorkload, ScalingPolicy], CyclePilot]

WORLD = World()
POLICY = default_policy(WORLD)
REQUESTS = SignalKey(POLICY.key, "requests")
DAY = 5760  # ticks
FIRST = 4 * DAY + 1500


def fifth_morning() -> Demand:
    """Return four days that repeat, and two hours of the fifth morning, when it rises fastest."""
    ticks = np.arange(FIRST + 480)
    shape = np.maximum(0.1, np.sin(2 * np.pi * (ticks / DAY - 0.25)))
    rps = 400 * shape * np.random.default_rng(3).normal(1, 0.03, len(ticks))
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), rps, known_from=6, evaluated_from=FIRST)


def flown(fly: Fly, demand: Demand | None = None) -> tuple[Timeline, CyclePilot]:
    pilots: list[CyclePilot] = []

    def board(workload: PretendWorkload) -> CyclePilot:
        pilots.append(fly(workload, POLICY))
        return pilots[-1]

    return replay(demand or fifth_morning(), WORLD, board, name="ablation"), pilots[-1]


def reasons(timeline: Timeline) -> set[str]:
    return {str(note.reason) for note in timeline.notes}


def test_without_the_forecast_live_voices_decide() -> None:
    timeline, _ = flown(without_forecast)
    assert "Forecast" not in reasons(timeline)
    assert timeline.created_replicas[-1] > timeline.created_replicas[0]


def test_whole_we_scale_up_before_the_same_without_the_forecast() -> None:
    whole, _ = flown(CyclePilot)
    without, _ = flown(without_forecast)
    assert "Forecast" in reasons(whole)
    assert whole.created_replicas[:240].sum() > without.created_replicas[:240].sum()


def spiked_days() -> Demand:
    """Return four flat days with twenty busy minutes at six, and an hour around six of the fifth."""
    ticks = np.arange(4 * DAY + 1560)
    inside = (ticks % DAY >= 1440) & (ticks % DAY < 1520)
    rps = np.where(inside, 300.0, 100.0) * np.random.default_rng(3).normal(1, 0.03, len(ticks))
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), rps, known_from=6, evaluated_from=4 * DAY + 1320)


def test_the_last_value_foresees_no_season() -> None:
    demand = spiked_days()
    six = demand.at(4 * DAY + 1440)
    for fly, lowest, highest in ((CyclePilot, 200.0, 400.0), (with_last_value, 90.0, 110.0)):
        _, pilot = flown(fly, demand)
        medians = [each.median for each in pilot.expected[REQUESTS] if 60 <= (each.at - six).seconds < 180]
        assert len(medians) >= 2
        assert lowest <= min(medians) <= max(medians) <= highest


def test_the_last_value_is_the_only_member_and_trusted() -> None:
    _, pilot = flown(with_last_value)
    assert pilot.forecasts[REQUESTS].gate.open
    assert [weight.name for weight in pilot.forecasts[REQUESTS].weights] == ["last_value"]


@pytest.mark.parametrize("model", BASELINES, ids=lambda model: model.name)
def test_a_member_of_the_engine_can_be_alone(model: Model) -> None:
    timeline, pilot = flown(partial(with_member, model))
    assert [(weight.name, weight.weight) for weight in pilot.forecasts[REQUESTS].weights] == [(model.name, 1.0)]
    assert "Forecast" in reasons(timeline)


def test_the_true_future_is_the_demand_of_every_tick_to_come() -> None:
    demand = fifth_morning()
    _, pilot = flown(with_true_future, demand)
    known = [each for each in pilot.expected[REQUESTS] if each.at < demand.at(len(demand.rps))]
    true = [demand.rps[(each.at - demand.start) // TICK] for each in known]
    assert len(known) > 100
    assert [each.median for each in known] == true
    assert [each.planned for each in known] == true


def test_the_true_future_is_trusted_on_day_zero() -> None:
    whole = fifth_morning()
    cut = FIRST - 40  # ten minutes of history
    young = Demand(whole.at(cut), whole.rps[cut:], known_from=6, evaluated_from=40)
    timeline, _ = flown(with_true_future, young)
    assert "Forecast" in reasons(timeline)


def test_the_true_future_of_another_load_is_not_known() -> None:
    cores = Signal(name="cores", preset="cpu-cores", load=Load(per_replica=1))
    spec = POLICY.spec.model_copy(update={"signals": (*POLICY.spec.signals, cores)})
    policy = POLICY.model_copy(update={"spec": spec})
    with pytest.raises(InputRefused, match="the policy also scales by cores"):
        with_true_future(PretendWorkload(fifth_morning(), WORLD), policy)


def test_what_is_foreseen_ends_with_the_trace() -> None:
    demand = fifth_morning()
    timeline, _ = flown(with_true_future, demand)
    assert np.isfinite(timeline.desired_replicas).all()
    assert len(timeline) == 480


def test_a_policy_can_count_on_a_share_of_a_pod() -> None:
    load = counting_on(POLICY, 0.8).spec.load_signals[0].load
    assert load is not None
    assert (load.per_replica, load.service_time_milliseconds) == (8.0, 100)


def test_a_policy_can_plan_for_another_percentile() -> None:
    assert planning_for(POLICY, 75).spec.forecast.planning_percentile == 75
