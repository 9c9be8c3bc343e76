"""Trace files as people have them."""

from datetime import timedelta
from pathlib import Path

import numpy as np

from forecasting.series import Values
from tests.forecasting.loads import MONDAY

TAXI = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"


def write_trace(path: Path, values: Values, step: timedelta) -> Path:
    """Write values from a Monday on; NaN as an empty field."""
    lines = (
        f"{(MONDAY + number * step).isoformat()},{'' if np.isnan(value) else repr(float(value))}"
        for number, value in enumerate(values)
    )
    path.write_text("\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8")
    return path
