"""How a replay deceives, each way with a test that it is not taken here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.closed_loop import over
from benchmarks.scenes import SEASONAL, Scene
from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import DAY, WARM_UP_TICKS, Demand, DemandSettings, make_demand
from controller.simulation.pods import StartUps
from controller.simulation.replay import Pilot, replay, replay_rival
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.rivals.hpa import utilization_hpa
from controller.simulation.rivals.kinds import KINDS
from controller.simulation.traces import read_trace
from controller.simulation.world import PretendWorkload, View, World
from forecasting.series import Flags, Values
from tests.simulation.pilots import A_DAY, EVERYBODY, HONEST, OURS, fly, mornings, with_a_surprise

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WORLD = World()
SEES_NO_RATE = ("static", "queue")
TRACE = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"


def demand_of(rps: Values) -> Demand:
    return Demand(MONDAY, np.asarray(rps, dtype=float), known_from=0, evaluated_from=WARM_UP_TICKS)


def stepped() -> Demand:
    """Return an hour of 140 requests/s and two of 170, which 18 pods can just serve."""
    return demand_of(np.concatenate((np.full(WARM_UP_TICKS + 240, 140.0), np.full(480, 170.0))))


def taxi(*, seed: int = 1, noise: float = 0.05) -> Demand:
    """Return the last day of the bundled trace as a backtest replays it."""
    trace = read_trace(TRACE)
    return make_demand(trace, DemandSettings(trace.end - DAY, noise=noise, seed=seed))


class Careless:
    """A utilisation HPA as it is often simulated: every pod counts at once, and nothing is within tolerance."""

    def __init__(self, tolerance: float = 0.1) -> None:
        self._hpa = utilization_hpa(0.7, min_replicas=2, max_replicas=200, tolerance=tolerance)

    def decide(self, view: View) -> int:
        everyone = view._replace(ready=view.created, measured=view.created)
        return self._hpa.decide(everyone)


def named(kind: str, demand: Demand, world: World = WORLD) -> Timeline:
    (rival,) = parse_rivals(kind)
    return rival.replay(demand, world, default_policy(world))


@pytest.mark.parametrize("kind", ["hpa-cpu=0.7/2", "hpa-rps=0.7/2"])
def test_an_hpa_has_its_tolerance(kind: str) -> None:
    demand = demand_of(140 * np.random.default_rng(3).normal(1, 0.03, 2000))  # 20 pods are at the target
    usual, strict = (score(named(each, demand)).actions for each in (kind, f"{kind}/0"))
    assert (usual, strict > 5) == (0, True)


def test_an_hpa_has_its_readiness_rules() -> None:
    real, careless = (
        replay_rival(stepped(), WORLD, hpa, name="hpa")
        for hpa in (utilization_hpa(0.7, min_replicas=2, max_replicas=200), Careless())
    )
    assert real.created_replicas.max() <= 25  # 170 / 7, rounded up
    assert careless.created_replicas.max() > 40


@pytest.mark.parametrize("name", HONEST)
def test_nobody_has_metrics_that_are_not_there_yet(name: str) -> None:
    timeline = fly(name, stepped())
    moved = np.flatnonzero(timeline.desired_replicas[240:] > timeline.desired_replicas[239])
    assert name in SEES_NO_RATE or moved[0] >= 3  # the first tick of the rise has ended 30 s ago
    np.testing.assert_array_equal(timeline.measured_rps[240:247], [140, 140, 140, 147.5, 155, 162.5, 170])


def test_our_own_fit_has_not_seen_the_evaluated_window() -> None:
    """A spike that never was before cannot be met better with a forecast than without; who has seen it meets it."""
    demand = with_a_surprise(mornings(), 100, 1.6)
    before = slice(100, 100 + 12 + 3)  # until pods that were asked for at the surprise could be Ready
    missed = {name: _violated(fly(name, demand))[before].sum() for name in (OURS, "no-forecast", "true-future")}
    assert missed["true-future"] == 0
    assert missed[OURS] == missed["no-forecast"] > 5


def _violated(timeline: Timeline) -> Flags:
    return timeline.p95_ms > timeline.objective_ms


@pytest.mark.parametrize("name", ["static", "aws", OURS, "scryer-regression"])
def test_what_is_learned_from_the_past_does_not_move_with_the_evaluated_window(name: str) -> None:
    quiet, busy = (fly(name, with_a_surprise(mornings(), 1, factor)) for factor in (0.5, 2.0))
    first = slice(4 if name != "static" else None)  # what has been delivered then is all from before
    np.testing.assert_array_equal(quiet.desired_replicas[first], busy.desired_replicas[first])


def test_no_shipped_setting_knows_a_trace() -> None:
    """Settings are made from the world alone, and a rival's usual ones are written down."""
    chosen = [(default_policy(WORLD), [kind.settings for kind in KINDS.values()]) for _ in (taxi(), mornings())]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("name", EVERYBODY)
