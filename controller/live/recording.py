"""Recording: one line of JSON a decision, in a file a day; scaling/publishing/record.py says what it holds."""

import json
from pathlib import Path

from controller.scaling.decision import Decision
from controller.scaling.publishing.record import record_of


class Recorder:
    """Appends decisions to `DIR/YYYY-MM-DD.jsonl` in a directory that exists; OSError where it cannot be written."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, decisions: tuple[Decision, ...]) -> None:
        """Append one line for each decision."""
        for decision in decisions:
            path = self._directory / f"{decision.at:%Y-%m-%d}.jsonl"
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record_of(decision), separators=(",", ":"), allow_nan=False) + "\n")
