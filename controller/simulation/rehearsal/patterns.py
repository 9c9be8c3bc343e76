"""Patterns: the load shapes of a rehearsal, relative to what maxReplicas serve, paced by the policy's own times.

Loads are shares of that peak, without noise: a rehearsal shows what a shape does, and the shape is all there is.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.api.behavior import ScaleDownBehavior, SelectPolicy, StepLimit, StepLimitType
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.learning.lead_time import SWEEP, lead_time
from controller.simulation.demand import TICK, WARM_UP_TICKS, Demand
from controller.simulation.world import METRIC_AGE_SECONDS
from forecasting.series import Values

STARTS = datetime(2026, 1, 5, tzinfo=UTC)  # any moment will do: nothing here knows a season
METRIC_AGE = timedelta(seconds=METRIC_AGE_SECONDS)
SUDDEN = timedelta(minutes=1)
GRADUAL = timedelta(minutes=10)
WATCHED = timedelta(hours=1)  # a flapping policy flaps within it
WHILE = timedelta(minutes=15)  # what a change is given to show, beside the policy's own times
LOW, HALF, DOUBLE, HIGH, TOO_MUCH = 0.3, 0.5, 0.6, 0.75, 1.3
GROWTH = 1.05  # of a ramp within one reaction time: less than the room that the live ratio keeps


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a policy that a pattern must leave room for."""

    reaction: timedelta
    """From a change of load until capacity for it is Ready."""
    settling: timedelta
    """Until a steady load has the replicas that it keeps."""
    hold: timedelta
    """Until every step rule and every queue has had its say."""
    descent: timedelta
    """From a fall of load until its replicas are gone, as the policy promises it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some time in which the load goes evenly from one share of the peak to another."""

    length: timedelta
    begin: float
    end: float

    def shares(self) -> Values:
        """Return the share at each tick, on a geometric path."""
        ticks = math.ceil(self.length / TICK)
        shares: Values = np.geomspace(self.begin, self.end, ticks + 1)[1:]
        return shares


@dataclass(frozen=True, slots=True)
class Pattern:
    """A load over time: one stretch in which it settles, then those that are judged."""

    name: str
    about: str
    stretches: tuple[Stretch, ...]

    def demand(self, peak_rps: float) -> Demand:
        """Return the demand, known from its begin on: day 0, no history."""
        shares = np.concatenate([stretch.shares() for stretch in self.stretches])
        rps = peak_rps * np.concatenate((np.full(WARM_UP_TICKS, shares[0]), shares))
        return Demand(STARTS - WARM_UP_TICKS * TICK, rps, known_from=0, evaluated_from=WARM_UP_TICKS)

    def tick_after(self, stretches: int) -> int:
        """Return the tick at which so many stretches are over."""
        return sum(len(stretch.shares()) for stretch in self.stretches[:stretches])


def pace_of(policy: ScalingPolicy) -> Pace:
    """Return how fast things go under a policy."""
    spec, lead = policy.spec, lead_time(policy, policy.status.memory)
    waits = [rule.for_seconds for rule in spec.step_scaling]
    drains = [signal.queue.drain_target_seconds for signal in spec.signals if signal.queue]
    descent = _descent(policy)
    return Pace(
        reaction=METRIC_AGE + SWEEP + lead,
        settling=descent + lead,
        hold=2 * (METRIC_AGE + lead + _longest(waits)) + 1.5 * _longest(drains) + WHILE,
        descent=descent,
    )


def _longest(seconds: Iterable[int]) -> timedelta:
    return timedelta(seconds=max(seconds, default=0))


def _descent(policy: ScalingPolicy) -> timedelta:
    """Return the longest time in which replicas for a load that is over are removed, from all to the fewest."""
    down, spec = policy.spec.behavior.scale_down, policy.spec
    calm = timedelta(seconds=down.stabilization_window_seconds + 2 * down.cooldown_seconds)
    drains = _longest(signal.queue.drain_target_seconds for signal in spec.signals if signal.queue)
    return METRIC_AGE + 2 * SWEEP + calm + drains + _limited(down, spec.max_replicas, spec.min_replicas)


def _limited(down: ScaleDownBehavior, replicas: int, until: int) -> timedelta:
    """Return how long the step limits take: any one of them alone where the largest counts, else the slowest."""
    if not down.policies or down.select_policy is SelectPolicy.DISABLED:
        return timedelta(0)
    times = [_alone(limit, replicas, until, pause=down.cooldown_seconds) for limit in down.policies]
    return min(times) if down.select_policy is SelectPolicy.MAX else sum(times, timedelta(0))


def _alone(limit: StepLimit, replicas: int, until: int, *, pause: int) -> timedelta:
    steps = 0
    while replicas > until:
        share = max(1, math.floor(replicas * limit.value / 100))
        replicas -= limit.value if limit.type is StepLimitType.PODS else share
        steps += 1
    return steps * (timedelta(seconds=max(limit.period_seconds, pause)) + SWEEP)


def _steady(pace: Pace) -> Pattern:
    about = f"{HALF:.0%} of what maxReplicas serve, for {WATCHED}"
    return Pattern("steady", about, (_level(pace.settling, HALF), _level(WATCHED, HALF)))


def _ramp(pace: Pace) -> Pattern:
    length = math.log(HIGH / LOW) / math.log(GROWTH) * pace.reaction
    about = f"from {LOW:.0%} to {HIGH:.0%} of it, by {GROWTH - 1:.0%} in each {pace.reaction} that capacity takes"
    return Pattern("ramp", about, (_level(pace.settling, LOW), Stretch(length, LOW, HIGH), _level(WHILE, HIGH)))


def _spike(pace: Pace) -> Pattern:
    about = f"from {LOW:.0%} to {DOUBLE:.0%} of it within {SUDDEN}, for {_whole(pace.hold)}, and back"
    up, down = Stretch(SUDDEN, LOW, DOUBLE), Stretch(SUDDEN, DOUBLE, LOW)
    rest = _level(pace.descent + WHILE, LOW)
    return Pattern("spike", about, (_level(pace.settling, LOW), up, _level(pace.hold, DOUBLE), down, rest))


def _overload(pace: Pace) -> Pattern:
    about = f"from {HALF:.0%} to {TOO_MUCH:.0%} of it within {GRADUAL}, for {_whole(pace.hold)}"
    up = Stretch(GRADUAL, HALF, TOO_MUCH)
    return Pattern("overload", about, (_level(pace.settling, HALF), up, _level(pace.hold, TOO_MUCH)))


def _recovery(pace: Pace) -> Pattern:
    about = f"from {LOW:.0%} to {HIGH:.0%} of it within {GRADUAL}, for {_whole(pace.hold)}, and back as fast"
    up, down = Stretch(GRADUAL, LOW, HIGH), Stretch(GRADUAL, HIGH, LOW)
    rest = _level(pace.descent + WHILE, LOW)
    return Pattern("recovery", about, (_level(pace.settling, LOW), up, _level(pace.hold, HIGH), down, rest))


def _level(length: timedelta, share: float) -> Stretch:
    return Stretch(length, share, share)


def _whole(length: timedelta) -> timedelta:
    """Return the length without fractions of a second."""
    return timedelta(seconds=math.ceil(length.total_seconds()))


PATTERNS: Mapping[str, Callable[[Pace], Pattern]] = {
    "steady": _steady,
    "ramp": _ramp,
    "spike": _spike,
    "recovery": _recovery,
    "overload": _overload,
}
