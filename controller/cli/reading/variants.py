"""Variants on the command line: `outage:begin=2014-10-20T12:00Z,length=20m`, what the world may have beyond the usual.

What each kind does lives in simulation/variants/; its fields are those of its class there.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from controller.api.refusal import explain
from controller.cli.reading.values import Duration
from controller.errors import InputRefused
from controller.simulation.demand import Demand
from controller.simulation.variants.kinds import KINDS
from controller.simulation.world import Variant


class VariantText(click.ParamType[Variant]):
    """A kind, and its fields as NAME=VALUE, separated by commas; several presets by +."""

    name = "kind[:field=value,...]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Variant:  # noqa: ANN401  click's
        """Return the variant."""
        name, _, text = value.partition(":")
        kind = KINDS.get(name)
        if kind is None:
            self.fail(f"there is no {name!r}; there are {', '.join(KINDS)}", param, ctx)
        known = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]  # all kinds are dataclasses
        given = dict(part.partition("=")[::2] for part in text.split(",") if part)
        if not given.keys() <= known.keys():
            odd = ", ".join(sorted(given.keys() - known.keys()))
            self.fail(f"{name} has no {odd}; it has {', '.join(known)}", param, ctx)
        try:
            variant: Variant = TypeAdapter(kind).validate_python(_values(given))
        except ValidationError as problem:
            self.fail(f"{name}: {explain(problem)}", param, ctx)
        naive = [at for at in _moments(variant) if at.tzinfo is None]
        if naive:
            self.fail(f"{naive[0].isoformat()} has no time zone; write it like 2026-01-31T08:00Z", param, ctx)
        return variant


def check_moments(variants: tuple[Variant, ...], demand: Demand) -> None:
    """Raise InputRefused where one would happen outside of the evaluated window, and change nothing that is judged."""
    begin, end = demand.at(demand.evaluated_from), demand.at(len(demand.rps))
    for variant in variants:
        for at in _moments(variant):
            if not begin <= at < end:
                window = f"{begin:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}"
                raise InputRefused(f"--with: {at.isoformat()} is not in the evaluated window, {window}")


def _values(given: Mapping[str, str]) -> dict[str, object]:
    """Return texts as what their fields take: lengths as people write them, and sets by +; the rest is pydantic's."""
    return {name: text.split("+") if name == "presets" else _length(text) for name, text in given.items()}


def _length(text: str) -> timedelta | str:
    try:
        return Duration().convert(text, None, None)
    except click.BadParameter:
        return text


def _moments(variant: Variant) -> list[datetime]:
    values = (getattr(variant, field.name) for field in fields(variant))  # type: ignore[arg-type]
    return [value for value in values if isinstance(value, datetime)]
