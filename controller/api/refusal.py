"""Refusal: what pydantic found wrong, as sentences that name the field the way the wire writes it."""

from pydantic import ValidationError

MAX_SHOWN = 3  # the first mistakes explain the rest


def explain(error: ValidationError) -> str:
    """Return one line: `spec.signals[0].name: ...; spec.maxReplicas: ...`, at most three faults, the others counted."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{_path(fault['loc'])}: {_sentence(fault['msg'])}" for fault in faults[:MAX_SHOWN]]
    more = [f"and {len(faults) - MAX_SHOWN} more"] if len(faults) > MAX_SHOWN else []
    return "; ".join([*shown, *more])


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "the object"


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
