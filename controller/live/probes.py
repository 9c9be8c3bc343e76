"""Probes and metrics over HTTP: /livez, /readyz, /metrics. Reads what others report; decides nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

MISSED_SWEEPS = 4  # a sweep may be slow once; four in a row are a hang
START_GRACE = timedelta(minutes=5)  # listing a large cluster takes its time


@dataclass
class Vitals:
    """What the probes answer from: kept by the sweep. Moments are seconds that only ever go forward."""

    started_at: float
    sweep_interval: timedelta
    last_sweep: float | None = None

    @property
    def ready(self) -> bool:
        """True once everything was listed, and a sweep has seen it."""
        return self.last_sweep is not None

    def is_alive(self, at: float) -> bool:
        """Return whether sweeps still come."""
        if self.last_sweep is None:
            return at - self.started_at < START_GRACE.total_seconds()
        return at - self.last_sweep < MISSED_SWEEPS * self.sweep_interval.total_seconds()


async def serve(
    vitals: Vitals, render_metrics: Callable[[], bytes], timer: Callable[[], float], *, host: str, port: int
) -> tuple[web.AppRunner, int]:
    """Start the HTTP server; return its runner (to clean up) and the port it got. OSError where it cannot listen."""

    async def livez(_: web.Request) -> web.Response:
        alive = vitals.is_alive(timer())
        return web.Response(status=200 if alive else 500, text="ok" if alive else "no sweep has finished lately")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=200 if vitals.ready else 503, text="ok" if vitals.ready else "not listed yet")

    async def metrics(_: web.Request) -> web.Response:
        body = await asyncio.to_thread(render_metrics)  # tens of thousands of lines in a large cluster
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = runner.addresses[0]
    return runner, int(address[1])
