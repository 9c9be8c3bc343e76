"""A pretend API server on loopback: objects in a dict, JSON patch, server-side apply, chunked lists, faults by script.

It knows no schema and no admission; what the real one makes of our writes is shown in tests/cluster.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from controller.cluster.client import KubernetesClient, Patience

Fault = Callable[[web.Request], web.StreamResponse | None]
QUICK = Patience(timeout_seconds=5, attempts=3)


def refusal(status: int, message: str = "no", **headers: str) -> Fault:
    """Answer with a Status object; `Retry_After` and the like become headers."""
    body = {"kind": "Status", "message": message, "code": status}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.json_response(body, status=status, headers=named)


def raw_answer(status: int, body: bytes) -> Fault:
    """Answer with these bytes, whatever they are."""
    return lambda _request: web.Response(status=status, body=body)


def reset(request: web.Request) -> None:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()


@dataclass
class FakeApi:
    """The pretend server's world. `faults` meet the next requests, one each; `broken` meets all of them."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: Fault | None = None
    silent: bool = False
    after_write: Callable[[str], None] = lambda _path: None
    seen: list[str] = field(default_factory=list)
    version: int = 0

    def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Store an object as the server would, with a new resourceVersion."""
        self.version += 1
        stored = deepcopy(dict(body))
        stored["metadata"] = {**stored.get("metadata", {}), "resourceVersion": str(self.version)}
        self.objects[path] = stored

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(f"{request.method} {request.path}")
        fault = self.faults.pop(0) if self.faults else self.broken
        if fault is not None:
            return fault(request) or web.Response()
        if self.silent:
            await asyncio.Event().wait()
        if request.method == "GET":
            return self._get(request)
        response = await {"PATCH": self._patch, "POST": self._create}[request.method](request)
        self.after_write(request.path)
        return response

    def _get(self, request: web.Request) -> web.Response:
        if request.path in self.objects:
            return web.json_response(self.objects[request.path])
        found = [body for path, body in self.objects.items() if path.rpartition("/")[0] == request.path]
        if "limit" not in request.query:
            return _not_found(request.path)
        start, limit = int(request.query.get("continue", 0)), int(request.query["limit"])
        more = {"continue": str(start + limit)} if start + limit < len(found) else {}
        return web.json_response({"items": found[start : start + limit], "metadata": more})

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        path = f"{request.path}/{body['metadata']['name']}"
        if path in self.objects:
            return web.json_response({"message": "already exists", "reason": "AlreadyExists"}, status=409)
        self.put(path, body)
        return web.json_response(self.objects[path], status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        if request.content_type == "application/apply-patch+yaml":
            return self._apply(request.path, body)
        if request.path not in self.objects:
            return _not_found(request.path)
        patched = deepcopy(self.objects[request.path])
        for operation in body:
            *parents, last = [part.replace("~1", "/") for part in operation["path"].strip("/").split("/")]
            place = patched
            for parent in parents:
                place = place[parent]
            if operation["op"] == "test" and place.get(last) != operation["value"]:
                return web.json_response({"message": "the server rejected our request", "details": {}}, status=422)
            if operation["op"] == "remove":
                del place[last]
            else:
                place[last] = operation["value"]
        self.put(request.path, patched)
        return web.json_response(self.objects[request.path])

    def _apply(self, path: str, body: Mapping[str, Any]) -> web.Response:
        target = path.removesuffix("/status")
        if target != path and target not in self.objects:
            return _not_found(path)
        known = self.objects.get(target, {})
        self.put(target, {**known, **body, "metadata": {**known.get("metadata", {}), **body.get("metadata", {})}})
        return web.json_response(self.objects[target])

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[ApiClient]:
        """Serve this world while the block runs, and give a client of it."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self.handle)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        try:
            async with ApiClient(Configuration(host=str(server.make_url("")).rstrip("/"))) as api:
                yield api
        finally:
            await server.close()


@dataclass
class Naps:
    """Remembers how long somebody wanted to sleep, and lets nobody wait."""

    seconds: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def a_client(api: ApiClient, naps: Naps | None = None, **overrides: object) -> KubernetesClient:
    """Return a client that waits for an answer as long as a busy machine may need, and not at all between two tries."""
    settings: dict[str, Any] = {"jitter": lambda: 0.5, "reads": QUICK, "sleep": (naps or Naps()).sleep}
    return KubernetesClient(api, **(settings | overrides))


def _not_found(path: str) -> web.Response:
    return web.json_response({"kind": "Status", "message": f"{path} not found", "reason": "NotFound"}, status=404)
