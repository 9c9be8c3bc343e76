"""Operator-wide settings: from flags, else from HEADROOM_* environment variables. Read by the front door only."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from controller.api.refusal import explain
from controller.errors import InputRefused

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class ScaleTargetKind(BaseModel):
    """A kind that policies may scale."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    api_version: str
    kind: str
    resource: str

    @property
    def group_version(self) -> tuple[str, str]:
        """API group (empty for the core group) and version."""
        group, _, version = self.api_version.rpartition("/")
        return group, version


DEFAULT_SCALE_TARGETS = (
    ScaleTargetKind(api_version="apps/v1", kind="Deployment", resource="deployments"),
    ScaleTargetKind(api_version="apps/v1", kind="StatefulSet", resource="statefulsets"),
)


class Settings(BaseSettings):
    """How this process runs. What happens to a workload is said by its ScalingPolicy, not here."""

    model_config = SettingsConfigDict(
        env_prefix="HEADROOM_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    kubeconfig: Path | None = None
    """Kubeconfig to use; default: KUBECONFIG, else the pod's ServiceAccount."""
    namespace: Annotated[str, Field(min_length=1, max_length=63)] = "headroom-system"
    """Namespace the operator lives in: its Lease is here."""
    pod_name: str = ""
    """Name of this process in the Lease; default: its host name and process id."""
    scale_targets: Annotated[tuple[ScaleTargetKind, ...], NoDecode] = DEFAULT_SCALE_TARGETS
    """Kinds that may be scaled, as a JSON list of apiVersion, kind and resource. Deployments and StatefulSets among
    them are watched; others are read through their /scale."""
    hpa_min_replicas: bool = False
    """Whether policies may raise the floor of HPAs, which needs the right to patch them."""
    resource_quotas: bool = False
    """Whether policies share what ResourceQuotas allow, and outlooks reckon with them; needs the right to list them."""
    sweep_seconds: Seconds = 15
    """Time between two sweeps over all policies."""
    refit_seconds: Seconds = 3600
    """Age at which a forecast is fitted again."""
    relist_seconds: Seconds = 600
    """Time between two comparisons of the watch cache with the API server."""
    fit_timeout_seconds: Seconds = 120
    """Time one fit, or one refresh of history, may take before its worker is killed."""
    fit_workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Worker processes for fits and history."""
    data_dir: Path = Path("/var/lib/headroom")
    """Where history is kept (an emptyDir will do)."""
    record_dir: Path | None = None
    """Where observations and decisions are written, a line each; default: nowhere."""
    record_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days of which these are kept, today among them; the files of older ones are deleted."""
    host: str = "0.0.0.0"  # noqa: S104  probes and metrics are asked for from outside the pod
    """Address the probes and metrics listen on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """Port of /livez, /readyz and /metrics; 0 takes a free one."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is logged."""

    @field_validator("scale_targets", mode="before")
    @classmethod
    def _parse_json(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError(f"must be a JSON list of apiVersion, kind and resource: {error}") from error

    @property
    def sweep_interval(self) -> timedelta:
        """Time between two sweeps."""
        return timedelta(seconds=self.sweep_seconds)


def load_settings(**flags: object) -> Settings:
    """Return the settings: flags that are not None win over the environment. InputRefused names what is wrong."""
    try:
        return Settings.model_validate({name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise InputRefused(f"settings: {explain(error)}") from error
