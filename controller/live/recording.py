"""Recording: one line of JSON a decision, in a file a day; scaling/publishing/record.py says what it holds.

Records of a thousand policies are 20 GB a day, so those of days gone by are deleted.
"""

import json
import re
from datetime import date, timedelta
from pathlib import Path

from controller.scaling.decision import Decision
from controller.scaling.publishing.record import record_of

_OURS = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")


class Recorder:
    """Appends decisions to `DIR/YYYY-MM-DD.jsonl` in a directory that exists, and keeps so many days of them.

    Raises OSError where the directory cannot be written.
    """

    def __init__(self, directory: Path, *, days: int) -> None:
        self._directory, self._kept = directory, timedelta(days=days)
        self._day: date | None = None

    def write(self, decisions: tuple[Decision, ...]) -> None:
        """Append one line for each decision; on a new day, delete the files of days that are no longer kept."""
        for decision in decisions:
            day = decision.at.date()
            with self._file(day).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record_of(decision), separators=(",", ":"), allow_nan=False) + "\n")
            if day != self._day:
                self._day = day
                self._forget_before(day - self._kept + timedelta(days=1))

    def _file(self, day: date) -> Path:
        return self._directory / f"{day}.jsonl"

    def _forget_before(self, day: date) -> None:
        """Delete older files that are named like ours: what else lies there is somebody's."""
        for path in self._directory.iterdir():
            if _OURS.fullmatch(path.name) and path.name < self._file(day).name:
                path.unlink()
