"""Resources as files: a policy, an event or a source that a person keeps as YAML."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from controller.api.demand_event import DemandEvent
from controller.api.metrics_source import MetricsSource
from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused

Resource = TypeVar("Resource", ScalingPolicy, MetricsSource, DemandEvent)


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
