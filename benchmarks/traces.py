"""The recorded traces in data/, and who may see how much of them.

Parameters are chosen on `first_part`, which leaves the last 40 % of a trace in the file. `judged` gives all of it to
what measures a finished engine; tests/benchmarks/test_split.py names the few files that may ask for it. What the traces
are, and on what terms, is said in data/README.md.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from controller.simulation.traces import read_trace
from forecasting import Series
from forecasting.series import Values

TRACES: Mapping[str, str] = {
    "wc98": "wc98_requests_1min",
    "ecommerce": "ms_ecommerce_api_1h",
    "mongo02": "ms_mongo02_1min",
    "mongo03": "ms_mongo03_1min",
    "mongo_machine": "ms_mongo_machine_1min",
    "ingress03": "ms_ingress03_1min",
    "ingress04": "ms_ingress04_1min",
    "purchase": "ms_purchase03_1h",
    "nyc_taxi": "nyc_taxi_30min",
    "tweets_aapl": "tweets_aapl_5min",
    "tweets_crm": "tweets_crm_5min",
    "tweets_cvs": "tweets_cvs_5min",
    "tweets_goog": "tweets_goog_5min",
    "tweets_ibm": "tweets_ibm_5min",
    "bike_rentals": "bike_rentals_1h",
    "vic_electricity": "vic_electricity_30min",
    "google_cpu": "google2019_cpu_5min",
}
FIRST_PERCENT = 60
M4_HORIZON = 48  # hours that M4 asks for
FINEST_STEP = timedelta(minutes=5)  # what the operator keeps; finer traces are averaged

_DATA = Path(__file__).parent / "data"
_M4 = "m4_hourly_odd"


@dataclass(frozen=True, eq=False)
class Competition:
    """A series of M4: what may be learned from, and the 48 hours to be forecast."""

    name: str
    past: Values
    truth: Values


def first_part(name: str) -> Series:
    """Return the first 60 % of a trace, which is all that parameters may be chosen on."""
    rows = sum(1 for _ in _rows(name))
    return _series(islice(_rows(name), rows * FIRST_PERCENT // 100))


def judged(name: str) -> Series:
    """Return a whole trace at the steps that the operator keeps, for what judges and chooses nothing."""
    return _series(_rows(name))


def recorded(name: str) -> Series:
    """Return a whole trace as it was recorded, however fine, for replays that judge and choose nothing."""
    return read_trace(_DATA / f"{TRACES[name]}.csv.gz")


def m4_first_part() -> list[Competition]:
    """Return the first 60 % of each training part of M4, its last 48 hours to be forecast."""
    kept = ((name, train[: len(train) * FIRST_PERCENT // 100]) for name, train, _ in _m4())
    return [Competition(name, part[:-M4_HORIZON], part[-M4_HORIZON:]) for name, part in kept]


def m4_judged() -> list[Competition]:
    """Return M4 as it was set: all of each training part, and the test part to be forecast."""
    return [Competition(name, train, test) for name, train, test in _m4()]


def _rows(name: str) -> Iterator[tuple[str, float]]:
    """Yield time and value of a trace, NaN where a sample is missing."""
    with gzip.open(_DATA / f"{TRACES[name]}.csv.gz", "rt", encoding="ascii") as lines:
        for row in csv.DictReader(lines):
            yield row["timestamp"], float(row["value"] or "nan")


def _series(rows: Iterator[tuple[str, float]]) -> Series:
    times, values = zip(*rows, strict=True)
    start, second = (datetime.fromisoformat(time) for time in times[:2])
    series = Series(start, second - start, np.array(values))
    return series.at_step(max(series.step, FINEST_STEP))


def _m4() -> Iterator[tuple[str, Values, Values]]:
    """Yield name, training part and test part of each series."""
    parts: dict[str, dict[str, list[float]]] = defaultdict(lambda: {"train": [], "test": []})
    with gzip.open(_DATA / f"{_M4}.csv.gz", "rt", encoding="ascii") as lines:
        for row in csv.DictReader(lines):
            parts[row["id"]][row["split"]].append(float(row["value"]))
    for name, part in parts.items():
        yield name, np.array(part["train"]), np.array(part["test"])
