"""How answers of the API server are read: only the fields we use, each checked, everything else ignored.

The models themselves stand beside their users. Nothing here talks to a server.
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from controller.errors import ClusterUnavailable

Count = Annotated[int, Field(strict=True, ge=0)]


class Wire(BaseModel):
    """A few fields of something the API server sends: camelCase, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


W = TypeVar("W", bound=Wire)


def parse(model: type[W], raw: object, what: str) -> W:
    """Read `raw` as `model`; ClusterUnavailable names the first field of `what` that makes no sense."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole object"
        raise ClusterUnavailable(f"{what} as the API server sent it makes no sense: {place}: {first['msg']}") from error


def micro_time(at: datetime) -> str:
    """Format a time as metav1.MicroTime."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
