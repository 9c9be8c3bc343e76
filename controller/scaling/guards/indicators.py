"""Indicators: whether service is good now, by the signals that the objective names."""

from controller.api.guards import Indicator
from controller.scaling.guards.health import is_fresh
from controller.scaling.observation import Observation


def missed_indicators(observation: Observation) -> tuple[str, ...]:
    """Return a sentence for each indicator that is above its limit; what is not fresh says nothing."""
    indicators = observation.policy.spec.objective.indicators
    return tuple(_sentence(each, observation) for each in indicators if _is_missed(each, observation))


def is_service_bad(observation: Observation) -> bool | None:
    """Return whether an indicator, or the p95 of the objective, is missed now; None where not all are fresh to tell."""
    objective = observation.policy.spec.objective
    measures = objective.indicators
    if objective.latency_signal is not None and objective.p95_milliseconds is not None:
        measures = (*measures, Indicator(signal=objective.latency_signal, above=objective.p95_milliseconds / 1000))
    if any(_is_missed(each, observation) for each in measures):
        return True
    all_fresh = all(is_fresh(observation.readings, each.signal, observation.now) for each in measures)
    return False if all_fresh else None


def _is_missed(indicator: Indicator, observation: Observation) -> bool:
    if not is_fresh(observation.readings, indicator.signal, observation.now):
        return False
    return (observation.readings[indicator.signal].value or 0.0) > indicator.above


def _sentence(indicator: Indicator, observation: Observation) -> str:
    value = observation.readings[indicator.signal].value
    return f"{indicator.signal} is {value:.4g}, above {indicator.above:g}"
