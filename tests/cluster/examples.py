"""The examples of the actuators as a scene uses them: the same text, with the names and places of this scene."""

from pathlib import Path
from typing import Any

import yaml

ACTUATORS = Path(__file__).parents[2] / "examples" / "actuators"
METRIC = "metric-prometheus-adapter.yaml"
KEDA = "metric-keda.yaml"


def example(file: str, kind: str, *, namespace: str) -> dict[str, Any]:
    """Return the resource of this kind, for Deployment and policy `web` in a namespace."""
    text = (ACTUATORS / file).read_text(encoding="utf-8")
    for theirs, ours in {"shop": namespace, "monitoring": namespace, "checkout": "web"}.items():
        text = text.replace(theirs, ours)
    (found,) = [document for document in yaml.safe_load_all(text) if document["kind"] == kind]
    resource: dict[str, Any] = found
    return resource
