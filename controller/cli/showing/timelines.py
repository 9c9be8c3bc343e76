"""Timelines as CSV: one row a policy and tick, from which a stranger can recompute every measure."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from controller.errors import InputRefused
from controller.scaling.judging.timeline import COLUMNS, Timeline


def write_timelines(path: Path, timelines: Sequence[Timeline]) -> None:
    """Write the timelines one after the other. Raises InputRefused where the file cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["policy", "timestamp", *COLUMNS])
            for each in timelines:
                writer.writerows(_rows(each))
    except OSError as problem:
        raise InputRefused(f"--timeline {path} cannot be written: {problem}") from problem


def _rows(timeline: Timeline) -> Iterator[list[str]]:
    columns = zip(*(column.tolist() for column in timeline.columns.values()), strict=True)
    for tick, values in enumerate(columns):
        at = (timeline.start + tick * timeline.tick).astimezone(UTC)
        yield [timeline.policy, f"{at:%Y-%m-%dT%H:%M:%SZ}", *(f"{value:.8g}" for value in values)]
