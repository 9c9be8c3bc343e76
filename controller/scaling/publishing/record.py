"""Record: a decision with all it knew, as plain data for one line of JSON. Who writes it is the lives' business.

What was known is written field by field as observation.py has it, in the API's camelCase, so that recall.py can make an
observation of it again. Of a forecaster only its gate is kept: that is all a decision asks of it beyond its outlook.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import cache, singledispatch
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from controller.scaling.decision import Decision
from controller.scaling.observation import Observation, Reading
from forecasting import FittedForecast
from forecasting.series import Series

IN_ITS_OWN_PLACE = {"now", "policy"}  # fields of an observation that the record has as `at`, `policy` and `spec`


def record_of(decision: Decision) -> dict[str, Any]:
    """Return everything the decision was made from and everything it says, JSON-ready."""
    return {
        "at": decision.at.isoformat(),
        "policy": str(decision.policy),
        "observation": _observation(replace(decision.observation, memory=decision.remembered)),
        "candidates": [_plain(candidate) for candidate in decision.plan.candidates],
        "recommendedReplicas": decision.recommended_replicas,
        "limiters": [_plain(limiter) for limiter in decision.limiters],
        "desiredReplicas": decision.desired_replicas,
        "reason": decision.reason,
    }


def _observation(observation: Observation) -> dict[str, Any]:
    known = replace(observation, readings=_readings(observation))
    named = _named_fields(Observation)
    seen = {key: _plain(getattr(known, name)) for name, key in named if name not in IN_ITS_OWN_PLACE}
    return {"spec": _plain(observation.policy.spec), **seen}


def _readings(observation: Observation) -> dict[str, Reading]:
    """Return the readings; recent minutes of queues' arrivals alone, since of others the outlook tells what they do."""
    arrivals = {signal.queue.arrivals for signal in observation.policy.spec.signals if signal.queue}
    return {
        name: reading if name in arrivals else replace(reading, recent=None)
        for name, reading in observation.readings.items()
    }


@singledispatch
def _plain(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return a part of an observation as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(getattr(value, name)) for name, key in _named_fields(type(value))}
    return value


@_plain.register
def _(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


@_plain.register
def _(value: datetime) -> str:
    return value.isoformat()


@_plain.register
def _(value: FittedForecast) -> dict[str, Any]:
    return {"gate": _plain(value.gate)}


@_plain.register
def _(value: Series) -> dict[str, Any]:
    values = [None if math.isnan(each) else each for each in value.values.tolist()]
    return {"start": value.start.isoformat(), "stepSeconds": value.step.total_seconds(), "values": values}


@_plain.register(Mapping)
def _(value: Mapping[str, object]) -> dict[str, Any]:
    return {key: _plain(each) for key, each in value.items()}


@_plain.register(tuple)
def _(value: tuple[object, ...]) -> list[Any]:
    return [_plain(each) for each in value]


@cache
def _named_fields(kind: type) -> tuple[tuple[str, str], ...]:
    """Return the fields of a dataclass, and their names in a record."""
    return tuple((each.name, to_camel(each.name)) for each in fields(kind))
