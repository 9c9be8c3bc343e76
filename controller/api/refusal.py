"""Refusal: what pydantic found wrong, as sentences that name the field the way the wire writes it."""

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from controller.api.misspelling import meant

UNKNOWN_FIELD = "extra_forbidden"  # pydantic's name for it; the sentence is the API server's
MAX_SHOWN = 3  # the first mistakes explain the rest


def explain(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """Return one line: `spec.signals[0].name: ...; spec.maxReplicas: ...`, at most three faults, the others counted.

    With the model that refused, a field that it does not have is told with the one that was meant.
    """
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{_path(fault['loc'])}: {_sentence(fault, model)}" for fault in faults[:MAX_SHOWN]]
    more = [f"and {len(faults) - MAX_SHOWN} more"] if len(faults) > MAX_SHOWN else []
    return "; ".join([*shown, *more])


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "the object"


def _sentence(fault: ErrorDetails, model: type[BaseModel] | None) -> str:
    if fault["type"] == UNKNOWN_FIELD:
        near = meant(model, fault["loc"]) if model else None
        return f"unknown field; did you mean {near}?" if near else "unknown field"
    return fault["msg"].removeprefix("Value error, ")
