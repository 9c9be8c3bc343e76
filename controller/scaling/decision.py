"""Decision: what was decided for one policy, with every candidate, the winner, and every limit that changed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

NOBODY_ASKS = "no voice asks for more, and none knows that fewer are enough; the current replicas are held"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one voice proposes, or why it stays silent (`replicas` is None)."""

    reason: Reason
    source: str
    replicas: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Limiter:
    """A limit that changed the number."""

    reason: Reason
    before: int
    after: int
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Desired replicas before the limits: what each voice asked for, and who won.

    `forecast_replicas` is what the forecast asks for over the lead time, `needed_soon` over twice the lead time;
    both are None while no forecast may act.
    """

    recommended_replicas: int
    candidates: tuple[Candidate, ...]
    winner: Candidate | None
    forecast_replicas: int | None = None
    needed_soon: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A number on its way through the limits, and which of them changed it."""

    current: int
    replicas: int
    limiters: tuple[Limiter, ...] = ()

    def to(self, replicas: int, reason: Reason, message: str) -> Self:
        """Return the proposal moved to `replicas`, saying why; itself where nothing moves."""
        if replicas == self.replicas:
            return self
        limiter = Limiter(reason, self.replicas, replicas, message)
        return type(self)(self.current, replicas, (*self.limiters, limiter))

    def at_least(self, replicas: int, reason: Reason, message: str) -> Self:
        """Return the proposal raised to `replicas` where it is below."""
        return self.to(max(self.replicas, replicas), reason, message)

    def at_most(self, replicas: int, reason: Reason, message: str) -> Self:
        """Return the proposal lowered to `replicas` where it is above."""
        return self.to(min(self.replicas, replicas), reason, message)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision for one policy. `remembered` is what it began with, `memory` what the next one must remember."""

    policy: ObjectKey
    at: datetime
    observation: Observation
    plan: Plan
    limiters: tuple[Limiter, ...]
    desired_replicas: int
    remembered: Memory
    memory: Memory

    @property
    def current_replicas(self) -> int:
        """Replicas the target asked for when this was decided."""
        return self.observation.scale.spec_replicas

    @property
    def recommended_replicas(self) -> int:
        """Replicas before the limits."""
        return self.plan.recommended_replicas

    @property
    def reason(self) -> Reason:
        """The last limit that changed the number, else the winning voice."""
        if self.limiters:
            return self.limiters[-1].reason
        return self.plan.winner.reason if self.plan.winner else Reason.NO_VOICE

    @property
    def message(self) -> str:
        """The same in one sentence, with figures."""
        if self.limiters:
            return self.limiters[-1].message
        return self.plan.winner.message if self.plan.winner else NOBODY_ASKS