def test_start_ups_are_the_same_for_everybody(name: str) -> None:
    world = World(start_up=timedelta(seconds=90), seed=4)
    seen = start_ups_of(name, with_a_surprise(mornings(), 100, 1.6), world)
    draws = StartUps(world.start_up, world.seed)
    drawn = [draws.take() for _ in range(1 + max(seen, default=0))]
    assert name == "static" or len(seen) > 5
    assert all(seconds == pytest.approx(drawn[number]) for number, seconds in seen.items())


def start_ups_of(name: str, demand: Demand, world: World) -> Mapping[int, float]:
    """Return how long each pod took that somebody created, by its number."""
    kind = "no-forecast" if name == OURS else name  # ourselves, but for what is fitted
    (rival,) = parse_rivals(kind)
    seen: dict[int, float] = {}

    class Watched:
        def __init__(self, workload: PretendWorkload) -> None:
            self._workload = workload
            self._pilot: Pilot = KINDS[kind].board(rival.settings, workload, default_policy(world))
            self.notes = self._pilot.notes

        async def steer(self) -> int:
            replicas = await self._pilot.steer()
            seen.update({pod.number: pod.ready - pod.created for pod in self._workload.pods.young})
            return replicas

    replay(demand, world, Watched, name=name)
    return seen


def test_demand_is_scaled_so_that_one_can_fail_and_one_can_succeed() -> None:
    """The usual peak needs far more than the fewest pods there may be, and fewer than the most."""
    demand = taxi()
    missed = {kind: _missed(named(kind, demand)) for kind in ("static=0", "static=0.5", "static=1", "oracle")}
    assert missed["static=0"] > missed["static=0.5"] > 60
    assert missed["static=1"] + missed["oracle"] <= 5  # before pods could be there
    needed = named("oracle", demand).needed_replicas
    assert 55 <= np.quantile(needed, 0.99) <= WORLD.max_replicas / 2
    assert needed.max() > 5 * needed.min()


def _missed(timeline: Timeline) -> int:
    return score(timeline).violation_minutes


def test_no_mean_hides_a_loss() -> None:
    """Seven traces won tenfold do not outweigh one that is lost: it stands beside their mean by its name."""
    ratios = {**dict.fromkeys(SEASONAL, 0.1), SEASONAL[3]: 3.0}
    figure = over((Scene(trace, 180), ratio) for trace, ratio in ratios.items())
    assert figure is not None
    assert (figure.mean < 0.2, figure.worst, figure.worst_scene) == (True, 3.0, f"{SEASONAL[3]}, 180 s")


def test_a_seed_moves_demand_and_start_ups_and_no_verdict() -> None:
    """What is said of one seed holds with others: less is missed than under an HPA that costs more."""
    runs: set[bytes] = set()
    for seed in (1, 2, 3):
        demand, world = mornings(seed=seed), World(seed=seed)
        steered, rival = fly(OURS, demand, world), named("hpa-rps=0.7/2", demand, world)
        ours, hpa = score(steered), score(rival)
        assert ours.violation_minutes < hpa.violation_minutes, seed
        assert ours.pod_hours < hpa.pod_hours, seed
        runs.add(steered.ready_replicas.tobytes())
    assert len(runs) == 3


def test_noise_and_start_ups_have_seeds_of_their_own() -> None:
    demand, other_start_ups = taxi(), replace(WORLD, seed=2)
    first, second = (named("hpa-rps", demand, world) for world in (WORLD, other_start_ups))
    np.testing.assert_array_equal(first.demand_rps, second.demand_rps)
    assert not np.array_equal(first.ready_replicas, second.ready_replicas)
    assert len(first) == A_DAY
