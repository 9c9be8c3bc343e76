"""A part of a timeline is a timeline."""

from datetime import UTC, datetime, timedelta

import numpy as np

from controller.scaling.judging.timeline import COLUMNS, Note, Timeline

START = datetime(2026, 3, 2, tzinfo=UTC)
TICK = timedelta(seconds=15)


def test_a_part_holds_the_ticks_and_the_notes_of_its_time() -> None:
    columns = {name: np.arange(8.0) for name in (*COLUMNS, "late_share", "needed_replicas")}
    notes = tuple(Note(START + tick * TICK, tick, "Forecast", "") for tick in (0, 2, 4, 7))
    whole = Timeline(policy="ours", start=START, tick=TICK, objective_ms=250, notes=notes, **columns)

    part = whole.part(2, 5)

    assert (part.policy, part.start, len(part)) == ("ours", START + 2 * TICK, 3)
    assert all(column.tolist() == [2, 3, 4] for column in part.columns.values())
    assert [note.desired_replicas for note in part.notes] == [2, 4]
    assert whole.part(3).late_share.tolist() == [3, 4, 5, 6, 7]
