import csv
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.traces import TRACES, judged, m4_judged

DATA = Path(__file__).parents[2] / "benchmarks/data"
README = (DATA / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "step", "days"),
    [
        ("wc98", timedelta(minutes=5), 87),
        ("mongo02", timedelta(minutes=5), 11),
        ("tweets_goog", timedelta(minutes=5), 55),
        ("nyc_taxi", timedelta(minutes=30), 215),
        ("vic_electricity", timedelta(minutes=30), 1096),
        ("bike_rentals", timedelta(hours=1), 731),
    ],
)
def test_a_trace_has_the_step_and_the_span_that_it_should(name: str, step: timedelta, days: int) -> None:
    trace = judged(name)
    assert (trace.step, round((trace.end - trace.start) / timedelta(days=1))) == (step, days)


def test_a_missing_sample_stays_missing() -> None:
    assert int(np.isnan(judged("ecommerce").values).sum()) == 1


def test_minutes_become_means_of_five() -> None:
    assert judged("mongo02").values[0] == pytest.approx(np.mean([319.883, 319.017, 322.533, 321.367, 322.783]))


def test_m4_asks_for_48_hours_of_each_of_207_series() -> None:
    series = m4_judged()
    assert len(series) == 207
    assert {len(each.truth) for each in series} == {48}
    assert {len(each.past) for each in series} == {700, 960}
    assert all(int(each.name.removeprefix("H")) % 2 == 1 for each in series)


def test_every_recording_is_listed_and_every_listed_one_is_there() -> None:
    listed = set(re.findall(r"`(\w+_(?:1min|5min|30min|1h|odd))`", README))
    assert listed == {path.name.removesuffix(".csv.gz") for path in DATA.glob("*.csv.gz")}


def test_every_licence_named_is_there_and_none_is_there_unnamed() -> None:
    assert set(re.findall(r"LICENSES/([\w.-]*\w)", README)) == {path.name for path in (DATA / "LICENSES").iterdir()}


def test_every_labelled_window_is_of_a_recording() -> None:
    with (DATA / "events.csv").open(encoding="ascii") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["file"] for row in rows} <= set(TRACES.values())
    assert all(row["start"] <= row["end"] for row in rows)
