"""The plan ahead: replicas over the next 48 hours in few steps, never below what any moment of them needs.

Source of the idea: Jacobson, Yuan, Joshi, Scryer: Netflix's Predictive Auto Scaling Engine, part 2 (2013), which rounds
a predicted load off to few well-sized steps.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from controller.api.forecast_report import PlanStep
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.scaling.planning.needs import Ahead, Foresight, Need
from controller.scaling.planning.steps import few_steps
from forecasting import FittedForecast

HORIZON = timedelta(hours=48)
MEDIAN = 0.5


def look_ahead(policy: ScalingPolicy, signal: Signal, fitted: FittedForecast, *, now: datetime) -> Ahead:
    """Return what is forecast of a signal until the plan's end."""
    level = policy.spec.forecast.planning_percentile / 100
    forecast = fitted.forecast(max(now + HORIZON - fitted.origin, fitted.step), levels=(MEDIAN, level))
    return Ahead(signal, forecast.quantile(MEDIAN), forecast.quantile(level))


class PlanAhead(NamedTuple):
    """The steps, and how many changes it would take to follow every one of the need."""

    steps: tuple[PlanStep, ...]
    changes_of_need: int


def plan_ahead(foresight: Foresight, *, now: datetime) -> PlanAhead:
    """Return the plan from the running step of the forecast on; one without steps while no forecast may act."""
    needs = needs_ahead(foresight, now=now)
    if not needs:
        return PlanAhead((), 0)
    followed = sum(before.replicas != after.replicas for (_, before), (_, after) in pairwise(needs))
    return PlanAhead(tuple(_steps(needs)), followed)


def _steps(needs: Sequence[tuple[datetime, Need]]) -> Iterator[PlanStep]:
    steps = few_steps(np.array([need.replicas for _, need in needs]))
    ends = [*(step.slot for step in steps[1:]), len(needs)]
    for step, end in zip(steps, ends, strict=True):
        deciding = max((need for _, need in needs[step.slot : end]), key=lambda need: (need.replicas, need.wanted or 0))
        begin, _ = needs[step.slot]
        yield PlanStep(
            start=begin,
            replicas=step.replicas,
            reason=deciding.reason,
            source=deciding.source,
            wanted=deciding.wanted,
        )


def needs_ahead(foresight: Foresight, *, now: datetime) -> list[tuple[datetime, Need]]:
    """Return what each slot of the next 48 hours needs, with when it begins; none while no forecast may act."""
    if not foresight.signals:
        return []
    slot = min(each.planned.step for each in foresight.signals)
    first = max(each.planned.start for each in foresight.signals)
    begin = first + (now - first) // slot * slot if now > first else first
    slots = [begin + number * slot for number in range((now + HORIZON - begin) // slot)]
    return [(each, foresight.need(each, each + slot)) for each in slots]
