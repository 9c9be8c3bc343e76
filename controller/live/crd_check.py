"""At start: are our kinds served? Helm never upgrades CRDs, so what is missing is said with the command that mends."""

from controller.api.crds import RESOURCES
from controller.api.metadata import API_VERSION
from controller.cluster.client import KubernetesClient
from controller.errors import InputRefused, NotFound

APPLY = "kubectl apply --server-side -f charts/headroom/crds"


async def check_served_crds(client: KubernetesClient) -> None:
    """Raise InputRefused naming the kinds that the API server does not serve."""
    try:
        served = await client.discover(API_VERSION)
    except NotFound:
        served = {}
    names = {item.get("name") for item in served.get("resources", []) if isinstance(item, dict)}
    missing = sorted(resource.plural for resource in RESOURCES if resource.plural not in names)
    if missing:
        raise InputRefused(f"the API server does not serve {', '.join(missing)} of {API_VERSION}: run `{APPLY}`")
