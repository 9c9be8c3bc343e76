"""The runway on a policy: a condition, and an event, weeks before a limit is not enough.

An outlook is made anew every day, and its dates move a little each time. What is told stays until they really move.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from controller.api.capacity_outlook import LimitKind, Runway
from controller.api.metadata import ConditionStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.reasons import Reason

CONDITION = "CapacityRunway"
WARNED_AHEAD = timedelta(days=30)  # time to find capacity, or to agree that more of it is wanted
CALM = timedelta(days=37)  # a warning is over when the limit lasts a week longer: it comes and goes with no sample
SAME = timedelta(days=2)  # a date that moved by less says the same
TOLD: Mapping[LimitKind, str] = {
    "MaxReplicas": "maxReplicas ({0.replicas})",
    "Budget": "the {0.replicas} replicas that {0.source} pays for",
    "ResourceQuota": "the {0.replicas} replicas that {0.source} has room for",
}
REASONS: Mapping[LimitKind, Reason] = {
    "MaxReplicas": Reason.MAX_REPLICAS_SOON,
    "Budget": Reason.BUDGET_SOON,
    "ResourceQuota": Reason.RESOURCE_QUOTA_SOON,
}


def settled(before: Runway | None, now: Runway | None) -> Runway | None:
    """Return what is told of the runway: as before where nothing is known now, or nothing moved by over two days."""
    if before is None or now is None:
        return now or before
    moved = (before.limit, before.replicas) != (now.limit, now.replicas)
    same = _same(before.earliest, now.earliest) and _same(before.likely, now.likely)
    return before if same and not moved else now


def capacity_runway(runway: Runway | None, decision: Decision) -> tuple[bool, str, str] | None:
    """Return whether the limit that ends first is enough for the next 30 days; None without an outlook."""
    if runway is None:
        return None
    policy, now = decision.observation.policy, decision.observation.now
    warned = any(each.type == CONDITION and each.status is ConditionStatus.FALSE for each in policy.status.conditions)
    if is_short(runway, policy, now=now, ahead=CALM if warned else WARNED_AHEAD):
        return False, REASONS[runway.limit], f"{tell_runway(runway)}; {runway.basis}"
    if runway.earliest is None:
        return True, Reason.RUNWAY_ENOUGH, f"{tell_runway(runway)}; {runway.basis}"
    enough = f"no more than {_limit(runway)} may be needed before {runway.earliest} (95 % bound)"
    return True, Reason.RUNWAY_ENOUGH, f"{enough}; {runway.basis}"


def is_short(runway: Runway, policy: ScalingPolicy, *, now: datetime, ahead: timedelta = WARNED_AHEAD) -> bool:
    """Return whether a limit may not be enough on one of the next days, by the policy's clock."""
    today = now.astimezone(policy.spec.forecast.zone).date()
    return runway.earliest is not None and runway.earliest <= today + ahead


def tell_runway(runway: Runway) -> str:
    """Return from when on a limit may not be, and is likely not to be enough, or that it is."""
    if runway.earliest is None:
        return f"no more than {_limit(runway)} may be needed within 90 days (95 % bound)"
    likely = f"likely from {runway.likely} on" if runway.likely else "not likely within 90 days"
    return f"more than {_limit(runway)} may be needed from {runway.earliest} on (95 % bound), {likely} (median)"


def _limit(runway: Runway) -> str:
    return TOLD[runway.limit].format(runway)


def _same(before: date | None, now: date | None) -> bool:
    return before == now if before is None or now is None else abs(before - now) <= SAME
