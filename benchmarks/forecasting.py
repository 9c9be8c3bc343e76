"""Forecasting: fits, updates, forecasts, and what it costs to import and to keep."""

import pickle
from datetime import timedelta

import numpy as np

from benchmarks.loads import NOW, STEP, a_history
from benchmarks.measuring import YARDSTICK, import_cost, isolated, once, peak_mib, typical, yardstick
from benchmarks.tables import Table, against
from forecasting import FittedForecast, Series, fit, fit_batch, update_batch

MINUTE = timedelta(minutes=1)
LEAD = timedelta(minutes=10)
FLEET = 1000
FITS_OF_L6 = 10_000
SECONDS_OF_L6 = 60.0
MOST_FIT_SECONDS, MOST_UPDATE_MS = 5.0, 25.0
FIT_ALL, FORECAST_ALL = f"`fit_batch` of {FLEET:,}", f"`forecast` of 24 h at three levels, {FLEET:,} times"
UPDATE_ALL = f"`update_batch` of {FLEET:,} with a new sample each"
MOST_IMPORT_MIB, MOST_IMPORT_SECONDS = 60.0, 0.3


def table() -> Table:
    """Measure the imports and the calls in processes of their own."""
    import_seconds, import_mib = import_cost("forecasting")
    numpy_seconds, numpy_mib = import_cost("numpy")
    seconds, size, mib = isolated(measure)
    baseline = seconds.pop(YARDSTICK)
    a_fit = seconds[FIT_ALL] / FLEET
    return Table(
        title="Forecasting",
        intro=(
            f"Four weeks at 5-minute steps a series. The baseline is {YARDSTICK}, {baseline * 1e3:.0f} ms here. A "
            f"pickled forecaster has {size:,} bytes; a process that fits {FLEET:,} together peaks at {mib:.0f} MiB. "
            f"`import forecasting` takes {import_seconds:.2f} s and leaves {import_mib:.0f} MiB resident; of that "
            f"`import numpy` alone is {numpy_seconds:.2f} s and {numpy_mib:.0f} MiB."
        ),
        header=("what", "ms", "x baseline"),
        rows=[(what, each * 1e3, each / baseline) for what, each in seconds.items()],
        verdicts=[
            against(
                f"fit and 24 h forecast of {FLEET:,}", seconds[FIT_ALL] + seconds[FORECAST_ALL], MOST_FIT_SECONDS, "s"
            ),
            against("L6, a refit of 10,000 on one core", a_fit * FITS_OF_L6, SECONDS_OF_L6, "s"),
            against(f"an update of {FLEET:,} with a new sample", seconds[UPDATE_ALL] * 1e3, MOST_UPDATE_MS, "ms"),
            against("memory after `import forecasting`", import_mib, MOST_IMPORT_MIB, "MiB"),
            against("time of `import forecasting`", import_seconds, MOST_IMPORT_SECONDS, "s"),
        ],
    )


def measure() -> tuple[dict[str, float], int, float]:
    """Return seconds by what was measured, the bytes of a pickled forecaster, and the peak in MiB."""
    histories = [a_history(seed) for seed in range(FLEET)]
    fleet: list[FittedForecast] = []
    fit_seconds, mib = once(lambda: fleet.extend(fit_batch(histories))), peak_mib()
    sample = Series(NOW, STEP, np.array([80.0]))
    recent = Series(NOW, MINUTE, np.full(LEAD // MINUTE, 80.0))
    seconds = {
        YARDSTICK: yardstick(),
        FIT_ALL: fit_seconds,
        FORECAST_ALL: once(lambda: [each.forecast() for each in fleet]),
        UPDATE_ALL: typical(lambda: update_batch(fleet, [sample] * FLEET)),
        "`fit` of one": typical(lambda: fit(histories[0])),
        "`update` and a forecast of 10 min": typical(lambda: _outlook(fleet[0], recent)),
        "unpickling a forecaster": _unpickling(fleet[0]),
    }
    return seconds, len(pickle.dumps(fleet[0])), mib


def _outlook(fitted: FittedForecast, recent: Series) -> None:
    fitted.update(recent).forecast(LEAD, levels=(0.5, 0.95))


def _unpickling(fitted: FittedForecast) -> float:
    pickled = pickle.dumps(fitted)
    return typical(lambda: pickle.loads(pickled))  # noqa: S301  pickled a line above
