"""The loss of a zone: with a reserve nobody notices, without one the objective is missed until new pods are Ready."""

from datetime import timedelta

import pytest

from controller.api.scaling_policy import Resilience, ScalingPolicy
from controller.scaling.judging.score import score
from controller.simulation.defaults import default_policy
from controller.simulation.variants.zones import ZoneLoss
from controller.simulation.world import World
from tests.simulation.made import HOUR, MINUTE, MONDAY, busy_days, demand_of, hours_until, steered, violated_minutes

SETTLED = 20 * MINUTE


def with_zones(policy: ScalingPolicy, zones: int) -> ScalingPolicy:
    return policy.model_copy(update={"spec": policy.spec.model_copy(update={"resilience": Resilience(zones=zones)})})


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize("hour", [3, 11, 19], ids=["by night", "before noon", "at the peak"])
def test_a_zone_goes_and_the_reserve_keeps_the_objective(hour: int, zones: int) -> None:
    loss = ZoneLoss(MONDAY + hour * HOUR, zones=zones)
    world = World(start_up=timedelta(minutes=3), variants=(loss,))
    demand = demand_of(busy_days(hours_until((hour + 1) * HOUR)), evaluate_from=MONDAY + (hour - 1) * HOUR)

    bare, reserved = steered(demand, world), steered(demand, world, with_zones(default_policy(world), zones))

    assert violated_minutes(reserved, loss.at, loss.at + SETTLED) == 0
    assert violated_minutes(bare, loss.at, loss.at + SETTLED) >= 2
    assert score(reserved).pod_hours > score(bare).pod_hours
