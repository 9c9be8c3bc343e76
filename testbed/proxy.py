"""A reverse proxy of our own before Prometheus or the API server: it records every call, and injects faults.

It passes everything on, watches included; it knows nothing of what the calls mean. What a fault does is in faults.py.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import hdrs, web

from testbed.calls import Call, identity_of
from testbed.endpoints import LOOPBACK
from testbed.exchange import Exchange
from testbed.faults import Effect
from testbed.stoppable import Stoppable

BODY_CAP = 64 * 2**20  # bytes of one request; the API server itself takes 3 MiB
GRACE_SECONDS = 0.1  # for open calls when the proxy stops: a watch would never end by itself


def any_call(call: Call) -> bool:  # noqa: ARG001  # it has the shape of a condition
    """Hold for every call."""
    return True


@dataclass(frozen=True)
class _Fault:
    effect: Effect
    when: Callable[[Call], bool]


class Proxy(Stoppable):
    """A running proxy. Use it as a context manager, or call `stop`. Its callers speak plain HTTP: it is on loopback."""

    def __init__(self, upstream: str, *, ca_file: Path | None = None) -> None:
        """Serve on a free loopback port, passing calls on to `upstream`, whose certificate `ca_file` vouches for."""
        self._upstream = upstream.rstrip("/")
        self._trust = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._calls: list[Call] = []
        self._faults: tuple[_Fault, ...] = ()
        self._socket = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="proxy")
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; open watches end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in the order in which their answers began."""
        return tuple(self._calls)

    def writes(self, *, identity: str | None = None) -> tuple[Call, ...]:
        """Return the calls so far that may change something, of one identity or of all."""
        return tuple(call for call in self.calls if call.writes and identity in {None, call.identity})

    def forget(self) -> None:
        """Empty the record."""
        self._calls.clear()

    @contextmanager
    def fault(self, effect: Effect, *, when: Callable[[Call], bool] = any_call) -> Iterator[None]:
        """Apply an effect to calls for which `when` holds, inside the `with` block; the newest fault wins."""
        fault = _Fault(effect, when)
        self._faults = (fault, *self._faults)
        try:
            yield
        finally:
            self._faults = tuple(one for one in self._faults if one is not fault)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        no_limit = aiohttp.ClientTimeout(total=None)  # a watch has no end
        connector = aiohttp.TCPConnector(limit=0, ssl=self._trust)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False, timeout=no_limit) as client:

            async def handle(request: web.BaseRequest) -> web.StreamResponse:
                return await self._handle(request, client)

            # A caller that leaves a watch must end it at the real server too.
            server = web.Server(handle, handler_cancellation=True)
            runner = web.ServerRunner(server, shutdown_timeout=GRACE_SECONDS)
            await runner.setup()
            await web.SockSite(runner, self._socket).start()
            await self._stopping.wait()
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest, client: aiohttp.ClientSession) -> web.StreamResponse:
        body = await request.clone(client_max_size=BODY_CAP).read()
        identity = identity_of(request.headers.get(hdrs.AUTHORIZATION, ""))
        call = Call(request.method, request.path, request.rel_url.raw_query_string, body, identity)
        exchange = Exchange(request, call, client=client, upstream=self._upstream, record=self._calls.append)
        for fault in self._faults:
            if fault.when(call):
                return await fault.effect.apply(exchange)
        return await exchange.pass_on()
