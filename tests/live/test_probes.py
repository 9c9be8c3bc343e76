from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest

from controller.live.probes import MISSED_SWEEPS, START_GRACE, Vitals, serve
from controller.telemetry.exporter import EXPORTED, Exporter

INTERVAL = timedelta(seconds=15)
MISSED = MISSED_SWEEPS * INTERVAL.total_seconds()
GRACE = START_GRACE.total_seconds()


@dataclass
class Probed:
    """A probe server whose time the test moves."""

    vitals: Vitals = field(default_factory=lambda: Vitals(started_at=100.0, sweep_interval=INTERVAL))
    exporter: Exporter = field(default_factory=Exporter)
    seconds: float = 100.0
    url: str = ""

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def probed() -> AsyncIterator[Probed]:
    probed = Probed()
    runner, port = await serve(probed.vitals, probed.exporter.render, lambda: probed.seconds, host="127.0.0.1", port=0)
    probed.url = f"http://127.0.0.1:{port}"
    yield probed
    await runner.cleanup()


@pytest.mark.parametrize(
    ("last_sweep", "at", "status"),
    [
        pytest.param(None, 100.0, 200, id="it has just started"),
        pytest.param(None, 99.9 + GRACE, 200, id="it still lists a large cluster"),
        pytest.param(None, 100.0 + GRACE, 500, id="it never came to sweep"),
        pytest.param(100.0, 99.9 + MISSED, 200, id="sweeps are slow"),
        pytest.param(100.0, 100.0 + MISSED, 500, id="no sweep for four intervals: it hangs"),
    ],
)
async def test_livez_tells_whether_sweeps_still_come(
    probed: Probed, last_sweep: float | None, at: float, status: int
) -> None:
    probed.vitals.last_sweep, probed.seconds = last_sweep, at

    assert (await probed.get("/livez"))[0] == status


async def test_readyz_turns_with_the_first_sweep(probed: Probed) -> None:
    before = await probed.get("/readyz")
    probed.vitals.last_sweep = 101.0

    assert before == (503, "not listed yet")
    assert await probed.get("/readyz") == (200, "ok")


async def test_metrics_are_what_the_exporter_has(probed: Probed) -> None:
    probed.exporter.record_leadership(leads=True)

    status, text = await probed.get("/metrics")

    assert status == 200
    assert "headroom_leader 1.0" in text
    assert [metric.name for metric in EXPORTED if metric.name not in text] == []


async def test_nothing_else_is_served(probed: Probed) -> None:
    assert (await probed.get("/"))[0] == 404


async def test_a_port_that_is_taken_is_refused(probed: Probed) -> None:
    port = int(probed.url.rpartition(":")[2])

    with pytest.raises(OSError, match="address already in use"):
        await serve(probed.vitals, bytes, lambda: 0.0, host="127.0.0.1", port=port)
