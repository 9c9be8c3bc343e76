"""Kubernetes Events on a policy: each reason with its sentence once, and a count where it comes back.

The name of an Event is made from the policy's uid and from what it says, so the API server itself (which forgets Events
after an hour) tells a first from a repeat: nothing is remembered here, and a restart repeats nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.address import EVENTS
from controller.cluster.client import KubernetesClient
from controller.cluster.wire import Count, Wire, micro_time, parse
from controller.errors import Conflict
from controller.scaling.publishing.patch import EventNote

REPORTING_CONTROLLER = "headroom.dev/operator"
ACTION = "Decide"
LONGEST_NOTE_BYTES = 1024  # the API server refuses more
LONGEST_POLICY_NAME = 200  # of the 253 a name may have, what the hash leaves with room to spare
HASH_DIGITS = 16  # 64 bits: no two sentences of one policy and hour meet


class Series(Wire):
    """How often an Event was seen again."""

    count: Count = 1


class SeenEvent(Wire):
    """An Event of ours as the API server has it."""

    series: Series | None = None


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Posts Events; `instance` names this process in them."""

    client: KubernetesClient
    instance: str

    async def record(self, policy: ScalingPolicy, note: EventNote, now: datetime) -> None:
        """Post the Event; where one that says the same is still there, count it up instead."""
        name = event_name(policy, note)
        try:
            await self.client.create(EVENTS.at(policy.key.namespace), self._event(name, policy, note, now))
        except Conflict:
            await self._count_up(policy.key.namespace, name, now)

    async def _count_up(self, namespace: str, name: str, now: datetime) -> None:
        address = EVENTS.at(namespace, name)
        seen = parse(SeenEvent, await self.client.get(address), str(address))
        count = seen.series.count if seen.series else 1
        series = {"count": count + 1, "lastObservedTime": micro_time(now)}
        await self.client.patch_json(address, [{"op": "add", "path": "/series", "value": series}])

    def _event(self, name: str, policy: ScalingPolicy, note: EventNote, now: datetime) -> dict[str, Any]:
        return {
            "apiVersion": EVENTS.api_version,
            "kind": "Event",
            "metadata": {"name": name, "namespace": policy.key.namespace},
            "eventTime": micro_time(now),
            "reportingController": REPORTING_CONTROLLER,
            "reportingInstance": self.instance,
            "action": ACTION,
            "type": "Warning" if note.warning else "Normal",
            "reason": note.reason,
            "note": shorten(note.message),
            "regarding": {
                "apiVersion": policy.api_version,
                "kind": policy.kind,
                "namespace": policy.key.namespace,
                "name": policy.key.name,
                "uid": policy.metadata.uid,
            },
        }


def event_name(policy: ScalingPolicy, note: EventNote) -> str:
    """Return the name of the one Event by which a policy says this."""
    digest = sha256(f"{policy.metadata.uid} {note.reason} {note.message}".encode()).hexdigest()[:HASH_DIGITS]
    return f"{policy.key.name[:LONGEST_POLICY_NAME].rstrip('.-')}.{digest}"


def shorten(note: str) -> str:
    """Cut a sentence to the bytes an Event holds, never inside a character."""
    return note.encode()[:LONGEST_NOTE_BYTES].decode(errors="ignore")
