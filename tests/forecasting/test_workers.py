"""Worker processes, real ones: what hangs, dies or eats memory is ended, and the others go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from datetime import timedelta
from multiprocessing import active_children
from pathlib import Path

import pytest

from forecasting import ForecastingError
from forecasting.workers import WorkerDied, WorkerPool

PATIENCE = timedelta(seconds=30)  # a process starts in one on a busy machine
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, timeout=PATIENCE, memory_bytes=256 * MEBIBYTE) as pool:
        yield pool


class Fussy(Exception):
    """Cannot be made again from its arguments alone, as pickle does it."""

    def __init__(self, field: str, line: int) -> None:
        super().__init__(f"{field} in line {line}")


def double(number: int) -> int:
    return 2 * number


def hang(told: Path) -> None:
    told.write_text(str(os.getpid()), encoding="ascii")
    time.sleep(3600)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def eat(mebibytes: int) -> int:
    return len(bytearray(mebibytes * MEBIBYTE))


def refuse() -> None:
    raise ValueError("a sentence")


def be_fussy() -> None:
    raise Fussy("cpu", 7)


def make_a_function() -> Callable[[], int]:
    return lambda: 1


def give_up() -> None:
    raise TimeoutError("the server did not answer")


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def pid_in(told: Path) -> int:
    """Wait until a task that hangs has begun, and return its process."""
    while not (told.exists() and told.read_text(encoding="ascii")):
        time.sleep(0.01)
    return int(told.read_text(encoding="ascii"))


# ── What a task comes to ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_task_runs_elsewhere_and_its_result_comes_back(pool: WorkerPool) -> None:
    assert pool.submit(double, number=21).result() == 42
    assert pool.submit(os.getpid).result() != os.getpid()


def test_results_of_many_come_in_order(pool: WorkerPool) -> None:
    assert list(pool.map(double, range(5))) == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(
    ("task", "kind", "sentence"),
    [
        pytest.param(refuse, ValueError, "^a sentence$", id="what it raises"),
        pytest.param(give_up, TimeoutError, "^the server did not answer$", id="a timeout of its own"),
        pytest.param(be_fussy, RuntimeError, "^Fussy: cpu in line 7$", id="what cannot travel, as a sentence"),
        pytest.param(make_a_function, AttributeError, "local object", id="a result that cannot travel"),
        pytest.param(
            die, WorkerDied, r"its worker ended by signal 9 \(Killed\)", id="the signal that ended its worker"
        ),
        pytest.param(leave, WorkerDied, "its worker ended by exit code 3", id="the exit code of its worker"),
    ],
)
def test_a_task_that_fails_says_why_and_the_next_one_works(
    pool: WorkerPool, task: Callable[[], object], kind: type[Exception], sentence: str
) -> None:
    failing, next_one = pool.submit(task), pool.submit(double, 3)

    with pytest.raises(kind, match=sentence):
        failing.result()
    assert next_one.result() == 6


def test_a_task_that_cannot_travel_is_refused(pool: WorkerPool) -> None:
    with pytest.raises(AttributeError, match="local object"):
        pool.submit(make_a_function())


@pytest.mark.slow
def test_a_task_that_hangs_is_killed_and_the_next_one_works(tmp_path: Path) -> None:
    with WorkerPool(1, timeout=timedelta(seconds=5)) as pool:  # a worker that is new imports what its task needs
        hanging, next_one = pool.submit(hang, tmp_path / "pid"), pool.submit(double, 2)

        with pytest.raises(TimeoutError, match="not done within 5 s, so its worker was killed"):
            hanging.result()
        assert next_one.result() == 4
        assert not is_running(pid_in(tmp_path / "pid"))


def test_a_task_that_eats_memory_is_refused_it(pool: WorkerPool) -> None:
    with pytest.raises(MemoryError):
        pool.submit(eat, 1024).result()

    assert pool.submit(eat, 16).result() == 16 * MEBIBYTE


@pytest.mark.slow
def test_a_worker_that_dies_with_nothing_to_do_is_replaced(pool: WorkerPool) -> None:
    pid = pool.submit(os.getpid).result()
    os.kill(pid, signal.SIGKILL)

    # Sent before anybody noticed, it may be lost with the worker; it must say so then, and not hang.
    sent_at_once = [pool.submit(len, b"x" * MEBIBYTE) for _ in range(3)]
    wait(sent_at_once)

    assert {type(each.exception()) for each in sent_at_once} <= {WorkerDied, type(None)}
    assert pool.submit(double, 4).result() == 8


@pytest.mark.slow
def test_a_worker_is_replaced_after_so_many_tasks() -> None:
    with WorkerPool(1, timeout=PATIENCE, tasks_per_worker=2) as pool:
        pids = list(pool.map(_pid, range(4)))

    assert pids[0] == pids[1] != pids[2] == pids[3]


def _pid(_number: int) -> int:
    return os.getpid()


# ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
def test_a_running_task_can_be_cancelled(pool: WorkerPool, tmp_path: Path) -> None:
    hanging = pool.submit(hang, tmp_path / "pid")
    pid = pid_in(tmp_path / "pid")

    assert hanging.cancel()

    assert pool.submit(double, 5).result() == 10
    assert not is_running(pid)
    assert wait([hanging], timeout=0).done


def test_a_shutdown_waits_for_what_was_taken_and_leaves_nobody_behind() -> None:
    before = active_children()
    with WorkerPool(2, timeout=PATIENCE) as pool:
        pids = [pool.submit(os.getpid) for _ in range(6)]

    assert not [pid for pid in {each.result() for each in pids} if is_running(pid)]
    assert active_children() == before
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(double, 1)


def test_a_shutdown_that_cancels_ends_what_runs_and_what_waits(tmp_path: Path) -> None:
    pool = WorkerPool(1, timeout=PATIENCE)
    running, waiting = pool.submit(hang, tmp_path / "pid"), [pool.submit(double, number) for number in range(3)]
    pid = pid_in(tmp_path / "pid")

    pool.shutdown(cancel_futures=True)

    assert not is_running(pid)
    assert running.cancelled()
    assert all(each.cancelled() for each in waiting)
    with pytest.raises(CancelledError):
        running.result()


def test_a_shutdown_that_does_not_wait_still_lets_tasks_end() -> None:
    pool = WorkerPool(1, timeout=PATIENCE)
    taken = pool.submit(double, 8)

    pool.shutdown(wait=False)

    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(double, 1)
    assert taken.result() == 16
    pool.shutdown()


def test_a_shutdown_that_waits_for_ever_can_be_cut_short(tmp_path: Path) -> None:
    pool = WorkerPool(1, timeout=PATIENCE)
    hanging = pool.submit(hang, tmp_path / "pid")
    pid = pid_in(tmp_path / "pid")
    pool.shutdown(wait=False)

    pool.shutdown(cancel_futures=True)

    assert hanging.cancelled()
    assert not is_running(pid)


def test_workers_that_had_nothing_to_do_stop_all_the_same() -> None:
    pool = WorkerPool(2, timeout=PATIENCE)

    pool.shutdown()

    with pytest.raises(RuntimeError):
        pool.submit(double, 1)


@pytest.mark.parametrize(("count", "timeout"), [(0, PATIENCE), (1, timedelta(0))], ids=["no worker", "no time"])
def test_an_impossible_pool_is_refused(count: int, timeout: timedelta) -> None:
    with pytest.raises(ForecastingError, match="at least one worker and a positive timeout"):
        WorkerPool(count, timeout=timeout)


# ── Sums on one thread ───────────────────────────────────────────────────────────────────────────────────────────────
PROGRAM = """
import os
from datetime import timedelta

import numpy as np

from forecasting.workers import WorkerPool


def threads():
    side = np.ones((500, 500))
    return len(os.listdir("/proc/self/task")), float((side @ side)[0, 0])


if __name__ == "__main__":
    before = dict(os.environ)
    with WorkerPool(1, timeout=timedelta(seconds=60)) as pool:
        print(pool.submit(threads).result(), os.environ == before)
"""


@pytest.mark.slow
def test_a_worker_does_its_sums_on_one_thread_even_of_a_program_that_imports_numpy(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}

    result = subprocess.run(
        [sys.executable, program],
        env=free | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == "(1, 500.0) True\n"
