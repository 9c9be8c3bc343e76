from datetime import UTC, datetime

import numpy as np
import pytest

from controller.errors import InputRefused
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand
from controller.simulation.rivals.ablations import planning_for
from controller.simulation.rivals.choice import Rival, parse_rivals, swept
from controller.simulation.rivals.kinds import KINDS
from controller.simulation.world import World

HALF_AN_HOUR = 120  # ticks
REACTIVE = ["hpa-cpu", "hpa-rps", "last-week", "kpa", "aws", "phpa", "crane"]


def steady(rps: float) -> Demand:
    ticks = np.full(5760 + HALF_AN_HOUR, rps)
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), ticks, known_from=6, evaluated_from=5760)


def rising() -> Demand:
    """Return four days that repeat, noisily, and half an hour of the fifth morning, when it rises fastest."""
    ticks = np.arange(4 * 5760 + 1500 + HALF_AN_HOUR)
    shape = np.maximum(0.1, np.sin(2 * np.pi * (ticks / 5760 - 0.25)))
    rps = 400 * shape * np.random.default_rng(3).normal(1, 0.05, len(ticks))
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), rps, known_from=6, evaluated_from=4 * 5760 + 1500)


def flown(rival: Rival, demand: Demand, world: World = World()) -> Timeline:  # noqa: B008  frozen
    return rival.replay(demand, world, default_policy(world))


def test_rivals_are_read_with_their_settings() -> None:
    assert parse_rivals("hpa-cpu=0.7/2, hpa-rps=0.8/4/0.02, static=1, oracle") == (
        Rival("hpa-cpu=0.7/2", "hpa-cpu", (0.7, 2, 0.1)),
        Rival("hpa-rps=0.8/4/0.02", "hpa-rps", (0.8, 4, 0.02)),
        Rival("static=1", "static", (1.0,)),
        Rival("oracle", "oracle", ()),
    )


def test_settings_that_are_not_named_are_the_usual_ones() -> None:
    (hpa, planned) = parse_rivals("hpa-rps,last-value")
    assert (hpa.settings, planned.settings) == ((0.7, 1, 0.1), ())


def test_an_ablation_plans_as_its_policy_does_unless_it_is_told_otherwise() -> None:
    demand, world = rising(), World()
    shipped = default_policy(world)
    as_is, told = parse_rivals("last-value,last-value=60")
    theirs = as_is.replay(demand, world, planning_for(shipped, 60))
    np.testing.assert_array_equal(theirs.created_replicas, told.replay(demand, world, shipped).created_replicas)
    assert not np.array_equal(theirs.created_replicas, as_is.replay(demand, world, shipped).created_replicas)


def test_no_rivals_is_an_answer() -> None:
    assert parse_rivals("") == ()


def test_all_names_every_kind() -> None:
    assert {rival.kind for rival in parse_rivals("all")} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_replayed_by_its_name(kind: str) -> None:
    (rival,) = parse_rivals(kind)
    timeline = flown(rival, steady(100))
    assert (timeline.policy, len(timeline)) == (kind, HALF_AN_HOUR)
    assert (timeline.created_replicas >= 2).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_settings_that_make_a_curve_of_it(kind: str) -> None:
    rivals = swept(kind)
    assert len({rival.settings for rival in rivals}) == len(rivals)
    assert parse_rivals(",".join(rival.name for rival in rivals)) == rivals


@pytest.mark.parametrize("kind", [kind for kind in KINDS if len(KINDS[kind].sweep) > 1])
def test_the_ends_of_a_curve_differ_in_cost(kind: str) -> None:
    first, *_, last = swept(kind)
    assert flown(first, rising()).created_replicas.sum() != flown(last, rising()).created_replicas.sum()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].settings])
@pytest.mark.parametrize(("rps", "bound"), [(1.0, 15), (900.0, 40)])
def test_the_bounds_of_the_world_hold_for_everybody(kind: str, rps: float, bound: int) -> None:
    (rival,) = parse_rivals(kind)
    timeline = flown(rival, steady(rps), World(min_replicas=15, max_replicas=40))
    assert set(timeline.created_replicas) == {bound}


@pytest.mark.parametrize("kind", REACTIVE)
def test_a_target_is_a_share_of_what_a_pod_serves(kind: str) -> None:
    half, full = (flown(rival, steady(100)) for rival in parse_rivals(f"{kind}=0.5,{kind}=1"))
    assert half.created_replicas[-1] == 20
    assert 9 <= full.created_replicas[-1] <= 13  # a tolerance of 10 %, and what an overload hides


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("vpa=0.7/2", "there is no 'vpa'; there are hpa-cpu, hpa-rps, last-week"),
        ("hpa-cpu=high/2", "'hpa-cpu=high/2' cannot be read; write it like hpa-cpu=0.7/1/0.1 (target/minReplicas/tol"),
        ("hpa-cpu=", "cannot be read"),
        ("last-value=high", "write it like last-value=50 (planning percentile;"),
        ("hpa-cpu=0.7/2/0.1/5", "has too many settings; write it like hpa-cpu=0.7/1/0.1"),
        ("oracle=1", "'oracle=1' has too many settings; write it like oracle"),
        ("hpa-cpu=70/2", "has target 70; it lies from 0.01 to 1"),
        ("hpa-cpu=nan/2", "has target nan"),
        ("hpa-cpu=0.7/0", "has minReplicas 0; it lies from 1"),
        ("hpa-cpu=0.7/2.5", "has minReplicas 2.5; it is a whole number"),
        ("last-value=100", "has planning percentile 100; it lies from 50 to 99"),
        ("hpa-cpu=0.7/2,hpa-cpu=0.7/2", "names one twice"),
        ("hpa-cpu=0.7/2,", "there is no ''"),
        ("all,oracle", "there is no 'all'"),
    ],
)
def test_a_rival_that_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_rivals(text)
    assert sentence in str(refused.value)
