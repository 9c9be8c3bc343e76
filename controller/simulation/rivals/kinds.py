"""Kinds: every rival and ablation by name, with its settings, and which values of them make its curve of cost.

How a person's text becomes one of them is choice.py's business. All of them meet the same world: its bounds hold for
everybody, and a target is a share of what a pod serves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

from controller.api.scaling_policy import ScalingPolicy
from controller.simulation.replay import Autoscaler, AutoscalerPilot, Pilot
from controller.simulation.rivals.ablations import (
    counting_on,
    planning_for,
    with_last_value,
    with_member,
    with_true_future,
    without_forecast,
)
from controller.simulation.rivals.aws_predictive import AWSPredictive
from controller.simulation.rivals.crane import crane_hpa
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, requests_hpa, utilization_hpa
from controller.simulation.rivals.kedastral import kedastral_hpa
from controller.simulation.rivals.kpa import KPA
from controller.simulation.rivals.last_week import last_week_hpa
from controller.simulation.rivals.oracle import Oracle
from controller.simulation.rivals.phpa import phpa
from controller.simulation.rivals.queue_trigger import queue_hpa
from controller.simulation.rivals.static import Static
from controller.simulation.world import PretendWorkload, World
from forecasting.models.scryer_fft import ScryerFFT
from forecasting.models.scryer_regression import ScryerRegression

Settings = tuple[float, ...]
"""Values of a kind's settings, in their order; empty where the policy's own is to be kept."""

Fly = Callable[[PretendWorkload, ScalingPolicy], Pilot]
"""Returns ourselves at the controls of a workload, by a policy."""

Board = Callable[[Settings, PretendWorkload, ScalingPolicy], Pilot]
"""Returns who steers a workload; the policy is ours, for ablations."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that a rival is given: what it is called, its usual value, and the range it may lie in.

    Where `usual` is None the policy has a say of its own; such a setting is the only one of its kind.
    """

    name: str
    usual: float | None
    lowest: float
    highest: float
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rival: what it is, and how it is made.

    `sweep` holds the settings of its curve: the first one moves cost against quality.
    """

    about: str
    board: Board
    settings: tuple[Setting, ...] = ()
    sweep: tuple[Settings, ...] = ((),)


TARGET = Setting("target", 0.7, 0.01, 1.0)
MIN_REPLICAS = Setting("minReplicas", 1, 1, 100_000, is_whole=True)
TOLERANCE = Setting("tolerance", DEFAULT_TOLERANCE, 0.0, 0.99)
WAITING = Setting("waiting requests", 5, 0.1, 1_000_000)
QUANTILE = Setting("quantile", 0.99, 0.0, 1.0)
PERCENTILE = Setting("planning percentile", None, 50, 99, is_whole=True)
SHARE = Setting("share", 1.0, 0.1, 10.0)

HPA_SETTINGS = (TARGET, MIN_REPLICAS, TOLERANCE)

TARGETS = tuple(percent / 100 for percent in range(35, 100, 5))
MINIMA = (2.0, 4.0, 10.0)
HPA_SWEEP = tuple(product(TARGETS, MINIMA))
WAITING_SWEEP = tuple(product((0.5, 1.0, 2.0, 5.0, 10.0, 20.0), MINIMA))
QUANTILE_SWEEP = tuple((quantile,) for quantile in (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0))
PERCENTILE_SWEEP = tuple((float(percentile),) for percentile in (50, 60, 70, 80, 90, 95, 98, 99))
SHARE_SWEEP = tuple((percent / 100,) for percent in range(70, 125, 5))


def _of_world(make: Callable[[Settings, PretendWorkload], Autoscaler]) -> Board:
    """Return the board of a rival that is not ours."""
    return lambda settings, workload, _: AutoscalerPilot(workload, make(settings, workload))


def _full_rate(world: World) -> float:
    return float(world.pod.per_replica)


def _hpa(make: Callable[..., HPA], full: Callable[[World], float] = _full_rate) -> Board:
    """Return the board of an HPA whose target is a share of what is `full` for a pod."""

    def build(settings: Settings, workload: PretendWorkload) -> HPA:
        target, min_replicas, tolerance = settings
        world = workload.world
        return make(
            target * full(world),
            min_replicas=max(int(min_replicas), world.min_replicas),
            max_replicas=world.max_replicas,
            tolerance=tolerance,
        )

    return _of_world(build)


def _kpa(settings: Settings, workload: PretendWorkload) -> KPA:
    target, min_replicas = settings
    world = workload.world
    return KPA(target * world.pod.per_replica, max(int(min_replicas), world.min_replicas), world.max_replicas)


