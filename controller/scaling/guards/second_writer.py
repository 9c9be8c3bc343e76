"""Second writer: somebody else who goes on changing the number that a policy writes is named, and yielded to. Pure.

One change is a person's, and is decided upon like any other number. A second one soon after it, or one soon after the
number was taken up again, is a controller or a script: two that write one number fight for ever, so one must stop.
An HPA on the target is an obstacle of its own (cluster/ownership.py), found before it writes.
"""

from datetime import timedelta

from controller.api.policy_status import WriterMemory
from controller.scaling.observation import FIELD_MANAGER, Observation, Written

SOON = timedelta(minutes=2)  # who writes against us does so in every round of his own: a cron job's is a minute
QUIET = timedelta(minutes=10)  # and is gone when he has not for several rounds
LONGEST_NAME = 128  # what the API server lets a manager be called


def advance_writer(observation: Observation) -> WriterMemory | None:
    """Return what is known of others who write: whether one has, and whether the number is left to him."""
    known, now = observation.memory.writer, observation.now
    if not observation.may_act:
        return None
    scale = observation.scale
    by, at = (scale.written.by[:LONGEST_NAME], scale.written.at) if scale.written else ("", None)
    seen: dict[str, object] = {"replicas": scale.spec_replicas, "written_by": by, "written_at": at}
    if known is None:
        return WriterMemory(replicas=scale.spec_replicas, written_by=by, written_at=at)
    if _somebody_else_wrote(known, observation):
        yields = known.yielded_since is not None or _is_soon(known, observation)
        since = known.yielded_since or (now if yields else None)
        seen |= {"changed_by": by, "changed_at": now, "yielded_since": since}
    elif known.yielded_since and known.changed_at and now - known.changed_at >= QUIET:
        seen |= {"yielded_since": None, "resumed_at": now}
    news = any(getattr(known, name) != value for name, value in seen.items())
    return known.model_copy(update=seen) if news else known


def writer_after(observation: Observation, desired: int) -> WriterMemory | None:
    """Return the same after deciding: what is written now stands until somebody else writes."""
    writer = observation.memory.writer
    if writer is None or not observation.acts or writer.replicas == desired:
        return writer
    return writer.model_copy(update={"replicas": desired})


def second_writer_message(observation: Observation) -> str:
    """Return who is yielded to, and until when; empty where nobody is."""
    writer = observation.memory.writer
    if writer is None or writer.yielded_since is None or writer.changed_at is None:
        return ""
    ref, hpa = observation.policy.spec.scale_target_ref, observation.scale.hpa
    number = f"minReplicas of HPA {hpa.name}" if hpa else f"the replicas of {ref.kind} {ref.name}"
    minutes = QUIET // timedelta(minutes=1)
    return (
        f"{writer.changed_by or 'somebody else'} goes on changing {number}, last at "
        f"{writer.changed_at:%H:%M:%S} UTC; nothing is written until nobody else has for {minutes} minutes"
    )


def _somebody_else_wrote(known: WriterMemory, observation: Observation) -> bool:
    """Tell whether the number is another than what stood or was asked for, by somebody else's hand."""
    scale = observation.scale
    if scale.spec_replicas == known.replicas:
        return False
    if scale.written is None:  # then a wish of ours that was not carried out looks like one that was set back
        changes = observation.memory.changes
        return not changes or scale.spec_replicas != changes[-1].from_replicas
    return scale.written.by != FIELD_MANAGER and scale.written != Written(known.written_by, known.written_at)


def _is_soon(known: WriterMemory, observation: Observation) -> bool:
    """Tell whether another change, or taking the number up again, is not long ago."""
    times = [at for at in (known.changed_at, known.resumed_at) if at is not None]
    return any(observation.now - at <= SOON for at in times)
