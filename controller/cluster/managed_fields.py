"""managedFields: who wrote a part of an object last, as the API server keeps the books. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from controller.api.fields import Timestamp
from controller.cluster.wire import Wire

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ManagedFields(Wire):
    """The fields of one manager, nested as in the object, each name with `f:` before it."""

    manager: str = ""
    time: Timestamp | None = None
    fields_v1: Mapping[str, Any] = {}


def last_manager(entries: Iterable[ManagedFields]) -> str:
    """Return who wrote last; empty where nobody is on record."""
    newest = max(entries, key=_written_at, default=None)
    return newest.manager if newest else ""


def _written_at(entry: ManagedFields) -> datetime:
    return entry.time or LONG_AGO
