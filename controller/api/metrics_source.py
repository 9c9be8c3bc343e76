"""MetricsSource: where Prometheus is. Cluster-scoped, so that only the platform team can name a URL."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from controller.api.fields import Part, Seconds, UniqueNames, by_name
from controller.api.metadata import Conditions, ObjectKey, ObjectMeta
from controller.api.signals import SignalTemplate

FilePath = Annotated[str, Field(min_length=2, max_length=512, pattern=r"^/[^\x00]*$")]


class MetricsSourceSpec(Part):
    """Where Prometheus is, and which signals policies may name."""

    url: Annotated[str, Field(min_length=8, max_length=512, pattern=r"^https?://[^\s@?#]+$")]
    """Address of the Prometheus HTTP API (or Thanos, Mimir, VictoriaMetrics), without credentials."""
    bearer_token_file: FilePath | None = None
    """File mounted into the operator's pod that holds a bearer token; read again when it changes."""
    ca_file: FilePath | None = None
    """File mounted into the operator's pod with the certificate authority to trust. Default: the system's."""
    tenant: Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[A-Za-z0-9!_.*'()|-]+$")] | None = None
    """Sent as `X-Scope-OrgID`, for Mimir and Thanos with tenants."""
    timeout_seconds: Annotated[Seconds, Field(ge=1, le=60)] = 10
    """Time one query may take."""
    scrape_interval_seconds: Annotated[Seconds, Field(ge=1, le=300)] = 30
    """How often targets are scraped: rates are taken over at least four of these."""
    presets: Annotated[tuple[SignalTemplate, ...], Field(max_length=64, json_schema_extra=by_name()), UniqueNames] = ()
    """Signal templates beside the built-in ones; one with a built-in name replaces it."""


class MetricsSourceStatus(Part):
    """Whether the source answers."""

    conditions: Conditions = ()
    """Reachable."""


class MetricsSource(Part):
    """A Prometheus that policies may ask, and the signals they may name."""

    model_config = ConfigDict(extra="ignore")

    api_version: Literal["headroom.dev/v1alpha1"] = "headroom.dev/v1alpha1"
    kind: Literal["MetricsSource"] = "MetricsSource"
    metadata: ObjectMeta
    spec: MetricsSourceSpec
    """Where Prometheus is, and which signals policies may name."""
    status: MetricsSourceStatus = MetricsSourceStatus()
    """Whether the source answers."""

    @property
    def key(self) -> ObjectKey:
        """Name; the namespace is empty."""
        return self.metadata.key
