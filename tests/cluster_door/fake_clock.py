"""A clock that tests move: who sleeps on it finds that time has passed at once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.builders import NOON


@dataclass
class FakeClock:
    """Seconds since noon."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)