def _aws(settings: Settings, workload: PretendWorkload) -> AWSPredictive:
    target, min_replicas = settings
    world = workload.world
    return AWSPredictive(
        target * world.pod.per_replica,
        min_replicas=max(int(min_replicas), world.min_replicas),
        max_replicas=world.max_replicas,
        start=workload.demand.start,
    )


def _as_hpa(about: str, make: Callable[..., HPA]) -> Kind:
    """Return the kind of a rival that is set like an HPA on requests/s."""
    return Kind(about, _hpa(make), HPA_SETTINGS, HPA_SWEEP)


def _planning(about: str, fly: Fly) -> Kind:
    """Return the kind of an ablation whose curve is that of its planning percentile."""

    def board(settings: Settings, workload: PretendWorkload, policy: ScalingPolicy) -> Pilot:
        return fly(workload, planning_for(policy, int(settings[0])) if settings else policy)

    return Kind(about, board, (PERCENTILE,), PERCENTILE_SWEEP)


def _counting(about: str, fly: Fly) -> Kind:
    """Return the kind of an ablation that plans for no percentile: its curve is that of the capacity it counts on."""

    def board(settings: Settings, workload: PretendWorkload, policy: ScalingPolicy) -> Pilot:
        return fly(workload, counting_on(policy, settings[0]))

    return Kind(f"{about}; the share is that of a pod's capacity that is counted on", board, (SHARE,), SHARE_SWEEP)


ABLATIONS: Mapping[str, Kind] = {
    "no-forecast": _counting("ourselves with a gate that never opens", without_forecast),
    "last-value": _planning("ourselves with the newest value as the forecast's only member", with_last_value),
    "scryer-fft": _planning(
        "ourselves with Scryer's FFT as the forecast's only member", partial(with_member, ScryerFFT())
    ),
    "scryer-regression": _planning(
        "ourselves with Scryer's regression as the forecast's only member", partial(with_member, ScryerRegression())
    ),
    "true-future": _counting("ourselves fed with the demand to come", with_true_future),
}
"""Those that are ourselves: what they do goes through the whole of cycle and forecasting."""

KINDS: Mapping[str, Kind] = {
    "hpa-cpu": Kind(
        "HorizontalPodAutoscaler v2 on utilisation, with its readiness rules",
        _hpa(utilization_hpa, lambda _: 1.0),
        HPA_SETTINGS,
        HPA_SWEEP,
    ),
    "hpa-rps": _as_hpa("HorizontalPodAutoscaler v2 on requests/s for each pod (External, AverageValue)", requests_hpa),
    "last-week": _as_hpa(
        "hpa-rps with a second metric: the highest rate of the coming half hour a week ago (grafana/mimir 7775)",
        last_week_hpa,
    ),
    "kpa": Kind(
        "the Knative Pod Autoscaler on requests/s: a stable window of 60 s, and panic",
        _of_world(_kpa),
        (TARGET, MIN_REPLICAS),
        HPA_SWEEP,
    ),
    "aws": Kind(
        "like predictive scaling of Amazon EC2: hourly floors, five minutes ahead, beside hpa-rps",
        _of_world(_aws),
        (TARGET, MIN_REPLICAS),
        HPA_SWEEP,
    ),
    "queue": Kind(
        "KEDA on the requests that wait, polled every 30 s",
        _hpa(queue_hpa, lambda _: 1.0),
        (WAITING, MIN_REPLICAS, TOLERANCE),
        WAITING_SWEEP,
    ),
    "phpa": _as_hpa(
        "the Predictive Horizontal Pod Autoscaler: hpa-rps, a line and Holt-Winters through its replica counts", phpa
    ),
    "crane": _as_hpa(
        "like Crane's EffectiveHorizontalPodAutoscaler: hpa-rps beside a forecast from whole days or weeks", crane_hpa
    ),
    "kedastral": _as_hpa("like Kedastral: trend and hour of the day, with headroom, through KEDA", kedastral_hpa),
    "static": Kind(
        "as many replicas as this quantile of the rates before the evaluated window needs",
        _of_world(lambda given, workload: Static(given[0], workload.world)),
        (QUANTILE,),
        QUANTILE_SWEEP,
    ),
    "oracle": Kind(
        "the cheapest timeline that keeps the objective, by who knows demand and start-ups to come",
        _of_world(lambda _, workload: Oracle(workload)),
    ),
    **ABLATIONS,
}
