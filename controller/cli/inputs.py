"""What people write on the command line and in files, parsed at the door: policies, durations, times."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml
from pydantic import ValidationError

from controller.api.demand_event import DemandEvent
from controller.api.metrics_source import MetricsSource
from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from forecasting.batch import LONGEST_HISTORY

FILE = click.Path(dir_okay=False, path_type=Path)
LEVEL = click.FloatRange(0, 1, min_open=True, max_open=True)  # of a quantile

WHOLE = 100  # percent
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
Resource = TypeVar("Resource", ScalingPolicy, MetricsSource, DemandEvent)
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


class Horizon(Duration):
    """How far to look ahead: no further than is ever learned from."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401  click's
        """Return the duration."""
        horizon = super().convert(value, param, ctx)
        if not timedelta(0) < horizon <= LONGEST_HISTORY:
            self.fail(f"{value!r} is not above 0s and at most {LONGEST_HISTORY.days}d", param, ctx)
        return horizon


class Share(click.ParamType[float]):
    """A share written as a percentage: `0.1%`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  click's
        """Return the share, from 0 to 1."""
        if isinstance(value, float):
            return value
        try:
            percent = float(value.removesuffix("%"))
        except ValueError:
            percent = math.nan
        if not value.endswith("%") or not 0 <= percent <= WHOLE:
            self.fail(f"{value!r} is not a percentage; write it like 0.1%", param, ctx)
        return percent / WHOLE


class UtcTime(click.ParamType[datetime]):
    """A moment in ISO 8601 with its time zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401  click's
        """Return the moment in UTC."""
        try:
            moment = datetime.fromisoformat(value)
            in_utc = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not an ISO 8601 time; write it like 2026-01-31T08:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write it like 2026-01-31T08:00Z", param, ctx)
        return in_utc


def load_policy(path: Path) -> ScalingPolicy:
    """Read one ScalingPolicy from a YAML file; raise InputRefused that names the file and each wrong field."""
    return _load(path, ScalingPolicy)


def load_event(path: Path) -> DemandEvent:
    """Read one DemandEvent from a YAML file; raise InputRefused that names the file and each wrong field."""
    return _load(path, DemandEvent)


def load_source(path: Path) -> MetricsSource:
    """Read one MetricsSource from a YAML file; raise InputRefused that names the file and each wrong field."""
    return _load(path, MetricsSource)


def _load(path: Path, model: type[Resource]) -> Resource:
    kind = model.__name__
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise InputRefused(f"{path} cannot be read: {problem}") from problem
    except yaml.YAMLError as problem:
        raise InputRefused(f"{path} is not one YAML document: {problem}") from problem
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise InputRefused(f"{path} must hold one {kind}: kind: {kind}")
    try:
        return model.model_validate(document)
    except ValidationError as problem:
        raise InputRefused(f"{path} is not a valid {kind}: {explain(problem)}") from problem
