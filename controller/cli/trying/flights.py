"""Flights: ourselves in a replay, with the pilot kept, so that a person can be shown what decisions counted on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import SignalKey
from controller.reporting import report as shown
from controller.reporting.basis import demand_from
from controller.reporting.wording import duration
from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Timeline
from controller.scaling.learning.lead_time import known_lead_time
from controller.simulation.defaults import RATE_PRESET
from controller.simulation.demand import Demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.world import PretendWorkload, World
from forecasting import SeriesRefused
from forecasting.decomposition import Decomposition, decompose

UNIT = "requests/s"


@dataclass(frozen=True, slots=True)
class Flight:
    """Ourselves in a replay: the policy, the pilot that steered by it, and what happened."""

    policy: ScalingPolicy
    pilot: CyclePilot
    timeline: Timeline


def fly(
    demand: Demand,
    world: World,
    policy: ScalingPolicy,
    *,
    name: str = "Headroom",
    progress: Callable[[int], None] = lambda _: None,
    heard: Callable[[Decision], None] = lambda _: None,
) -> Flight:
    """Replay a policy; `heard` is told every decision."""
    pilots: list[CyclePilot] = []

    def board(workload: PretendWorkload) -> CyclePilot:
        pilots.append(CyclePilot(workload, policy, heard=heard))
        return pilots[-1]

    timeline = replay(demand, world, board, name=name, progress=progress)
    return Flight(policy, pilots[-1], timeline)


def demand_of(flight: Flight) -> shown.Demand:
    """Return the request rate as decisions saw it: what each minute was expected to bring, one lead time before.

    Nothing was expected where the policy does not look at it, or where no history came before the window.
    """
    rates = [signal.name for signal in flight.policy.spec.load_signals if signal.preset == RATE_PRESET]
    key = SignalKey(flight.policy.key, rates[0] if rates else "")
    if not flight.pilot.expected.get(key):
        return shown.Demand(key.signal or "demand", UNIT)
    at, median, planned = zip(*flight.pilot.expected[key], strict=True)
    lead = known_lead_time(flight.policy, flight.policy.status.memory).seconds
    band = shown.Band(
        np.array([moment.timestamp() for moment in at]),
        np.array(median),
        np.array(planned),
        made=f"as it stood {duration(lead)} before",
    )
    return demand_from(
        flight.pilot.forecasts[key], key.signal, unit=UNIT, forecast=band, parts=_parts(flight, key.signal)
    )


def _parts(flight: Flight, signal: str) -> Decomposition | None:
    """Return the seasons of a signal's history; None where it is too short for any."""
    try:
        return decompose(flight.pilot.history(signal), flight.policy.spec.forecast.time_zone)
    except SeriesRefused:
        return None
