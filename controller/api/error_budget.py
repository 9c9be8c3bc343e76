"""ErrorBudget: how much of the time service may be bad, and what a policy's status remembers of the time it was.

Counted are minutes, not requests: those of the clock in which service was seen bad. It is what OpenSLO calls time
slices; a night without requests counts as good as a day.
"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from controller.api.fields import Part, Timestamp

TARGET = r"^[5-9][0-9](\.[0-9]{1,2})?$"  # up to 99.99: of less than four minutes in four weeks, minutes cannot tell
MAX_SPELLS = 64


def _parse_target(value: Any) -> float:  # noqa: ANN401  whatever a person wrote
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not re.fullmatch(TARGET, text):
        raise ValueError(f'{value!r} is not a target from 50 to 99.99 percent; write it like 99 or "99.9"')
    return float(Decimal(text))


TargetPercent = Annotated[
    float,
    BeforeValidator(_parse_target),
    WithJsonSchema(
        {"x-kubernetes-int-or-string": True, "minimum": 50, "maximum": 99, "pattern": TARGET, "maxLength": 5}
    ),
]


class ErrorBudget(Part):
    """How much of the time service must be good. What is left of the rest is the error budget."""

    target_percent: TargetPercent
    """Share of the minutes in which service must be good, as `99` or `"99.9"`."""
    window_days: Annotated[int, Field(ge=1, le=30)] = 28
    """The last days that count: four weeks hold as many weekends at any time."""

    @property
    def window(self) -> timedelta:
        """The time that counts."""
        return timedelta(days=self.window_days)

    @property
    def allowed(self) -> timedelta:
        """How much of it may be bad."""
        return self.window * (1 - self.target_percent / 100)


class BadSpell(Part):
    """A time in which service was bad, in whole minutes of the clock."""

    began: Timestamp
    """Begin of its first minute."""
    ended: Timestamp
    """End of the last minute in which it was seen bad."""
    minutes: Annotated[int, Field(ge=1)]
    """How many of its minutes were bad; all of them, but in old spells that were joined."""
    over: bool = False
    """True once service was seen good again."""

    @model_validator(mode="after")
    def _in_order(self) -> "BadSpell":
        if self.began >= self.ended:
            raise ValueError("a spell must end after it began")
        return self


class BudgetStatus(Part):
    """The error budget when the status was last written."""

    allowed_minutes: Annotated[float, Field(ge=0)]
    """Minutes of bad service that the objective allows in its window."""
    burnt_minutes: Annotated[float, Field(ge=0)]
    """Minutes of bad service seen in the window."""
    left_percent: Annotated[int, Field(ge=0, le=100)]
    """What is left of the allowed minutes."""
