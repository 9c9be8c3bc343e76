"""The served schemas as the real API server publishes them, read with the operator's own rights."""

from structlog.testing import capture_logs

from controller.api.crds import RESOURCES
from controller.api.metadata import API_VERSION
from controller.cluster.client import KubernetesClient
from controller.cluster.connection import connect
from controller.live.crd_check import check_served_crds, missing_paths
from testbed.clock import wait_until
from testbed.cluster import Cluster
from tests.cluster.scene import SOON


async def test_our_own_crds_fit_and_an_older_one_is_found_out(cluster: Cluster, operator_identity: str) -> None:
    # Schemas are published a moment after their CRDs are served.
    assert wait_until(lambda: API_VERSION in cluster.kubectl("get", "--raw=/openapi/v3"), SOON)
    async with connect(cluster.kubeconfig(operator_identity)) as api:
        client = KubernetesClient(api, jitter=lambda: 0.0)
        with capture_logs() as logs:
            await check_served_crds(client)
        document = await client.openapi(API_VERSION)

    policies = document["components"]["schemas"]["dev.headroom.v1alpha1.ScalingPolicy"]
    del policies["properties"]["spec"]["properties"]["fallback"]
    assert logs == []
    assert missing_paths(RESOURCES[0], policies) == ["spec.fallback"]
