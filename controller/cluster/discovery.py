"""Which resource a kind is, and whether it has a `/scale`: asked of the API server once, and again on a miss."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.address import Resource
from controller.cluster.client import KubernetesClient
from controller.cluster.wire import Wire, parse
from controller.errors import NotFound

ASK_AGAIN_AFTER = timedelta(minutes=1)  # a new CRD is noticed this soon; a policy with a typo costs no more than this
MOST_VERSIONS = 1000  # tenants write apiVersion freely: what they invent must not fill the memory


class ServedResource(Wire):
    """One entry of an APIResourceList; a subresource is an entry of its own, named `deployments/scale`."""

    name: str
    kind: str
    namespaced: bool


class ServedResources(Wire):
    """An APIResourceList."""

    resources: tuple[ServedResource, ...]


Scalables = Mapping[str, Resource]


def find_scalables(api_version: str, served: ServedResources) -> Scalables:
    """Return the namespaced resources with a `/scale`, by kind."""
    names = {resource.name for resource in served.resources}
    return {
        resource.kind: Resource(api_version, resource.name)
        for resource in served.resources
        if resource.namespaced and "/" not in resource.name and f"{resource.name}/scale" in names
    }


class Discovery:
    """A cache from (apiVersion, kind) to resource, as the RESTMapping of other clients."""

    def __init__(self, client: KubernetesClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, Scalables]] = {}

    async def resource_of(self, ref: ScaleTargetRef) -> Resource:
        """Return the resource behind a target's kind; NotFound where it is not served, or has no `/scale`."""
        asked_at, scalables = self._known.get(ref.api_version, (None, {}))
        is_due = asked_at is None or self._clock() - asked_at >= ASK_AGAIN_AFTER
        if ref.kind not in scalables and is_due:
            scalables = await self._fetch(ref.api_version)
            self._remember(ref.api_version, scalables)
        if ref.kind not in scalables:
            raise NotFound(f"the API server serves no namespaced kind {ref.kind} with a /scale in {ref.api_version}")
        return scalables[ref.kind]

    def _remember(self, api_version: str, scalables: Scalables) -> None:
        if len(self._known) >= MOST_VERSIONS:
            self._known = {version: known for version, known in self._known.items() if known[1]}
        self._known[api_version] = (self._clock(), scalables)

    async def _fetch(self, api_version: str) -> Scalables:
        try:
            raw = await self._client.discover(api_version)
        except NotFound:
            return {}  # no such group or version: an answer like any other, and remembered like one
        return find_scalables(api_version, parse(ServedResources, raw, f"the list of {api_version}"))
