"""Resources as files, the way people have them."""

from pathlib import Path

import yaml

from controller.api.demand_event import DemandEvent
from controller.api.scaling_policy import ScalingPolicy


def written(folder: Path, resource: ScalingPolicy | DemandEvent) -> Path:
    """Write a resource into a folder, named by its kind."""
    path = folder / f"{resource.kind}.yaml"
    document = resource.model_dump(mode="json", by_alias=True, exclude_none=True)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
