import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.errors import InputRefused
from controller.simulation.traces import read_trace

GOOD = "timestamp,value\n2026-01-01T00:00:00Z,10\n2026-01-01T00:05:00Z,\n2026-01-01T00:10:00Z,12.5\n"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.csv"


def test_a_trace_is_read_as_a_series_with_its_gaps(trace: Path) -> None:
    trace.write_text(GOOD)
    series = read_trace(trace)
    assert (series.start, series.step) == (datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=5))
    np.testing.assert_array_equal(series.values, [10, np.nan, 12.5])


def test_a_compressed_trace_reads_like_a_plain_one(tmp_path: Path, trace: Path) -> None:
    trace.write_text(GOOD)
    compressed = tmp_path / "trace.csv.gz"
    compressed.write_bytes(gzip.compress(GOOD.encode()))
    assert read_trace(compressed) == read_trace(trace)


def test_a_time_with_an_offset_is_brought_to_utc(trace: Path) -> None:
    trace.write_text("timestamp,value\n2026-01-01T01:00:00+01:00,1\n2026-01-01T01:00:15+01:00,1\n")
    assert read_trace(trace).start == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("00:00:00Z,1;00:01:00Z,1;00:03:00Z,1", "line 4: 120 s after the line before, where the step is 60 s; sort"),
        ("00:00:00Z,1;00:02:00Z,1;00:01:00Z,1", "line 4: 2026-01-01T00:01:00Z is earlier than the line before"),
        ("00:00:00Z,1;00:00:00Z,1", "line 3: 2026-01-01T00:00:00Z repeats the time of the line before"),
        ("00:00:00Z,1;00:01:00Z,-3", "line 3: -3 is negative"),
        ("00:00:00Z,1;00:01:00Z,many", "line 3: 'many' is not a number"),
        ("00:00:00Z,1;00:01:00Z,nan", "line 3: 'nan' is not finite"),
        ("00:00:00Z,1;00:01:00Z,inf", "line 3: 'inf' is not finite"),
        ("00:00:00Z,1;00:01:00Z,1e101", "line 3: 1e101 is above 1e+100"),
        ("00:00:00,1;00:01:00,1", "line 2: '2026-01-01T00:00:00' has no time zone"),
        ("noon,1", "line 2: '2026-01-01Tnoon' is not an ISO 8601 time"),
        ("00:00:00Z,1,2", "line 2: expected two fields, timestamp,value, got 3"),
        ("00:00:00Z,1;00:00:10Z,1", "line 3: the step is 10 s; it must be from 15 s to 1 h and divide a day"),
        ("00:00:00Z,1;02:00:00Z,1", "line 3: the step is 7200 s"),
        ("00:00:00Z,1;00:07:00Z,1", "line 3: the step is 420 s"),
        ("00:00:00Z,1", "must have two samples at least, for its step; it has 1"),
    ],
)
def test_an_odd_row_is_refused_by_its_line(trace: Path, rows: str, sentence: str) -> None:
    lines = ["timestamp,value", *(f"2026-01-01T{row}" for row in rows.split(";"))]
    trace.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputRefused) as refused:
        read_trace(trace)
    assert sentence in str(refused.value)
    assert str(trace) in str(refused.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"time,value\n2026-01-01T00:00:00Z,1\n", "line 1: the header must be timestamp,value; it is 'time,value'"),
        (b"", "line 1: the header must be timestamp,value; the file is empty"),
        (b"timestamp,value\n0001-01-01T00:00:00+14:00,1\n", r"line 2: '0001-01-01T00:00:00\+14:00' is not an ISO 8601"),
        (b"timestamp,value\n\n", "line 2: expected two fields, timestamp,value, got 0"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(trace: Path, content: bytes, sentence: str) -> None:
    trace.write_bytes(content)
    with pytest.raises(InputRefused, match=sentence):
        read_trace(trace)


@pytest.mark.parametrize(
    "content", [b"no gzip at all", gzip.compress(GOOD.encode(), mtime=0)[:-12]], ids=["no gzip", "cut off"]
)
def test_a_broken_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "trace.csv.gz"
    archive.write_bytes(content)
    with pytest.raises(InputRefused, match="cannot be read"):
        read_trace(archive)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        read_trace(tmp_path / "nothing.csv")
