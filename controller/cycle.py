"""One cycle: observe, evaluate, apply, for a batch of policies. The live operator and the simulator call this same one.

The two doors it needs are the protocols here. What a decision is lives in scaling/; which policies take part, and
when, is the caller's business.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Memory, ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.observation import Observation, Outlook, Reading, Target
from controller.scaling.patch import Patch
from forecasting import FittedForecast


class Telemetry(Protocol):
    """Where signals come from."""

    async def read(
        self, policies: Sequence[ScalingPolicy], now: datetime
    ) -> Mapping[ObjectKey, Mapping[str, Reading]]:
        """Return one reading for every signal of every policy; a signal without an answer is a reading with a problem."""
        ...


class Cluster(Protocol):
    """Where targets are, and where decisions go."""

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        """Return the target of every policy, or what stands in the way."""
        ...

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Write each patch: status, then scale, then event. What fails is reported by the door and tried again later."""
        ...
