"""Mirror: what the watches have shown, parsed and slim. Level-triggered: a sweep reads it whole, never an event."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey, ObjectMeta
from controller.api.metrics_source import MetricsSource
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.refusal import explain
from controller.api.scaling_policy import ScaleTargetRef, ScalingPolicy
from controller.cluster.hpas import HpaView, project_hpa
from controller.cluster.targets import TargetKey, TargetView, group_of, project_target
from controller.errors import ClusterUnavailable, HeadroomError

POLICIES, EVENTS, SOURCES, HPAS = "ScalingPolicy", "DemandEvent", "MetricsSource", "HorizontalPodAutoscaler"


@dataclass(frozen=True, slots=True)
class RefusedPolicy:
    """A policy whose spec makes no sense to us, and why."""

    metadata: ObjectMeta
    status: ScalingPolicyStatus
    message: str


Entry = ScalingPolicy | RefusedPolicy | DemandEvent | MetricsSource | HpaView | TargetView


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry with the version of the object it was made from."""

    version: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Listed:
    """A whole list of a kind: what could be read, and what else there is, which stays as it was last understood."""

    readable: Mapping[ObjectKey, Seen]
    unreadable: frozenset[ObjectKey] = frozenset()

    @property
    def keys(self) -> AbstractSet[ObjectKey]:
        """The keys of all listed objects."""
        return self.readable.keys() | self.unreadable


@dataclass
class Mirror:
    """Every watched object by kind and key. Written by watches and relists, read by the sweep, on one loop.

    `watched_targets` are the (group, kind) of the workloads that are watched.
    """

    watched_targets: frozenset[tuple[str, str]] = frozenset()
    seen: dict[str, dict[ObjectKey, Seen]] = field(default_factory=dict)

    def show(self, kind: str, key: ObjectKey, seen: Seen) -> None:
        """Take in an object, unless a newer version of it is known: watch and relist may cross."""
        known = self.seen.setdefault(kind, {}).get(key)
        if known is None or known.version <= seen.version:
            self.seen[kind][key] = seen

    def forget(self, kind: str, key: ObjectKey, version: int) -> None:
        """Drop an object whose deletion had this version, unless another of its name was made since."""
        known = self.seen.get(kind, {}).get(key)
        if known is not None and known.version <= version:
            del self.seen[kind][key]

    def versions(self, kind: str) -> Mapping[ObjectKey, int]:
        """Return the versions of all known objects of a kind."""
        return {key: seen.version for key, seen in self.seen.get(kind, {}).items()}

    def reconcile(self, kind: str, listed: Listed, *, before: Mapping[ObjectKey, int]) -> int:
        """Compare with a fresh list and repair what a watch has missed; return how much that was.

        `before` are the versions from before the list was asked for: what changed since is the watch's word.
        """
        known = self.seen.setdefault(kind, {})
        now = self.versions(kind)
        gone = [key for key, version in before.items() if now.get(key) == version and key not in listed.keys]
        missed = [
            key
            for key, seen in listed.readable.items()
            if (now[key] < seen.version if key in now else key not in before)
        ]
        for key in gone:
            del known[key]
        for key in missed:
            self.show(kind, key, listed.readable[key])
        return len(gone) + len(missed)

    def policies(self) -> tuple[ScalingPolicy, ...]:
        """Return the policies that make sense, in a stable order."""
        return tuple(entry for entry in self._entries(POLICIES) if isinstance(entry, ScalingPolicy))

    def policy(self, key: ObjectKey) -> ScalingPolicy | None:
        """Return one policy, if it is there and makes sense."""
        seen = self.seen.get(POLICIES, {}).get(key)
        return seen.entry if seen and isinstance(seen.entry, ScalingPolicy) else None

    def refused(self) -> tuple[RefusedPolicy, ...]:
        """Return the policies that make no sense."""
        return tuple(entry for entry in self._entries(POLICIES) if isinstance(entry, RefusedPolicy))

    def events(self) -> tuple[DemandEvent, ...]:
        """Return all demand events."""
        return tuple(entry for entry in self._entries(EVENTS) if isinstance(entry, DemandEvent))

    def events_of(self, policy: ScalingPolicy) -> tuple[DemandEvent, ...]:
        """Return the demand events that concern a policy."""
        return tuple(event for event in self.events() if policy.key in event.policy_keys)

    def hpas(self) -> tuple[HpaView, ...]:
        """Return all HorizontalPodAutoscalers."""
        return tuple(entry for entry in self._entries(HPAS) if isinstance(entry, HpaView))

    def source(self, name: str) -> MetricsSource | None:
        """Return a MetricsSource by name."""
        seen = self.seen.get(SOURCES, {}).get(ObjectKey("", name))
        return seen.entry if seen and isinstance(seen.entry, MetricsSource) else None

    def watches(self, ref: ScaleTargetRef) -> bool:
        """Tell whether targets of this kind are watched."""
        return (group_of(ref.api_version), ref.kind) in self.watched_targets

    def target(self, namespace: str, ref: ScaleTargetRef) -> TargetView | None:
        """Return a watched target; None where there is none of that name."""
        seen = self.seen.get(ref.kind, {}).get(ObjectKey(namespace, ref.name))
        known = seen.entry if seen else None
        return known if isinstance(known, TargetView) and known.key == TargetKey.of(namespace, ref) else None

    def _entries(self, kind: str) -> Iterable[Entry]:
        return (seen.entry for _, seen in sorted(self.seen.get(kind, {}).items()))


