"""Leader election on a Lease: one operator acts, the others wait. Loss is final: the process is expected to exit.

Why not `kubernetes.aio.leaderelection`: it has no request timeout (five minutes by default) and lets connection errors
end it; it measures by the wall clock and writes local time as if it were UTC; it neither tells when it last renewed,
which the fence before each write needs, nor gives the lease back on a graceful stop.
What to claim, and when, is election.py.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from controller.cluster.address import Address
from controller.cluster.client import KubernetesClient
from controller.cluster.election import RENEW_DEADLINE_SECONDS, RETRY_SECONDS, Sighting, claim, give_back, sight
from controller.errors import ClusterUnavailable, Conflict, NotFound

BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the first counts a suspended machine's sleep


class Clock(Protocol):
    """The time as an election needs it: a date for people to read, and seconds that only ever go forward."""

    def now(self) -> datetime:
        """Return the date, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some moment; they go on while the machine sleeps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the date in UTC."""
        return datetime.now(UTC)  # noqa: TID251  a Lease carries dates, and this is the door that writes it

    def monotonic(self) -> float:
        """Return seconds since boot; on Linux sleep counts, so that a machine that wakes up knows it is late."""
        return time.clock_gettime(BOOT_CLOCK)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class LeaderElection:
    """One candidate. Its client must not be fenced, because this is where the fence comes from, and try reads once."""

    def __init__(self, client: KubernetesClient, lease: Address, *, identity: str, clock: Clock) -> None:
        self._client = client
        self._lease = lease
        self._identity = identity
        self._clock = clock
        self._seen: Sighting | None = None
        self._renewed_at: float | None = None
        self.leading = asyncio.Event()
        self.problem = ""  # why the last attempt failed, for readiness and logs

    def is_fresh(self) -> bool:
        """True while this process leads, and renewed so lately that nobody else can lead."""
        return self._renewed_at is not None and self._clock.monotonic() - self._renewed_at < RENEW_DEADLINE_SECONDS

    def require_fresh(self) -> None:
        """Raise ClusterUnavailable where this process must not write: the fence before each write."""
        if not self.is_fresh():
            raise ClusterUnavailable(f"{self._identity} does not hold {self._lease}: nothing is written")

    async def run(self, on_lost: Callable[[], None]) -> None:
        """Wait to lead (`leading` is then set), go on leading, and call `on_lost` once that is over."""
        while not await self.attempt():
            await self._clock.sleep(RETRY_SECONDS)
        self.leading.set()
        while self.is_fresh() and self._holds(self._seen):
            await self._clock.sleep(RETRY_SECONDS)
            await self.attempt()
        self._step_down()
        on_lost()

    async def attempt(self) -> bool:
        """Try once to lead, or to go on leading; True where that succeeded, else `problem` says why not."""
        try:
            return await self._lead()
        except ClusterUnavailable as error:
            self.problem = str(error)
            return False

    async def release(self) -> None:
        """Give the lease back on a graceful stop, after `run` was cancelled, so that another may lead at once."""
        self._step_down()
        if not self._holds(self._seen):
            return
        try:
            await self._look()
            if self._seen is not None and self._holds(self._seen):
                await self._write(self._seen, give_back(self._seen, self._clock.now()))
        except ClusterUnavailable as error:
            self.problem = str(error)  # it runs out by itself

    def _step_down(self) -> None:
        self._renewed_at = None
        self.leading.clear()

    def _holds(self, seen: Sighting | None) -> bool:
        return seen is not None and seen.lease.holder == self._identity

    async def _lead(self) -> bool:
        asked_at = self._clock.monotonic()  # before the request: the age must not look younger than it is
        if not self._holds(self._seen):
            await self._look()
        seen = self._seen
        if seen is not None and not self._holds(seen) and not seen.may_be_taken(asked_at):
            self.problem = f"{seen.lease.holder} holds {self._lease}"
            return False
        try:
            await self._write(seen, claim(seen, self._identity, self._clock.now()))
        except Conflict:
            await self._look()  # another was faster, or an own write arrived whose answer did not
            raise
        self._renewed_at = asked_at
        self.problem = ""
        return True

    async def _look(self) -> None:
        try:
            raw = await self._client.get(self._lease)
        except NotFound:
            self._seen = None
        else:
            self._seen = sight(self._seen, raw, self._clock.monotonic())

    async def _write(self, seen: Sighting | None, spec: Mapping[str, object]) -> None:
        if seen is None:
            body = {
                "apiVersion": self._lease.resource.api_version,
                "kind": "Lease",
                "metadata": {"name": self._lease.name, "namespace": self._lease.namespace},
                "spec": spec,
            }
            written = await self._client.create(self._lease.resource.at(self._lease.namespace), body)
        else:
            version = {"op": "test", "path": "/metadata/resourceVersion", "value": seen.lease.version}
            # `add` replaces a spec that is there, and makes one where a Lease was created empty.
            operations: list[Mapping[str, object]] = [version, {"op": "add", "path": "/spec", "value": spec}]
            written = await self._client.patch_json(self._lease, operations)
        self._seen = sight(seen, written, self._clock.monotonic())
