"""The `/scale` of a target: read for any kind that has one, written only where the count is still what was seen."""

from controller.cluster.address import Address
from controller.cluster.client import KubernetesClient
from controller.cluster.wire import Count, Wire, parse
from controller.errors import Conflict
from controller.scaling.publishing.patch import ScaleChange

REPLICAS = "/spec/replicas"


class ScaleSpec(Wire):
    """Replicas asked for. The API server leaves a 0 out."""

    replicas: Count = 0


class ScaleStatus(Wire):
    """Replicas that exist, Ready or not, and the selector of their pods in the form a list takes."""

    replicas: Count = 0
    selector: str = ""


class ScaleObject(Wire):
    """autoscaling/v1 Scale."""

    spec: ScaleSpec = ScaleSpec()
    status: ScaleStatus = ScaleStatus()


async def read_scale(client: KubernetesClient, target: Address) -> ScaleObject:
    """Return the `/scale` at this address."""
    return parse(ScaleObject, await client.get(target), str(target))


async def write_scale(client: KubernetesClient, target: Address, change: ScaleChange) -> None:
    """Change the replicas, provided they are still `from_replicas`; Conflict says what stands there now."""
    operations = (
        {"op": "test", "path": REPLICAS, "value": change.from_replicas or None},  # a 0 is left out, and nothing is null
        {"op": "add", "path": REPLICAS, "value": change.to_replicas},  # what is there is replaced
    )
    try:
        await client.patch_json(target, operations)
    except Conflict as conflict:
        found = await read_scale(client, target)
        raise Conflict(
            f"{target} was not changed from {change.from_replicas} to {change.to_replicas} replicas: "
            f"somebody else set {found.spec.replicas}"
        ) from conflict
