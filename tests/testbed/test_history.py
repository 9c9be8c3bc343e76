"""Made history: shapes, counters, and the text promtool reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from testbed.history import counter, daily_spike, gauge, sample_times, write_openmetrics

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_times_are_a_step_apart_and_end_at_the_end() -> None:
    times = sample_times(NOON, HOUR, MINUTE)

    assert (len(times), times[-1], set(np.diff(times))) == (60, NOON.timestamp(), {60})


def test_the_spike_comes_every_day_at_its_time() -> None:
    times = sample_times(NOON, timedelta(days=3), HOUR)

    rates = daily_spike(times, base=10, peak=100, begins=NOON + timedelta(hours=3), lasts=timedelta(hours=2))

    high = [datetime.fromtimestamp(time, UTC).hour for time in times[rates == 100].tolist()]
    assert high == [15, 16] * 3
    assert set(rates) == {10, 100}


def test_a_counter_rises_by_its_rate() -> None:
    times = sample_times(NOON, 3 * MINUTE, MINUTE)

    rising = counter("requests_total", {}, times, np.array([5.0, 1.0, 2.0]))

    assert rising.values.tolist() == [0, 60, 180]


def test_the_text_keeps_series_of_one_name_together_and_escapes_labels(tmp_path: Path) -> None:
    times = np.array([1, 2], dtype=np.int64)
    series = [
        gauge("b", {"path": 'a"\\\n'}, times, np.array([0.5, 1.0])),
        gauge("a", {}, times, np.array([3.0, 4.0])),
        gauge("b", {}, times[:1], np.array([7.0])),
    ]

    write_openmetrics(tmp_path / "text", series)

    assert (tmp_path / "text").read_text(encoding="utf-8").splitlines() == [
        "a{} 3.0 1",
        "a{} 4.0 2",
        r'b{path="a\"\\\n"} 0.5 1',
        r'b{path="a\"\\\n"} 1.0 2',
        "b{} 7.0 1",
        "# EOF",
    ]
