"""The API server through one thin door: raw dicts in and out, a timeout on every call, refusals as our own errors.

Reads are tried again a few times with back-off; writes are sent once and left to the next sweep, because nobody knows
what became of a write without an answer. What is written, and what answers mean, is the business of the files beside.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.exceptions import OpenApiException

from controller.cluster.address import Address, group_path
from controller.cluster.answer import Answer, parse_retry_after
from controller.errors import ClusterUnavailable
from controller.scaling.observation import FIELD_MANAGER

WRITE_TIMEOUT_SECONDS = 4.0  # a write fenced at an age of 10 s must be over before the lease ends at 15 s
FIRST_BACKOFF_SECONDS = 0.2  # then doubled
LONGEST_RETRY_AFTER_SECONDS = 5.0  # who asks for more is asked again by the next sweep
CHUNK = 500  # objects a page of a list, as the API server's own clients ask

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

Raw = dict[str, Any]
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one read may take, and how often it is tried."""

    timeout_seconds: float
    attempts: int


READS = Patience(timeout_seconds=5.0, attempts=3)  # at worst about one sweep
ONE_TRY = Patience(timeout_seconds=3.0, attempts=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `question` is how errors name it."""

    method: str
    path: str
    question: str
    timeout_seconds: float
    query: Query = ()
    body: object = None
    content_type: str = JSON


def write_freely() -> None:
    """Fence nothing: for the election itself, and for tools that a person runs."""


def count_nothing(_what: str) -> None:
    """Count no writes."""


@dataclass(frozen=True, slots=True)
class KubernetesClient:
    """Get, list, patch, apply and create on one shared ApiClient.

    `before_write` is the fence: it raises where this process must not write. `on_write` is told what is written, as
    `deployments/scale`. `jitter` returns 0 to 1 and spreads the back-off, so that many clients do not come in step.
    """

    api: ApiClient
    jitter: Callable[[], float]
    before_write: Callable[[], None] = write_freely
    on_write: Callable[[str], None] = count_nothing
    reads: Patience = READS
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def get(self, address: Address) -> Raw:
        """Return one object. NotFound, Forbidden or ClusterUnavailable say why not."""
        return await self._read(address.path, str(address))

    async def discover(self, api_version: str) -> Raw:
        """Return the APIResourceList of a group and version."""
        return await self._read(group_path(api_version), f"resources of {api_version}")

    async def openapi(self, api_version: str) -> Raw:
        """Return the OpenAPI v3 document of a group and version: the schemas as they are served."""
        return await self._read(f"/openapi/v3{group_path(api_version)}", f"OpenAPI of {api_version}")

    async def list_objects(self, address: Address, *, label_selector: str = "") -> tuple[Raw, ...]:
        """Return all objects of a collection, read in chunks."""
        objects: list[Raw] = []
        query = [("limit", str(CHUNK)), *([("labelSelector", label_selector)] if label_selector else [])]
        token = ""
        while True:
            page = await self._read(address.path, str(address), [*query, *([("continue", token)] if token else [])])
            objects += _items(page, address)
            metadata = page.get("metadata")
            token = (metadata.get("continue") if isinstance(metadata, Mapping) else "") or ""
            if not token:
                return tuple(objects)

    async def patch_json(self, address: Address, operations: Sequence[Mapping[str, Any]]) -> Raw:
        """Apply a JSON patch as field manager `headroom`; a `test` that fails is a Conflict."""
        query = [("fieldManager", FIELD_MANAGER)]
        return await self._write("PATCH", address, list(operations), content_type=JSON_PATCH, query=query)

    async def apply(self, address: Address, configuration: Mapping[str, Any]) -> Raw:
        """Server-side apply as field manager `headroom`, taking over fields that somebody else set."""
        query = [("fieldManager", FIELD_MANAGER), ("force", "true")]
        return await self._write("PATCH", address, dict(configuration), content_type=APPLY_PATCH, query=query)

    async def create(self, address: Address, body: Mapping[str, Any]) -> Raw:
        """Create an object in a collection; one of that name is a Conflict."""
        return await self._write("POST", address, dict(body), query=[("fieldManager", FIELD_MANAGER)])

    async def _read(self, path: str, what: str, query: Query = ()) -> Raw:
        request = Request("GET", path, f"GET {what}", self.reads.timeout_seconds, query)
        for attempt in range(1, self.reads.attempts):
            try:
                answer = await self._send(request)
            except ClusterUnavailable:
                await self.sleep(self._backoff(attempt))
                continue
            asked = answer.retry_after or 0.0
            if not answer.is_retryable or asked > LONGEST_RETRY_AFTER_SECONDS:
                return answer.json_object(request.question)
            await self.sleep(asked + self._backoff(attempt))
        return (await self._send(request)).json_object(request.question)

    def _backoff(self, attempt: int) -> float:
        return FIRST_BACKOFF_SECONDS * 2.0 ** (attempt - 1) * (1 + self.jitter())

    async def _write(
        self, method: str, address: Address, body: object, *, content_type: str = JSON, query: Query = ()
    ) -> Raw:
        self.before_write()
        self.on_write(address.label)
        question = f"{method} {address}"
        request = Request(method, address.path, question, WRITE_TIMEOUT_SECONDS, query, body, content_type)
        return (await self._send(request)).json_object(question)

    async def _send(self, request: Request) -> Answer:
        try:
            serialized = await self.api.param_serialize(
                request.method,
                request.path,
                query_params=list(request.query),
                header_params={"Accept": JSON, "Content-Type": request.content_type},
                body=request.body,
                auth_settings=["BearerToken"],
            )
            timeout = aiohttp.ClientTimeout(total=request.timeout_seconds)
            response = await self.api.call_api(*serialized, _request_timeout=timeout)
            body = await response.read()  # type: ignore[no-untyped-call]  # its stubs are partial
        except TimeoutError as error:
            raise ClusterUnavailable(f"{request.question}: no answer within {request.timeout_seconds:g} s") from error
        except (aiohttp.ClientError, OpenApiException, OSError) as error:
            raise ClusterUnavailable(f"{request.question}: {error}") from error
        return Answer(response.status, body, parse_retry_after(response.headers.get("Retry-After")))


def _items(page: Raw, address: Address) -> list[Raw]:
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ClusterUnavailable(f"GET {address}: the list the API server sent has no items")
    return items
