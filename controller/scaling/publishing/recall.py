"""Recall: the observation that a record was made from, so that any past decision can be made again from it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from controller.api.metadata import ObjectMeta
from controller.api.scaling_policy import ScalingPolicy, ScalingPolicySpec
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation
from controller.scaling.publishing.record import IN_ITS_OWN_PLACE
from forecasting import FittedForecast, Gate
from forecasting.series import Series

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedFit:
    """What a record keeps of a forecaster, in its place."""

    gate: Gate


def recomputed(record: Raw) -> Decision:
    """Return the decision made again from its record. Raises ValueError on a record that this version cannot read."""
    try:
        return evaluate(observation_of(record))
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"another version wrote this record: {problem!r}") from problem


def observation_of(record: Raw) -> Observation:
    """Return what a recorded decision knew."""
    seen = record["observation"]
    namespace, _, name = record["policy"].rpartition("/")
    spec = ScalingPolicySpec.model_validate(seen["spec"])
    known = {
        field: _read(hint, seen[to_camel(field)])
        for field, hint in _hints(Observation).items()
        if field not in IN_ITS_OWN_PLACE
    }
    policy = ScalingPolicy(metadata=ObjectMeta(name=name, namespace=namespace), spec=spec)
    return Observation(now=datetime.fromisoformat(record["at"]), policy=policy, **known)


def _read(hint: Any, value: Any) -> Any:  # noqa: ANN401  as the hint says
    """Return JSON as the type that a field has."""
    wanted, arguments = get_origin(hint) or hint, get_args(hint)
    if NoneType in arguments:
        return None if value is None else _read(arguments[0], value)
    if wanted is tuple:
        return tuple(_read(arguments[0], each) for each in value)
    if isinstance(wanted, type) and issubclass(wanted, Mapping):
        return {key: _read(arguments[1], each) for key, each in value.items()}
    if wanted is FittedForecast:
        return RecordedFit(_read(Gate, value["gate"]))
    return _read_one(wanted, value)


def _read_one(wanted: type, value: Any) -> Any:  # noqa: ANN401  as it is wanted
    if wanted is Series:
        return _series(value)
    if wanted is datetime:
        return datetime.fromisoformat(value)
    if issubclass(wanted, BaseModel):
        return wanted.model_validate(value)
    if is_dataclass(wanted):
        return _make(wanted, value)
    convert: Callable[[object], object] = wanted
    return convert(value)


def _make(kind: type, raw: Raw) -> object:
    """Return a dataclass from its fields."""
    return kind(**{name: _read(hint, raw[to_camel(name)]) for name, hint in _hints(kind).items()})


def _series(raw: Raw) -> Series:
    values = np.array([math.nan if value is None else value for value in raw["values"]], dtype=float)
    return Series(datetime.fromisoformat(raw["start"]), timedelta(seconds=raw["stepSeconds"]), values)


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """Return the fields of a dataclass and their types."""
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}
