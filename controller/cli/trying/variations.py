"""Variations: the settings a what-if compares, from policies and fields to vary, every one with every other."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import ValidationError

from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.cli.trying.trials import Setting
from controller.errors import InputRefused

MOST_SETTINGS = 100  # a replay of two weeks takes a minute: more settings are a wrong product, or a night's work
SPEC = "spec."


class Variation(click.ParamType[tuple[str, tuple[Any, ...]]]):
    """A field of a policy's spec and the values to try: `forecast.planningPercentile=90,95,98`."""

    name = "field=values"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the field's path and the values, read as YAML reads them."""
        field, separator, values = value.partition("=")
        parts = [part.strip() for part in values.split(",")]
        if not field or not separator or not all(parts):
            example = "write it like forecast.planningPercentile=90,95,98"
            self.fail(f"{value!r} is not FIELD=VALUE,VALUE,...; {example}", param, ctx)
        return field.removeprefix(SPEC), tuple(yaml.safe_load(part) for part in parts)


def vary(policies: Mapping[str, ScalingPolicy], variations: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Setting]:
    """Return every policy with every combination of values; InputRefused where a field or value is not one."""
    names = [field for field, _ in variations]
    if len(set(names)) != len(names):
        raise InputRefused(f"--vary names a field twice: {', '.join(names)}")
    combinations = list(product(*(values for _, values in variations)))
    count = len(policies) * len(combinations)
    if count > MOST_SETTINGS:
        raise InputRefused(f"these are {count} settings, and at most {MOST_SETTINGS} are replayed: vary fewer values")
    return [
        _varied(name, policy, dict(zip(names, values, strict=True)), alone=len(policies) == 1)
        for name, policy in policies.items()
        for values in combinations
    ]


def named(paths: Iterable[Path], policies: Iterable[ScalingPolicy]) -> Mapping[str, ScalingPolicy]:
    """Return policies by the names of their files; by their paths where two files are named alike."""
    files = list(paths)
    stems = [path.stem for path in files]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in files]
    if len(set(names)) != len(names):
        raise InputRefused(f"--policy names a file twice: {', '.join(names)}")
    return dict(zip(names, policies, strict=True))


def _varied(name: str, policy: ScalingPolicy, values: Mapping[str, Any], *, alone: bool) -> Setting:
    if not values:
        return Setting(name, policy)
    document = policy.model_dump(mode="json", by_alias=True, exclude_none=True)
    for field, value in values.items():
        _put(document["spec"], field.split("."), value, where=field)
    told = " ".join(f"{field}={value}" for field, value in values.items())
    try:
        return Setting(told if alone else f"{name} {told}", ScalingPolicy.model_validate(document))
    except ValidationError as problem:
        raise InputRefused(
            f"--vary {told} makes no valid ScalingPolicy: {explain(problem, ScalingPolicy)}"
        ) from problem


def _put(part: Any, path: Sequence[str], value: Any, *, where: str) -> None:  # noqa: ANN401  JSON
    """Set a field of a document; a list's items go by their `name` or by number."""
    key, *rest = path
    if isinstance(part, list):
        key = _place(part, key, where=where)
    elif not isinstance(part, dict):
        raise InputRefused(f"--vary {where}: there is nothing below {key!r} to set")
    if not rest:
        part[key] = value
        return
    _put(part.setdefault(key, {}) if isinstance(part, dict) else part[key], rest, value, where=where)


def _place(items: list[Any], key: str, *, where: str) -> Any:  # noqa: ANN401  an index, where dicts have a key
    names = [str(item.get("name", "")) if isinstance(item, dict) else "" for item in items]
    if key in names:
        return names.index(key)
    if key.isdecimal() and int(key) < len(items):
        return int(key)
    raise InputRefused(f"--vary {where}: there is no {key!r} in that list; it has {', '.join(names)}")
