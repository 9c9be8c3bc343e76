from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from controller.telemetry.chunks import MAX_POINTS, MAX_SAMPLES, MAX_SPAN, cut
from controller.telemetry.compiler import Workload
from controller.telemetry.history import HOURS, KEPT_STEPS, STEP, step_begin

PROMETHEUS_POINTS = 11_000
BODY_CAP = 16 * 2**20
BYTES_A_SAMPLE = 40


@given(workloads=st.integers(0, 500), first=st.integers(0, 10**7), steps=st.integers(0, 3 * KEPT_STEPS))
def test_chunks_cover_every_workload_and_step_once(workloads: int, first: int, steps: int) -> None:
    asked = [Workload("shop", str(number)) for number in range(workloads)]

    chunks = list(cut(asked, first, first + steps))

    assert sum(len(chunk.workloads) * chunk.grid.count for chunk in chunks) == workloads * steps
    assert {workload for chunk in chunks for workload in chunk.workloads} == set(asked if steps else [])


@given(workloads=st.integers(1, 500), steps=st.integers(1, 3 * KEPT_STEPS))
def test_no_chunk_asks_for_more_than_a_store_answers(workloads: int, steps: int) -> None:
    asked = [Workload("shop", str(number)) for number in range(workloads)]

    for chunk in cut(asked, 0, steps):
        assert chunk.grid.count <= MAX_POINTS < PROMETHEUS_POINTS
        assert chunk.grid.last - chunk.grid.first <= MAX_SPAN < timedelta(days=31)
        assert len(chunk.workloads) * chunk.grid.count <= MAX_SAMPLES


def test_the_largest_answer_fits_the_body_cap_with_room_to_spare() -> None:
    assert MAX_SAMPLES * BYTES_A_SAMPLE * 4 <= BODY_CAP


def test_times_are_the_ends_of_steps_so_that_a_value_is_about_the_step_before() -> None:
    (chunk,) = cut([Workload("shop", "web")], 100, 103)

    assert (chunk.first_step, chunk.grid.first, chunk.grid.last) == (100, step_begin(101), step_begin(103))
    assert chunk.grid.step == STEP


def test_a_row_of_28_days_is_one_query_for_several_workloads() -> None:
    chunks = list(cut([Workload("shop", str(number)) for number in range(12)], 0, KEPT_STEPS))

    assert [len(chunk.workloads) for chunk in chunks] == [12]


def test_a_year_of_hours_is_cut_into_months() -> None:
    chunks = list(cut([Workload("shop", "web")], 0, HOURS.kept, ring=HOURS))

    assert {chunk.grid.step for chunk in chunks} == {timedelta(hours=1)}
    assert max(chunk.grid.last - chunk.grid.first for chunk in chunks) < MAX_SPAN
    assert sum(chunk.grid.count for chunk in chunks) == HOURS.kept
