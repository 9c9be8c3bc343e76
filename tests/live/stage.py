"""A stage: objects that a mirror shows, and both doors of a sweep as one plain object. What is written shows again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import Readings
from controller.live.mirror import POLICIES, Mirror, parse_object
from controller.live.recording import Recorder
from controller.live.source_status import SourceStatus
from controller.live.sweep import Sweep
from controller.scaling.observation import Freeze, Reading, Scale, Target
from controller.scaling.publishing.patch import Patch, dump
from controller.telemetry.exporter import Exporter
from tests.builders import a_reading

TEN_READY = Target(Scale(10, 10))


@dataclass
class Stage:
    """The world of a sweep. `failures` are raised by the next reads, one each.

    A policy named in `forgotten` gets no readings: a promise broken by a defect of ours.
    """

    mirror: Mirror = field(default_factory=Mirror)
    readings: Mapping[str, Reading] = field(default_factory=lambda: {"requests": a_reading(70)})
    target: Target = TEN_READY
    failures: list[Exception] = field(default_factory=list)
    forgotten: str = ""
    leads: bool = True
    freeze: Freeze | None = None
    floor_is_stuck: bool = False
    given_back: list[list[str]] = field(default_factory=list)
    written: list[Patch] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    version: int = 0
    raws: dict[ObjectKey, dict[str, Any]] = field(default_factory=dict)

    def put(self, *raws: dict[str, Any]) -> None:
        """Let the watches show these objects, each in a new version."""
        for raw in raws:
            self.version += 1
            stamped = raw | {"metadata": raw["metadata"] | {"resourceVersion": str(self.version)}}
            key, seen = parse_object(raw["kind"], stamped)
            self.mirror.show(raw["kind"], key, seen)
            if raw["kind"] == POLICIES:
                self.raws[key] = stamped

    def sweep(self, *, recorder: Recorder | None = None, source_status: SourceStatus | None = None) -> Sweep:
        """Return a sweep between these doors."""
        return Sweep(
            self.mirror,
            self,
            self,
            Exporter(),
            may_act=lambda: self.leads,
            recorder=recorder,
            source_status=source_status,
            read_freeze=self.read_freeze,
            give_back_floors=self.give_back_floors,
        )

    def said(self, name: str) -> list[Any]:
        """Return the reasons that the status of a policy was given, in their order."""
        return [patch.status.reason for patch in self.written if patch.policy.name == name and patch.status]

    async def give_back_floors(self, unreadable: Collection[ObjectKey]) -> Sequence[str]:
        self.given_back.append([key.name for key in unreadable])
        return ["the API server is away"] if self.floor_is_stuck else []

    async def read_freeze(self) -> Freeze | None:
        return self.freeze

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Readings:
        del now
        self.asked.append([policy.key.name for policy in policies])
        if self.failures:
            raise self.failures.pop(0)
        return {policy.key: self.readings for policy in policies if policy.key.name != self.forgotten}

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        del now
        return {policy.key: self.target for policy in policies}

    async def apply(self, patches: Sequence[Patch]) -> None:
        self.written += patches
        self.put(*(self.raws[patch.policy] | {"status": dump(patch.status)} for patch in patches if patch.status))
