"""Where things are on the API server: a resource, and the address of one object or collection of it. No I/O."""

from dataclasses import dataclass
from urllib.parse import quote

from controller.api.metadata import API_VERSION


@dataclass(frozen=True, slots=True)
class Address:
    """One object, subresource or collection of a resource."""

    resource: "Resource"
    namespace: str
    name: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        """The path of its URL, every part escaped; without a namespace it means the whole cluster."""
        scope = ("namespaces", self.namespace) if self.namespace else ()
        parts = (*scope, self.resource.plural, self.name, self.subresource)
        tail = "/".join(quote(part, safe="") for part in parts if part)
        return f"{group_path(self.resource.api_version)}/{tail}"

    @property
    def label(self) -> str:
        """What is written, as metrics name it: `deployments/scale`."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural

    def __str__(self) -> str:
        return f"{self.label} {self.namespace}/{self.name}".rstrip("/")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the API server serves it."""

    api_version: str
    plural: str

    def at(self, namespace: str, name: str = "", *, subresource: str = "") -> Address:
        """Return the address of an object, of one of its subresources, or (without a name) of the collection.

        An empty namespace means a cluster-scoped object, or the collection over all namespaces.
        """
        return Address(self, namespace, name, subresource)


def group_path(api_version: str) -> str:
    """Return the path of a group and version; the core group has its own root."""
    root = "/apis" if "/" in api_version else "/api"
    return f"{root}/{quote(api_version)}"


SCALING_POLICIES = Resource(API_VERSION, "scalingpolicies")
METRICS_SOURCES = Resource(API_VERSION, "metricssources")
FORECAST_REPORTS = Resource(API_VERSION, "forecastreports")
CONFIG_MAPS = Resource("v1", "configmaps")
HPAS = Resource("autoscaling/v2", "horizontalpodautoscalers")
PODS = Resource("v1", "pods")
RESOURCE_QUOTAS = Resource("v1", "resourcequotas")
EVENTS = Resource("events.k8s.io/v1", "events")
LEASES = Resource("coordination.k8s.io/v1", "leases")
