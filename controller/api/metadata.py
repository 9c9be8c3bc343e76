"""What every Kubernetes object carries: identity, conditions, references. Only the parts Headroom reads."""

from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controller.api.fields import ObjectName, Part, Sentence, Timestamp

GROUP = "headroom.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"


class ObjectKey(NamedTuple):
    """Where an object lives: its namespace (empty for cluster-scoped kinds) and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class ObjectMeta(BaseModel):
    """The metadata Headroom reads; everything else in it is none of its business."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.namespace, self.name)


class ConditionStatus(StrEnum):
    """As in metav1.Condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Part):
    """One aspect of the object's state, as in metav1.Condition."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    """Which aspect."""
    status: ConditionStatus
    """Whether it holds."""
    reason: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    """Why, in one CamelCase word."""
    message: Sentence = ""
    """Why, in one sentence with figures."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The generation of the spec this was said about."""
    last_transition_time: Timestamp
    """When status last changed."""


def by_type() -> dict[str, object]:
    """Make a list of conditions a Kubernetes map keyed by `type`."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}


Conditions = Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=by_type())]
PolicyNames = Annotated[tuple[ObjectName, ...], Field(min_length=1, max_length=64)]
