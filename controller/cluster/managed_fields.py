"""managedFields: who wrote a part of an object last, as the API server keeps the books. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from controller.api.fields import Timestamp
from controller.api.metadata import ObjectMeta
from controller.cluster.wire import Wire
from controller.scaling.observation import Written

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ManagedFields(Wire):
    """The fields of one manager, nested as in the object, each name with `f:` before it."""

    manager: str = ""
    time: Timestamp | None = None
    fields_v1: Mapping[str, Any] = {}


class ManagedMeta(ObjectMeta):
    """Metadata with the books of who wrote what."""

    managed_fields: tuple[ManagedFields, ...] = ()


def written_by(entries: Iterable[ManagedFields], *path: str) -> Written | None:
    """Return who wrote the field at this path last, such as `spec`, `replicas`; None where nobody is on record."""
    newest = max((entry for entry in entries if _owns(entry, path)), key=_written_at, default=None)
    return Written(newest.manager, newest.time) if newest else None


def last_manager(entries: Iterable[ManagedFields]) -> str:
    """Return who wrote last; empty where nobody is on record."""
    newest = max(entries, key=_written_at, default=None)
    return newest.manager if newest else ""


def _owns(entry: ManagedFields, path: Sequence[str]) -> bool:
    place: object = entry.fields_v1
    for name in path:
        place = place.get(f"f:{name}") if isinstance(place, Mapping) else None
    return place is not None


def _written_at(entry: ManagedFields) -> datetime:
    return entry.time or LONG_AGO
