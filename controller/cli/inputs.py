"""What people write on the command line and in files, parsed at the door: policies, durations, times."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import ValidationError

from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused

UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DURATION = re.compile(r"(?P<count>\d{1,9})(?P<unit>[smhd])")


class Duration(click.ParamType[timedelta]):
    """A length of time such as 90s, 10m, 24h or 7d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401  click's
        """Return the duration; a default is one already."""
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a duration; write it like 90s, 10m, 24h or 7d", param, ctx)
        return int(match["count"]) * UNITS[match["unit"]]


class UtcTime(click.ParamType[datetime]):
    """A moment in ISO 8601 with its time zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401  click's
        """Return the moment in UTC."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time; write it like 2026-01-31T08:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write it like 2026-01-31T08:00Z", param, ctx)
        return moment.astimezone(UTC)


def load_policy(path: Path) -> ScalingPolicy:
    """Read one ScalingPolicy from a YAML file; raise InputRefused that names the file and each wrong field."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise InputRefused(f"{path} cannot be read: {problem}") from problem
    except yaml.YAMLError as problem:
        raise InputRefused(f"{path} is not one YAML document: {problem}") from problem
    if not isinstance(document, dict) or document.get("kind") != "ScalingPolicy":
        raise InputRefused(f"{path} must hold one ScalingPolicy: kind: ScalingPolicy")
    try:
        return ScalingPolicy.model_validate(document)
    except ValidationError as problem:
        raise InputRefused(f"{path} is not a valid ScalingPolicy: {explain(problem)}") from problem
