"""Histories to scan: here those of trace files; a Prometheus has its own file, surveys.py.

One that cannot be had is a sentence that says why, and keeps nobody from the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from controller.errors import InputRefused
from controller.simulation.traces import read_trace
from forecasting import Series

SUFFIXES = (".csv", ".csv.gz")
History = tuple[str, Series | str]
"""A name, and what is known of it or why nothing is."""


@dataclass(frozen=True, slots=True)
class Histories:
    """So many histories, read one after the other as they are asked for."""

    total: int
    each: Iterator[History]


def from_files(paths: Sequence[Path], span: timedelta) -> Histories:
    """Return the last `span` of all traces in these files and folders; raise InputRefused on a folder without one.

    Those of a single folder go by their own names, those of several by their paths.
    """
    files = [file for path in paths for file in traces_in(path)]
    alone = len(paths) == 1
    return Histories(len(files), ((file.name if alone else str(file), _read(file, span)) for file in files))


def traces_in(path: Path) -> list[Path]:
    """Return the traces of a folder, sorted; a file is itself."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.is_file() and file.name.endswith(SUFFIXES))
    if not found:
        raise InputRefused(f"{path} holds no trace: put files named *.csv or *.csv.gz into it, or name another folder")
    return found


def _read(file: Path, span: timedelta) -> Series | str:
    try:
        trace = read_trace(file)
    except InputRefused as problem:
        return str(problem)
    return trace.between(trace.end - span, trace.end)
