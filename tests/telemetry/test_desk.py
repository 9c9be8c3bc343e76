import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from controller.telemetry.desk import Desk

LONG = timedelta(seconds=30)
SHORT = timedelta(milliseconds=500)  # in which even a busy machine gets a quick job done


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set when the test is over, so that no thread waits longer."""
    event = threading.Event()
    yield event
    event.set()


async def test_all_jobs_are_done_when_they_are_quick() -> None:
    desk: Desk[str, int] = Desk(2, LONG)

    results = await desk.work({"a": lambda: 1, "b": lambda: 2, "c": lambda: 3})

    desk.close()
    assert dict(results) == {"a": 1, "b": 2, "c": 3}


async def test_nothing_to_do_is_done_at_once() -> None:
    desk: Desk[str, int] = Desk(1, LONG)

    assert await desk.work({}) == []
    desk.close()


async def test_a_job_that_is_late_is_handed_over_by_a_later_call(over: threading.Event) -> None:
    desk: Desk[str, int] = Desk(2, SHORT)
    first = await desk.work({"slow": lambda: 1 if over.wait() else 0, "quick": lambda: 2})
    (slow,) = desk._under_way.values()
    over.set()
    await asyncio.wrap_future(slow)

    second = await desk.work({"slow": lambda: 3})

    desk.close()
    assert first == [("quick", 2)]
    assert second == [("slow", 1), ("slow", 3)]


async def test_a_key_has_one_job_at_a_time(over: threading.Event) -> None:
    desk: Desk[str, int] = Desk(2, SHORT)
    begun: list[int] = []

    def job() -> int:
        begun.append(1)
        over.wait()
        return 1

    await desk.work({"slow": job})
    await desk.work({"slow": job})

    desk.close()
    assert begun == [1]


async def test_a_job_no_thread_had_time_for_is_dropped(over: threading.Event) -> None:
    desk: Desk[str, int] = Desk(1, SHORT)
    begun: list[int] = []

    def waiting() -> int:
        begun.append(1)
        return 2

    await desk.work({"slow": lambda: 1 if over.wait() else 0, "waiting": waiting})
    (slow,) = desk._under_way.values()
    over.set()
    await asyncio.wrap_future(slow)

    results = await desk.work({})

    desk.close()
    assert (results, begun) == ([("slow", 1)], [])


async def test_what_a_job_raises_is_raised() -> None:
    desk: Desk[str, float] = Desk(1, LONG)

    with pytest.raises(ZeroDivisionError):
        await desk.work({"a": lambda: 1 / 0})
    desk.close()
