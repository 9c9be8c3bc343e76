"""History in memory-mapped files: a row for each signal, kept as a ring.

One file holds 5-minute means of 28 days, another hourly means of 65 weeks. Worker processes write and read them, the
controller never does: 10,000 rows are 308 and 417 MiB that only those who fit need. A file is sparse, so room for many
rows costs nothing. Whoever opens it checks it: a file of another version or size
is replaced, and a row whose checksum does not fit (its writer was killed, the machine lost power) is as if it were not
there. What a row does not know is NaN, never 0.
"""

import fcntl
import hashlib
import os
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from controller.telemetry.questions import Asked
from forecasting.outlook import LONGEST_DAYS
from forecasting.series import Series

STEP = timedelta(minutes=5)
KEPT_STEPS = timedelta(days=28) // STEP
CAPACITY = 32_768  # rows; three load signals for each of the 10,000 policies one controller is made for
ABANDONED_AFTER = timedelta(days=3)  # a row nobody brought up to date for so long may be taken by another

_HEADER = struct.Struct("<8sIIII")
_MAGIC, _VERSION = b"HEADROOM", 1
_ENTRY = np.dtype([("key", "S32"), ("first", "<i8"), ("last", "<i8"), ("checksum", "<u4"), ("used", "<u4")])

Steps = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ring:
    """What a row keeps: the last `kept` steps of this length, each counted from the epoch."""

    step: timedelta
    kept: int

    def number(self, time: datetime) -> int:
        """Return which step a time is in."""
        return int(time.timestamp() // self.step.total_seconds())

    def begin(self, number: int) -> datetime:
        """Return when a step begins."""
        return datetime.fromtimestamp(number * self.step.total_seconds(), UTC)


FIVE_MINUTES = Ring(STEP, KEPT_STEPS)
HOURS = Ring(timedelta(hours=1), LONGEST_DAYS * 24)


def step_number(time: datetime) -> int:
    """Return which step of five minutes, counted from the epoch, a time is in."""
    return FIVE_MINUTES.number(time)


def step_begin(number: int) -> datetime:
    """Return when a step of five minutes begins."""
    return FIVE_MINUTES.begin(number)


def row_key(asked: Asked) -> bytes:
    """Return the name of a signal's row: another selector, source or workload is another row."""
    question = f"{asked.question.source}\n{asked.question.selector.model_dump_json()}\n"
    workload = f"{asked.workload.namespace}\n{asked.workload.name}"
    return hashlib.blake2b((question + workload).encode(), digest_size=16).hexdigest().encode()


class HistoryFile:
    """The open file. Many processes may read and write it at a time; each call holds a lock for its own duration."""

    def __init__(self, path: Path, ring: Ring = FIVE_MINUTES, *, capacity: int = CAPACITY) -> None:
        """Open the file, making it or replacing what is not a whole one of this version; its folder must exist."""
        self._lock = path.with_name(f"{path.name}.lock").open("wb")
        self._ring = ring
        header = _HEADER.pack(_MAGIC, _VERSION, capacity, ring.kept, int(ring.step.total_seconds()))
        size = _HEADER.size + capacity * (_ENTRY.itemsize + ring.kept * np.dtype("<f4").itemsize)
        with self._locked(fcntl.LOCK_EX):
            if not _is_whole(path, header, size):
                _create(path, header, size)
            self._index = np.memmap(path, dtype=_ENTRY, mode="r+", offset=_HEADER.size, shape=(capacity,))
            rows_at = _HEADER.size + capacity * _ENTRY.itemsize
            self._rows = np.memmap(path, dtype="<f4", mode="r+", offset=rows_at, shape=(capacity, ring.kept))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        del self._index, self._rows
        self._lock.close()

    def last_steps(self, keys: Collection[bytes]) -> Mapping[bytes, int]:
        """Return the newest step of each of these rows that is there and can be trusted."""
        with self._locked(fcntl.LOCK_SH):
            slots = self._slots()
            found = {key: slots[key] for key in keys if key in slots}
            return {key: int(self._index["last"][slot]) for key, slot in found.items() if self._is_intact(slot)}

    def read(self, key: bytes) -> tuple[int, Steps] | None:
        """Return a row's first step and its values from there on; None where there is no row that can be trusted."""
        with self._locked(fcntl.LOCK_SH):
            slot = self._slots().get(key)
            if slot is None or not self._is_intact(slot):
                return None
            first, last = int(self._index["first"][slot]), int(self._index["last"][slot])
            return first, self._rows[slot][_positions(first, last, self._ring.kept)]

    def write(self, rows: Mapping[bytes, NDArray[np.floating]], first: int) -> list[bytes]:
        """Store values from a step on, over what is there; steps between a row's end and `first` become NaN.

        Returns the rows that are new and for which there was no room.
        """
        with self._locked(fcntl.LOCK_EX):
            slots = self._slots()
            ours = {slots[key] for key in rows if key in slots}
            room = (slot for slot in self._room(step=first) if slot not in ours)
            refused = []
            for key, values in rows.items():
                slot = slots[key] if key in slots else next(room, None)
                if slot is None:
                    refused.append(key)
                else:
                    self._store(slot, key, _Row.of(first, values, kept=self._ring.kept))
            return refused

    def _store(self, slot: int, key: bytes, new: "_Row") -> None:
        known = _Row(int(self._index["first"][slot]), int(self._index["last"][slot]), self._rows[slot].copy())
        is_ours = bytes(self._index["key"][slot]) == key
        row = new.over(known) if is_ours and self._is_intact(slot) else new
        self._rows[slot] = row.ring
        self._index[slot] = (key, row.first, row.last, zlib.crc32(row.ring.tobytes()), 1)

    def _slots(self) -> dict[bytes, int]:
        used = np.flatnonzero(self._index["used"])
        return dict(zip(self._index["key"][used].tolist(), used.tolist(), strict=True))

    def _room(self, *, step: int) -> Iterator[int]:
        """Yield slots for new rows: those never used, then those whose signal seems to be gone."""
        yield from np.flatnonzero(self._index["used"] == 0).tolist()
        yield from np.flatnonzero(self._index["last"] < step - ABANDONED_AFTER // self._ring.step).tolist()

    def _is_intact(self, slot: int) -> bool:
        return (
            bool(self._index["used"][slot]) and zlib.crc32(self._rows[slot].tobytes()) == self._index["checksum"][slot]
        )

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        fcntl.flock(self._lock, kind)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)


@dataclass(frozen=True)
class _Row:
    """Steps `first` to `last`, each at its own place in the ring."""

    first: int
    last: int
    ring: Steps

    @classmethod
    def of(cls, first: int, values: NDArray[np.floating], *, kept: int) -> Self:
        """Return the newest of these values; what float32 cannot hold is not known."""
        with np.errstate(over="ignore"):
            newest = values[-kept:].astype(np.float32)
        last = first + len(values) - 1
        first = last - len(newest) + 1
        ring = np.full(kept, np.nan, dtype=np.float32)
        ring[_positions(first, last, kept)] = np.where(np.isfinite(newest), newest, np.nan)
        return cls(first, last, ring)

    def over(self, known: Self) -> Self:
        """Return this laid over what was known before."""
        last, kept = max(self.last, known.last), len(self.ring)
        oldest = last - kept + 1
        ring = np.full(kept, np.nan, dtype=np.float32)
        for row in (known, self):
            positions = _positions(max(row.first, oldest), row.last, kept)
            ring[positions] = row.ring[positions]
        return type(self)(max(min(self.first, known.first), oldest), last, ring)


def _positions(first: int, last: int, kept: int) -> NDArray[np.int64]:
    return np.arange(first, last + 1) % kept


def _is_whole(path: Path, header: bytes, size: int) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(header)) == header and os.fstat(file.fileno()).st_size == size
    except FileNotFoundError:
        return False


def _create(path: Path, header: bytes, size: int) -> None:
    """Make an empty file in one step: whoever has the old one open keeps the old one."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(header)
        file.truncate(size)
    fresh.replace(path)


def load_series(path: Path, asked: Asked, ring: Ring = FIVE_MINUTES) -> Series | None:
    """Return the history of a signal, from the first step that is known to the last asked for; None while empty."""
    with HistoryFile(path, ring) as file:
        row = file.read(row_key(asked))
    if row is None:
        return None
    first, values = row
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return None
    return Series(ring.begin(first + int(known[0])), ring.step, values[known[0] :].astype(np.float64))
