"""Threads that work on jobs with a limit to how long anybody waits for them. Knows nothing of what the jobs are."""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Desk(Generic[Key, Result]):
    """One job for each key at a time, on a few threads."""

    def __init__(self, threads: int, patience: timedelta) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="prometheus")
        self._patience = patience.total_seconds()
        self._under_way: dict[Key, Future[Result]] = {}

    async def work(self, jobs: Mapping[Key, Callable[[], Result]]) -> list[tuple[Key, Result]]:
        """Start these jobs in their order and wait for them, up to the patience; return all that are done by now.

        What was late for an earlier call is among them, first. A key whose job is still under way gets no second one,
        and a job that no thread had time for is dropped. What a job raises is raised here.
        """
        results = self._collect()
        for key, job in jobs.items():
            if key not in self._under_way:
                self._under_way[key] = self._threads.submit(job)
        waited_for = [asyncio.wrap_future(future) for key, future in self._under_way.items() if key in jobs]
        if waited_for:
            _, late = await asyncio.wait(waited_for, timeout=self._patience)
            for future in [*self._under_way.values()]:
                future.cancel()  # of what a thread has begun, this does nothing
            for waiting in late:
                waiting.cancel()
        return results + self._collect()

    def close(self) -> None:
        """Drop what is waiting; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _collect(self) -> list[tuple[Key, Result]]:
        done = {key: future for key, future in self._under_way.items() if future.done()}
        for key in done:
            del self._under_way[key]
        return [(key, future.result()) for key, future in done.items() if not future.cancelled()]
