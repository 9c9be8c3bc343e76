from typing import Any

import pytest

from controller.cluster.managed_fields import ManagedFields, last_manager, written_by
from controller.scaling.observation import Written
from tests.builders import NOON

REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}, "f:template": {}}}
IMAGE: dict[str, Any] = {"f:spec": {"f:template": {}}}


def entry(manager: str, time: str | None, fields: Any = REPLICAS) -> ManagedFields:  # noqa: ANN401  whatever was sent
    return ManagedFields.model_validate({"manager": manager, "time": time, "fieldsV1": fields})


CREATED = entry("kubectl-create", "2026-03-02T11:00:00Z")
SCALED = entry("capacity-script", "2026-03-02T12:00:00Z")
RELEASED = entry("ci", "2026-03-02T13:00:00Z", IMAGE)


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param([], None, id="no books"),
        pytest.param([RELEASED], None, id="books of other fields"),
        pytest.param([SCALED, CREATED, RELEASED], Written("capacity-script", NOON), id="the latest of several"),
        pytest.param([entry("old", None)], Written("old", None), id="one without a time"),
        pytest.param([entry("odd", None, {"f:spec": []}), SCALED], Written("capacity-script", NOON), id="odd books"),
    ],
)
def test_the_books_say_who_wrote_a_field_last(entries: list[ManagedFields], found: Written | None) -> None:
    assert written_by(entries, "spec", "replicas") == found


def test_the_books_say_who_wrote_anything_last() -> None:
    assert last_manager([CREATED, RELEASED, SCALED]) == "ci"
    assert last_manager([]) == ""
