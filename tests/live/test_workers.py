"""Worker processes, real ones: what hangs, dies or eats memory is ended, and the next task works."""

import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pebble import ProcessExpired

from controller.live.workers import ONE_THREAD, Workers

PATIENCE = timedelta(seconds=5)  # a process starts in one on a busy machine
MEBIBYTE = 2**20


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(1, PATIENCE, memory_bytes=256 * MEBIBYTE)
    yield workers
    await workers.stop()


def double(number: int) -> int:
    return 2 * number


def hang() -> None:
    time.sleep(3600)


def die() -> None:
    os.abort()


def eat(mebibytes: int) -> int:
    return len(bytearray(mebibytes * MEBIBYTE))


def refuse() -> None:
    raise ValueError("a sentence")


def threads() -> dict[str, str]:
    return {name: os.environ[name] for name in ONE_THREAD}


async def test_a_task_runs_elsewhere_and_its_result_comes_back(workers: Workers) -> None:
    assert await workers.run(double, 21) == 42
    assert await workers.run(os.getpid) != os.getpid()


async def test_what_a_task_raises_is_raised(workers: Workers) -> None:
    with pytest.raises(ValueError, match="a sentence"):
        await workers.run(refuse)


async def test_a_task_that_hangs_is_ended_and_the_next_one_works() -> None:
    workers = Workers(1, timedelta(seconds=0.5))
    with pytest.raises(TimeoutError):
        await workers.run(hang)

    assert await workers.run(double, 2) == 4
    await workers.stop()


async def test_a_worker_that_dies_is_replaced(workers: Workers) -> None:
    with pytest.raises(ProcessExpired):
        await workers.run(die)

    assert await workers.run(double, 3) == 6


async def test_a_task_that_eats_memory_is_refused_it(workers: Workers) -> None:
    with pytest.raises(MemoryError):
        await workers.run(eat, 1024)

    assert await workers.run(eat, 16) == 16 * MEBIBYTE


async def test_a_worker_has_one_thread_for_its_sums(workers: Workers) -> None:
    assert await workers.run(threads) == ONE_THREAD


async def test_workers_that_had_nothing_to_do_stop_all_the_same() -> None:
    workers = Workers(2, PATIENCE)

    await workers.stop()

    with pytest.raises(RuntimeError):
        await workers.run(double, 1)
