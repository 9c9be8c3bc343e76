"""Who leads, as a pure state machine: what the Lease says, since when we have seen it say so, and what to claim.

Clocks of two machines are never compared: another's lease ends when *we* have seen no change for its duration.
The door that reads and writes the Lease is lease.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controller.api.fields import Timestamp
from controller.cluster.wire import Count, Wire, micro_time, parse

LEASE_SECONDS = 15  # others wait this long before they take over
RENEW_DEADLINE_SECONDS = 10.0  # the leader stops writing this long after its last renewal: before others begin
RETRY_SECONDS = 2.0  # between two attempts to lead, or to go on leading


class LeaseSpec(Wire):
    """Spec of a Lease; each field may be absent."""

    holder_identity: str | None = None
    lease_duration_seconds: Count | None = None
    acquire_time: Timestamp | None = None
    renew_time: Timestamp | None = None
    lease_transitions: Count | None = None


class LeaseMeta(Wire):
    """Metadata of a Lease."""

    resource_version: str


class LeaseObject(Wire):
    """coordination.k8s.io/v1 Lease."""

    metadata: LeaseMeta
    spec: LeaseSpec = LeaseSpec()

    @property
    def holder(self) -> str:
        """Who leads; empty where the last leader gave it back."""
        return self.spec.holder_identity or ""

    @property
    def version(self) -> str:
        """Changes with every write."""
        return self.metadata.resource_version


@dataclass(frozen=True, slots=True)
class Sighting:
    """A Lease, and the monotonic second at which we first saw this version of it."""

    lease: LeaseObject
    since: float

    def may_be_taken(self, at: float) -> bool:
        """True where nobody holds the lease, or its holder has not renewed it for its whole duration."""
        seconds = self.lease.spec.lease_duration_seconds
        return not self.lease.holder or at - self.since >= (LEASE_SECONDS if seconds is None else seconds)


def sight(previous: Sighting | None, raw: Mapping[str, Any], at: float) -> Sighting:
    """Return what was seen at `at`, with the time this version was first seen."""
    lease = parse(LeaseObject, raw, "the Lease")
    if previous is not None and previous.lease.version == lease.version:
        return previous
    return Sighting(lease, at)


def claim(seen: Sighting | None, identity: str, now: datetime) -> dict[str, Any]:
    """Return the spec that makes `identity` the holder from `now` on, or keeps it so."""
    spec = seen.lease.spec if seen else LeaseSpec()
    transitions = spec.lease_transitions or 0
    is_ours = spec.holder_identity == identity
    acquired = spec.acquire_time if is_ours and spec.acquire_time else now
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": LEASE_SECONDS,
        "acquireTime": micro_time(acquired),
        "renewTime": micro_time(now),
        "leaseTransitions": transitions if is_ours or seen is None else transitions + 1,
    }


def give_back(seen: Sighting, now: datetime) -> dict[str, Any]:
    """Return the spec that leaves the lease without a holder, so that another may lead at once."""
    return claim(seen, "", now) | {
        "leaseDurationSeconds": 1,
        "leaseTransitions": seen.lease.spec.lease_transitions or 0,
    }
