"""Quantities of variants and their bounds, by which what a person writes is checked."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from controller.simulation.demand import TICK

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0)]
Length = Annotated[timedelta, Field(ge=TICK)]
