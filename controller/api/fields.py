"""The kinds of field our resources are built from. What each resource says is in its own file."""

import re
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

_SUFFIX = "(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?"
QUANTITY_PATTERN = rf"^(0|[1-9][0-9]*)(\.[0-9]+)?{_SUFFIX}$"
POSITIVE_QUANTITY_PATTERN = rf"^([1-9][0-9]*(\.[0-9]+)?|0\.0*[1-9][0-9]*){_SUFFIX}$"
MAX_QUANTITY_LENGTH = 32
_QUANTITY = re.compile(r"(?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(?P<suffix>[a-zA-Z]*)")
_SUFFIXES = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_SUFFIXES |= {suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)}
_SUFFIXES |= {f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}

MAX_REPLICAS = 10_000  # above what one Deployment runs anywhere; keeps the queueing table small
DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
GROUP_VERSION = rf"^({DNS_SUBDOMAIN[1:-1]}/)?v[a-z0-9]+$"
METRIC_NAME = r"^[a-zA-Z_:][a-zA-Z0-9_:]*$"
LABEL_NAME = r"^[a-zA-Z_][a-zA-Z0-9_]*$"


def parse_quantity(value: Any) -> float:  # noqa: ANN401  whatever a person wrote
    """Read a Kubernetes quantity such as `250m`, `1500` or `2Ki` as a number; refuse negative and malformed ones."""
    text = f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)
    match = _QUANTITY.fullmatch(text) if isinstance(value, int | float | str) else None
    too_long = len(text) > MAX_QUANTITY_LENGTH
    if match is None or too_long or isinstance(value, bool) or match["suffix"] not in _SUFFIXES:
        raise ValueError(f'{value!r} is not a quantity of at least 0; write it like 1500, "0.25" or 250m')
    return float(Decimal(match["number"]) * _SUFFIXES[match["suffix"]])


def _int_or_string(pattern: str, minimum: int) -> WithJsonSchema:
    """Return the schema of a quantity: whole numbers from `minimum` on, or text that fits the pattern."""
    bounds = {"minimum": minimum, "pattern": pattern, "maxLength": MAX_QUANTITY_LENGTH}
    return WithJsonSchema({"x-kubernetes-int-or-string": True, **bounds})


Quantity = Annotated[float, BeforeValidator(parse_quantity), _int_or_string(QUANTITY_PATTERN, 0)]
PositiveQuantity = Annotated[
    float, BeforeValidator(parse_quantity), Field(gt=0), _int_or_string(POSITIVE_QUANTITY_PATTERN, 1)
]
Percent = Annotated[int, Field(ge=0, le=1000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Replicas = Annotated[int, Field(ge=0, le=MAX_REPLICAS)]
GroupVersion = Annotated[str, Field(min_length=2, max_length=253, pattern=GROUP_VERSION)]
DnsLabel = Annotated[str, Field(min_length=1, max_length=63, pattern=DNS_LABEL)]
ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)]
MetricName = Annotated[str, Field(min_length=1, max_length=200, pattern=METRIC_NAME)]
LabelName = Annotated[str, Field(min_length=1, max_length=100, pattern=LABEL_NAME)]
HolidayName = Annotated[str, Field(min_length=1, max_length=100)]
Sentence = Annotated[str, Field(max_length=1024)]
Timestamp = AwareDatetime
MultiplierPercent = Annotated[int, Field(ge=100, le=10_000)]


_known_zones = cache(available_timezones)  # which looks through a folder each time


def _known_zone(name: str) -> str:
    if name not in _known_zones():
        raise ValueError(f"{name!r} is not an IANA time zone; write it like UTC or Europe/Berlin")
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]


def _unique_names(items: tuple[Any, ...]) -> tuple[Any, ...]:
    names = [item.name for item in items]
    if len(set(names)) != len(names):
        raise ValueError(f"names must be unique, got {names}")
    return items


UniqueNames = AfterValidator(_unique_names)


def by_name() -> dict[str, Any]:
    """Make a list a Kubernetes map keyed by `name`, so that two writers can apply different entries."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}


def cel(rule: str, message: str) -> dict[str, Any]:
    """Return one cross-field rule that the API server checks, with the sentence it answers."""
    return {"rule": rule, "message": message}


class Part(BaseModel):  # noqa: PLW1641  pydantic makes the hash of what is frozen
    """A piece of a resource: frozen, camelCase on the wire, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )

    def __eq__(self, other: object) -> bool:
        """Compare fields alone, at a tenth of what pydantic takes: a part has no private attributes and no extras."""
        return type(self) is type(other) and self.__dict__ == other.__dict__


def cel_number(field: str) -> str:
    """Return the CEL expression that reads a quantity field as a number, written as one or as text."""
    return f"quantity(string({field})).asApproximateFloat()"


def cross_field(*rules: dict[str, Any]) -> ConfigDict:
    """Return the model config that carries CEL rules into the CRD."""
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": list(rules)})
