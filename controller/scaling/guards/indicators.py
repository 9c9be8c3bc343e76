"""Indicators: whether service is good now, by the signals that the objective names."""

from controller.api.guards import Indicator
from controller.scaling.guards.health import is_fresh
from controller.scaling.observation import Observation


def missed_indicators(observation: Observation) -> tuple[str, ...]:
    """Return a sentence for each indicator that is above its limit; what is not fresh says nothing."""
    indicators = observation.policy.spec.objective.indicators
    return tuple(_sentence(each, observation) for each in indicators if _is_missed(each, observation))


def _is_missed(indicator: Indicator, observation: Observation) -> bool:
    if not is_fresh(observation.readings, indicator.signal, observation.now):
        return False
    return (observation.readings[indicator.signal].value or 0.0) > indicator.above


def _sentence(indicator: Indicator, observation: Observation) -> str:
    value = observation.readings[indicator.signal].value
    return f"{indicator.signal} is {value:.4g}, above {indicator.above:g}"
