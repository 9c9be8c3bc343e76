"""Files of decisions, a line of JSON each: as a backtest writes them, or `headroom run --record`, a file a day.

What a line holds is scaling/publishing/record.py's business; read here is what explains a decision.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO, cast

from pydantic import AliasPath, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from controller.api.refusal import explain
from controller.cli.showing.outputs import iso
from controller.errors import InputRefused, unreadable
from controller.scaling.decision import Decision
from controller.scaling.publishing.record import record_of

SUFFIXES = (".jsonl", ".jsonl.gz")


class _Line(BaseModel):
    """A part of a line, of which nothing else is asked."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Voice(_Line):
    """What one voice proposed, or why it stayed silent (`replicas` is None)."""

    reason: str
    source: str
    replicas: int | None
    message: str


class Limit(_Line):
    """A limit that changed the number."""

    reason: str
    before: int
    after: int
    message: str


class Told(_Line):
    """A decision as it was recorded; `line` is all of the record."""

    line: str
    at: AwareDatetime
    policy: str
    current_replicas: Annotated[int, Field(validation_alias=AliasPath("observation", "scale", "specReplicas"))]
    candidates: tuple[Voice, ...]
    recommended_replicas: int
    limiters: tuple[Limit, ...]
    desired_replicas: int
    reason: str

    @property
    def winner(self) -> Voice | None:
        """The first voice that proposed what was recommended; None where no voice did."""
        return next((each for each in self.candidates if each.replicas == self.recommended_replicas), None)


@contextmanager
def decision_log(path: Path) -> Iterator[Callable[[Decision], None]]:
    """Open a file (`.gz` where the name ends so) to which each decision handed over is appended as a line."""
    try:
        with _create(path) as file:

            def write(decision: Decision) -> None:
                file.write(json.dumps(record_of(decision), separators=(",", ":"), allow_nan=False) + "\n")

            yield write
    except OSError as problem:
        raise InputRefused(f"--decisions {path} cannot be written: {problem}") from problem


def find_decision(path: Path, *, at: datetime | None, policy: str | None) -> Told:
    """Return the last decision up to a time that a file or folder holds, of a policy by name or NAMESPACE/NAME.

    Raises InputRefused where there is none, where no policy is named and there are several, or on a line that is none.
    """
    found = _last_of_each(_told(path), at)
    named = [told for key, told in found.items() if policy in (None, key, key.partition("/")[2])]
    if not named:
        moment = f" up to {iso(at)}" if at else ""
        of_whom = f" of {policy}" if policy else ""
        begin = next((f"; its first is of {iso(told.at)}" for told in _told(path)), "")
        known = f"; it has: {', '.join(found)}" if found else begin
        raise InputRefused(f"{path} holds no decision{of_whom}{moment}{known}")
    if len(named) > 1:
        raise InputRefused(f"{path} holds decisions of several policies; name one: {', '.join(found)}")
    return named[0]


def _last_of_each(decisions: Iterator[Told], at: datetime | None) -> dict[str, Told]:
    """Return the last decision of each policy up to a time; decisions come in the order of time."""
    last: dict[str, Told] = {}
    for told in decisions:
        if at is not None and told.at > at:
            break
        last[told.policy] = told
    return last


def _told(path: Path) -> Iterator[Told]:
    for file in _files(path):
        try:
            with _open(file) as lines:
                for number, line in enumerate(lines, start=1):
                    yield _parse(line, f"{file}, line {number}")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
            raise unreadable(file, problem) from problem


def _files(path: Path) -> Sequence[Path]:
    """Return the records of a folder in the order of their days; a file is itself."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES))
    if not found:
        raise InputRefused(f"{path} holds no record: `headroom run --record` leaves files named YYYY-MM-DD.jsonl")
    return found


def _parse(line: str, where: str) -> Told:
    try:
        return Told.model_validate({"line": line, **_object(line)})
    except ValidationError as problem:
        raise InputRefused(f"{where} is not a recorded decision: {explain(problem)}") from problem
    except json.JSONDecodeError as problem:
        raise InputRefused(f"{where} is not a recorded decision: it is not JSON") from problem
    except ValueError as problem:
        raise InputRefused(f"{where} is not a recorded decision: {problem}") from problem


def _object(line: str) -> dict[str, object]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("it is JSON, but no object")  # noqa: TRY004  what is wrong is what a person wrote
    return found


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")


def _create(path: Path) -> TextIO:
    """Open a file for writing; a compressed one without the time, so that the same backtest writes the same bytes."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.GzipFile(path, "wb", mtime=0), encoding="utf-8")
    return path.open("w", encoding="utf-8")
