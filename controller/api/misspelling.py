"""Misspelling: which field of a model a person may have meant by one that is not there."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel


def meant(model: type[BaseModel], location: Sequence[int | str]) -> str | None:
    """Return the field, as the wire writes it, that is most like the last of a path; None where none is like it."""
    *path, wrong = location
    beside = [name for found in _reached(model, path) for name in _names(found)]
    return next(iter(get_close_matches(str(wrong), beside, n=1)), None)


def _reached(model: type[BaseModel], path: Sequence[int | str]) -> list[type[BaseModel]]:
    """Return the models that a path leads to; items of a list are all alike."""
    reached = [model]
    for name in (part for part in path if isinstance(part, str)):
        fields = (field for each in reached for field in each.model_fields.values() if (field.alias or "") == name)
        reached = [found for field in fields for found in _models_in(field.annotation)]
    return reached


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  any type may stand there
    """Yield the models of an annotation: those of an optional one, of a tuple's items, of a mapping's values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
