"""Resources as files: a policy, an event or a source that a person keeps as YAML."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from yaml.constructor import ConstructorError

from controller.api.demand_event import DemandEvent
from controller.api.metrics_source import MetricsSource
from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused, unreadable

MERGE = "tag:yaml.org,2002:merge"  # `<<` may come more than once
Resource = TypeVar("Resource", ScalingPolicy, MetricsSource, DemandEvent)


class OnceOnly(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, as `kubectl apply` does: of two, neither is known to be meant."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT002  yaml's signature
        """Return the mapping; raise ConstructorError, a YAMLError, on a key that was there before."""
        before: set[str] = set()
        for key, _ in node.value:
            if key.tag != MERGE and str(key.value) in before:
                raise ConstructorError(None, None, f"the key {key.value!r} is there twice", key.start_mark)
            before.add(str(key.value))
        return super().construct_mapping(node, deep)


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
        with path.open(encoding="utf-8") as file:  # not its text alone: YAML then names it where it says which line
            documents = [each for each in yaml.load_all(file, OnceOnly) if each is not None]
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(path, problem) from problem
    except (yaml.YAMLError, RecursionError) as problem:
        raise InputRefused(f"{path} is not YAML: {problem}") from problem
    wanted = [each for each in documents if _kind_of(each) == kind]
    if len(wanted) != 1:
        found = ", ".join(map(_kind_of, documents)) or "nothing"
        raise InputRefused(f"{path} must hold one document with kind: {kind}; it holds {found}")
    try:
        return model.model_validate(wanted[0])
    except ValidationError as problem:
        raise InputRefused(f"{path} is not a valid {kind}: {explain(problem, model)}") from problem


def _kind_of(document: object) -> str:
    """Return the kind that a document says it is."""
    return str(document.get("kind", "no kind")) if isinstance(document, dict) else f"a {type(document).__name__}"
