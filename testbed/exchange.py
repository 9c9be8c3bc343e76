"""One call on its way through a proxy: passed on, rewritten, answered or dropped, and recorded in any case."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from testbed.calls import Call

# What concerns one connection only, and what each end of the proxy works out for itself.
NOT_PASSED_ON = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}
)


class Exchange:
    """One call on its way through the proxy, as an effect sees it. Each method makes the answer."""

    def __init__(
        self,
        request: web.BaseRequest,
        call: Call,
        *,
        client: aiohttp.ClientSession,
        upstream: str,
        record: Callable[[Call], None],
    ) -> None:
        """Hold the call; `record` takes it once its answer begins."""
        self._request = request
        self._call = call
        self._client = client
        self._address = URL(upstream + request.raw_path, encoded=True)
        self._record = record

    async def pass_on(self) -> web.StreamResponse:
        """Send the call on, and stream the answer back as it comes."""
        try:
            async with self._sent_on() as real:
                self._record(replace(self._call, status=real.status))
                response = web.StreamResponse(status=real.status, headers=_passed_on(real.headers))
                await response.prepare(self._request)
                async for chunk in real.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response
        except aiohttp.ClientConnectorError as error:
            return await self.answer(502, f"proxy: nobody answers: {error}".encode())

    async def rewrite(self, change: Callable[[bytes], bytes]) -> web.StreamResponse:
        """Send the call on, and answer with the changed body."""
        try:
            async with self._sent_on() as real:
                body = await real.read()
        except aiohttp.ClientConnectorError as error:
            return await self.answer(502, f"proxy: nobody answers: {error}".encode())
        self._record(replace(self._call, status=real.status))
        return web.Response(status=real.status, headers=_passed_on(real.headers), body=change(body))

    async def answer(self, status: int, body: bytes) -> web.StreamResponse:
        """Answer without sending the call on."""
        self._record(replace(self._call, status=status))
        return web.Response(status=status, body=body)

    async def drop(self) -> web.StreamResponse:
        """Close the connection without an answer."""
        self._record(self._call)
        if self._request.transport is not None:
            self._request.transport.abort()
        return web.Response()  # it goes nowhere

    @asynccontextmanager
    async def _sent_on(self) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = _passed_on(self._request.headers)
        headers[hdrs.ACCEPT_ENCODING] = "identity"  # what is rewritten must be readable
        async with self._client.request(
            self._call.method,
            self._address,
            headers=headers,
            data=self._call.body or None,
            allow_redirects=False,
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.CONTENT_TYPE),
        ) as real:
            try:
                yield real
            except BaseException:
                _hang_up(real)
                raise


def _hang_up(real: aiohttp.ClientResponse) -> None:
    # A polite TLS close waits for the other end's own, longer than this proxy may live.
    if real.connection is not None and real.connection.transport is not None:
        real.connection.transport.abort()


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in NOT_PASSED_ON)
