"""The doors of the cycle, opened onto the pretend workload: its signals are read here, and decisions reach it here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory, ScalingPolicyStatus
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.scaling.observation import Pod, Reading, Scale, Target
from controller.scaling.publishing.patch import Patch
from controller.simulation.pods import Pod as PretendPod
from controller.simulation.signals import Instrument, presets_of
from controller.simulation.world import PretendWorkload


class PretendDoors:
    """Telemetry and Cluster at once, for one policy on one workload.

    The policy acts whatever its mode says, and without its pause and pin: a replay shows what it would do, and these
    speak of today. Of its status it keeps what was learned of capacity. Raises InputRefused for a signal that the world
    cannot measure.
    """

    def __init__(self, workload: PretendWorkload, policy: ScalingPolicy) -> None:
        spec = policy.spec.model_copy(update={"mode": Mode.ACTIVE, "pause": None, "pin": None})
        known = Memory(capacities=policy.status.memory.capacities)
        self.policy = policy.model_copy(update={"spec": spec, "status": ScalingPolicyStatus(memory=known)})
        self.instruments = {name: Instrument(preset, workload) for name, preset in presets_of(policy).items()}
        self._workload = workload
        self._load_signals = {signal.name for signal in policy.spec.load_signals}

    @property
    def now(self) -> datetime:
        """The time of the world."""
        return self._workload.now

    async def read(
        self,
        policies: Sequence[ScalingPolicy],
        now: datetime,  # noqa: ARG002  the world has its own time
    ) -> Mapping[ObjectKey, Mapping[str, Reading]]:
        """Return the metrics that have arrived."""
        readings = {name: self._reading(name) for name in self.instruments}
        return {policy.key: readings for policy in policies}

    def _reading(self, name: str) -> Reading:
        instrument = self.instruments[name]
        recent = instrument.recent() if name in self._load_signals else None
        return Reading(instrument.value(), instrument.valid_at, instrument.problem, recent)

    async def observe(
        self,
        policies: Sequence[ScalingPolicy],
        now: datetime,  # noqa: ARG002  the world has its own time
    ) -> Mapping[ObjectKey, Target]:
        """Return the pods as they are."""
        pods = self._workload.pods
        scale = Scale(
            spec_replicas=pods.wanted,
            ready_replicas=pods.ready(self._workload.seconds),
            pods=tuple(self._pod(pod) for pod in pods.young),
            rolling_out=pods.rolling,
            revision=pods.template.revision,
        )
        target = Target(scale)
        return {policy.key: target for policy in policies}

    def _pod(self, pod: PretendPod) -> Pod:
        start = self._workload.demand.start
        is_ready = pod.ready <= self._workload.seconds
        return Pod(
            name=f"{self.policy.spec.scale_target_ref.name}-{pod.number}",
            created_at=start + timedelta(seconds=pod.created),
            ready_at=start + timedelta(seconds=pod.ready) if is_ready else None,
        )

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Carry out what was decided, at once."""
        for patch in patches:
            if patch.status is not None:
                self.policy = self.policy.model_copy(update={"status": patch.status})
            if patch.scale is not None:
                self._workload.resize(patch.scale.to_replicas)
