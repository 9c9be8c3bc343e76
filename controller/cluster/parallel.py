"""Many calls at once, but not too many; each runs to its end whatever becomes of the others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 16  # what one client may ask of an API server that serves others too


async def in_parallel(items: Iterable[Item], act: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Return the results in the order of the items; errors are raised together, after everything has ended."""
    gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def gated(item: Item) -> Result:
        async with gate:
            return await act(item)

    results = await asyncio.gather(*(gated(item) for item in items), return_exceptions=True)
    errors = [result for result in results if isinstance(result, Exception)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(results)} calls failed in a way nobody expected", errors)
    return [result for result in results if not isinstance(result, BaseException)]
