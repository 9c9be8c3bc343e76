"""What a proxy can do to a call instead of passing it on. Each is plain data with one method."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aiohttp import web

from testbed.exchange import Exchange


class Effect(Protocol):
    """What happens to a call."""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Make the answer."""
        ...


@dataclass(frozen=True)
class Answer:
    """An answer of our own; the real server sees nothing."""

    status: int
    body: bytes = b""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Answer with the status and the body."""
        return await exchange.answer(self.status, self.body)


@dataclass(frozen=True)
class Drop:
    """A connection that ends without an answer; the real server sees nothing."""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Close the connection."""
        return await exchange.drop()


@dataclass(frozen=True)
class Delay:
    """The real answer, later."""

    by: timedelta

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Wait, then pass the call on."""
        await asyncio.sleep(self.by.total_seconds())
        return await exchange.pass_on()


@dataclass(frozen=True)
class Warn:
    """The real answer of Prometheus with one more warning."""

    text: str

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Add the warning."""
        return await exchange.rewrite(self._with_warning)

    def _with_warning(self, body: bytes) -> bytes:
        answer: dict[str, Any] = json.loads(body)
        return json.dumps({**answer, "warnings": [*answer.get("warnings", []), self.text]}).encode()


@dataclass(frozen=True)
class NoData:
    """The real answer of Prometheus without its series."""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Empty the result."""
        return await exchange.rewrite(self._emptied)

    def _emptied(self, body: bytes) -> bytes:
        answer: dict[str, Any] = json.loads(body)
        return json.dumps({**answer, "data": {**answer["data"], "result": []}}).encode()
