from collections.abc import AsyncIterator

import pytest
from kubernetes.aio.client.api_client import ApiClient

from controller.cluster.client import KubernetesClient
from tests.cluster_door.fake_api import FakeApi, a_client


@pytest.fixture
def world() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def api(world: FakeApi) -> AsyncIterator[ApiClient]:
    async with world.serve() as api:
        yield api


@pytest.fixture
def client(api: ApiClient) -> KubernetesClient:
    return a_client(api)