def identify(kind: str, raw: Mapping[str, Any]) -> tuple[ObjectKey, int]:
    """Return the key and version of an object; ClusterUnavailable where the API server sent it without them."""
    try:
        metadata = ObjectMeta.model_validate(raw.get("metadata"))
        return metadata.key, int(metadata.resource_version)
    except ValueError as error:
        raise ClusterUnavailable(f"a {kind} as the API server sent it makes no sense: {_say(error)}") from error


def parse_object(kind: str, raw: Mapping[str, Any]) -> tuple[ObjectKey, Seen]:
    """Return an object as the mirror keeps it; HeadroomError where it makes no sense."""
    key, version = identify(kind, raw)
    try:
        return key, Seen(version, _parse(kind, raw))
    except ValueError as error:
        raise HeadroomError(f"{kind} {key} cannot be read: {_say(error)}") from error


def _say(error: ValueError) -> str:
    return explain(error) if isinstance(error, ValidationError) else str(error)


def _parse(kind: str, raw: Mapping[str, Any]) -> Entry:
    if kind == POLICIES:
        return _parse_policy(raw)
    if kind == EVENTS:
        return DemandEvent.model_validate(raw)
    if kind == SOURCES:
        return _parse_source(raw)
    return project_hpa(raw) if kind == HPAS else project_target(raw)


def _parse_policy(raw: Mapping[str, Any]) -> ScalingPolicy | RefusedPolicy:
    status = _parse_status(raw.get("status"))
    try:
        policy = ScalingPolicy.model_validate({**raw, "status": {}})
    except ValidationError as error:
        return RefusedPolicy(ObjectMeta.model_validate(raw["metadata"]), status, explain(error))
    return policy.model_copy(update={"status": status})


def _parse_source(raw: Mapping[str, Any]) -> MetricsSource:
    try:
        return MetricsSource.model_validate(raw)
    except ValidationError:
        return MetricsSource.model_validate({**raw, "status": {}})  # it may be the status of another version


def _parse_status(raw: object) -> ScalingPolicyStatus:
    """Read our own words back. A status another version wrote is not trusted: a restart then holds for a window."""
    try:
        return ScalingPolicyStatus.model_validate(raw or {})
    except ValidationError:
        return ScalingPolicyStatus()
