"""Ablations: ourselves with one part taken away or put in another's place, so that a part's worth can be told.

All of them are the CyclePilot in the same world; what differs is what it fits, or what it is told. Without the forecast
its gate never opens. With a single member the engine's correction, bounds and gate stay what they are, around that
member alone; so the last value follows a trend and knows no season. It cannot beat itself: its gate is open. The true
future is the demand of every tick to come, as the median and as every bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import partial

import numpy as np

from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from controller.simulation.defaults import RATE_PRESET
from controller.simulation.demand import TICK, Demand
from controller.simulation.ours import CyclePilot, Fit
from controller.simulation.world import PretendWorkload
from forecasting import FittedForecast, Forecast, Gate, Series, fit
from forecasting.fitted import DEFAULT_HORIZON, DEFAULT_LEVELS
from forecasting.models import Model
from forecasting.models.naive import LastValue

NEVER = Gate(open=False, reason="Ablation", message="this ablation has no forecast")
ALWAYS = Gate(open=True, reason="Ablation", message="this ablation trusts its forecast", short_term=True)

_UNUSED: Fit = partial(fit, members=())  # where what is learned does not matter, it may as well be quick


def without_forecast(workload: PretendWorkload, policy: ScalingPolicy) -> CyclePilot:
    """Return ourselves with a gate that never opens."""
    return CyclePilot(workload, policy, fit=_gated(_UNUSED, NEVER))


def with_last_value(workload: PretendWorkload, policy: ScalingPolicy) -> CyclePilot:
    """Return ourselves with the newest value as the forecast's only member."""
    return CyclePilot(workload, policy, fit=_gated(_alone(LastValue()), ALWAYS))


def with_member(member: Model, workload: PretendWorkload, policy: ScalingPolicy) -> CyclePilot:
    """Return ourselves with one member of the engine alone as the forecast, behind the usual gate."""
    return CyclePilot(workload, policy, fit=_alone(member))


def with_true_future(workload: PretendWorkload, policy: ScalingPolicy) -> CyclePilot:
    """Return ourselves fed with the demand to come.

    Raises InputRefused for a policy whose loads are not all the request rate, which is all that demand is.
    """
    others = [signal.name for signal in policy.spec.load_signals if signal.preset != RATE_PRESET]
    if others:
        raise InputRefused(f"true-future knows {RATE_PRESET} alone; the policy also scales by {', '.join(others)}")
    return CyclePilot(workload, policy, fit=_foreseeing(workload.demand))


def counting_on(policy: ScalingPolicy, share: float) -> ScalingPolicy:
    """Return a policy that counts on this share of what a pod serves, which moves cost where no forecast can."""
    signals = tuple(
        signal.model_copy(
            update={"load": signal.load.model_copy(update={"per_replica": share * signal.load.per_replica})}
        )
        if signal.load and signal.load.per_replica
        else signal
        for signal in policy.spec.signals
    )
    return policy.model_copy(update={"spec": policy.spec.model_copy(update={"signals": signals})})


def planning_for(policy: ScalingPolicy, percentile: int) -> ScalingPolicy:
    """Return a policy that plans for this percentile of the forecast."""
    forecast = policy.spec.forecast.model_copy(update={"planning_percentile": percentile})
    return policy.model_copy(update={"spec": policy.spec.model_copy(update={"forecast": forecast})})


def _alone(member: Model) -> Fit:
    return partial(fit, members=(member,), yardsticks=())


def _gated(learn: Fit, gate: Gate) -> Fit:
    """Return a way to learn whose gate says this, whatever a backtest says."""
    return _amended(learn, lambda fitted: replace(fitted, evaluation=replace(fitted.evaluation, gate=gate)))


def _foreseeing(demand: Demand) -> Fit:
    """Return a way to learn nothing and know all."""

    def foresee(fitted: FittedForecast) -> FittedForecast:
        return Foreseen(**{field.name: getattr(fitted, field.name) for field in fields(fitted)}, demand=demand)

    return _amended(_gated(_UNUSED, ALWAYS), foresee)


def _amended(learn: Fit, amend: Callable[[FittedForecast], FittedForecast]) -> Fit:
    def learn_amended(series: Series, **how: object) -> FittedForecast:
        return amend(learn(series, **how))

    return learn_amended


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen(FittedForecast):
    """A forecaster that has seen the demand to come, tick by tick."""

    demand: Demand

    def forecast(self, horizon: timedelta = DEFAULT_HORIZON, levels: Sequence[float] = DEFAULT_LEVELS) -> Forecast:
        """Return the true demand from the origin on, as the median and at every level; its last value goes on."""
        begin = (self.origin - self.demand.start) // TICK
        ticks = np.arange(begin, begin + -(-horizon // TICK)).clip(0, len(self.demand.rps) - 1)
        return Forecast(self.origin, TICK, tuple(levels), np.tile(self.demand.rps[ticks], (1 + len(levels), 1)))
