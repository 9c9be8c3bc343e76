from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from controller.cluster.client import KubernetesClient
from tests.cluster_door.fake_api import FakeApi, a_client


@pytest.fixture
def world() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def client(world: FakeApi) -> AsyncIterator[KubernetesClient]:
    async with world.serve() as api:
        yield a_client(api)


@pytest.fixture
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, an entry an event."""
    with capture_logs() as entries:
        yield entries
