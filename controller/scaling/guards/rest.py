"""Rest at zero: no replicas while nobody asks and nobody is expected, and back before the first who is. Pure.

Only where `spec.scaleToZero` allows it. What we took to zero is remembered: a target that a person set to 0 stays off.
In doubt it stays awake: it goes to rest only behind an open gate, and a signal that is lost wakes it.
"""

from datetime import timedelta

from controller.api.policy_status import Memory, RestMemory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.health import Health, health, is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.lookahead import window
from controller.scaling.observation import Observation, Obstacle, Outlook, Scale
from controller.scaling.reasons import Reason

# Demand below this share of the busiest expected hour of a day is the forecast's own noise about an empty night: of a
# recorded trace whose nights are cut to nothing, the median of the night stays below 0.0004 of the day's.
NOTHING = 0.002
LEADS = 2  # who goes to rest for less than it takes to come back gains nothing
# Voices that this file hears by the forecast itself: what they say of measured demand, the live ratio says, too.
FORESEEN = (Reason.FORECAST, Reason.FAILOVER_RESERVE, Reason.ERROR_BUDGET_NEARLY_GONE)


def switched_off(policy: ScalingPolicy, scale: Scale, memory: Memory) -> Obstacle | None:
    """Return that somebody set 0 by hand, as with HPA; not where it was us."""
    ours = memory.rest is not None and memory.rest.zero_since is not None
    if scale.spec_replicas or (policy.spec.scale_to_zero and ours):
        return None
    ref = policy.spec.scale_target_ref
    return Obstacle(
        Reason.TARGET_OFF, f"{ref.kind} {ref.name} is set to 0 replicas: it stays off until somebody sets 1"
    )


def advance_rest(observation: Observation) -> RestMemory | None:
    """Return since when nobody has asked, and since when the target is at zero by our hand."""
    if observation.policy.spec.scale_to_zero is None:
        return None
    known = observation.memory.rest or RestMemory()
    idle_since = (known.idle_since or observation.now) if _is_idle(observation) else None
    zero_since = known.zero_since if observation.scale.spec_replicas == 0 else None
    return RestMemory(idle_since=idle_since, zero_since=zero_since)


def rest_after(observation: Observation, desired: int) -> RestMemory | None:
    """Return the same after deciding. Who was woken is not put to rest again before another idle time is over."""
    rest, current = observation.memory.rest, observation.scale.spec_replicas
    if rest is None or not observation.acts or (desired == 0) == (current == 0):
        return rest
    if desired == 0:
        return rest.model_copy(update={"zero_since": observation.now})
    return rest.model_copy(update={"idle_since": rest.idle_since and observation.now})


def rest_at_zero(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Ask for nothing where nobody asks or is expected; what its forecast still asks for then is its own noise."""
    if not may_rest(proposal, observation, plan):
        return proposal
    ahead = LEADS * lead_time(observation.policy, observation.memory)
    message = f"nobody asks, and nobody is expected within {ahead.total_seconds():.0f} s"
    return proposal.at_most(0, Reason.IDLE, message)


def may_rest(proposal: Proposal, observation: Observation, plan: Plan) -> bool:
    """Tell whether no replica is needed: nothing wakes it at zero, or it was idle at its minimum for long enough."""
    spec, rest = observation.policy.spec, observation.memory.rest
    asked = any(voice.replicas for voice in plan.candidates if voice.reason not in FORESEEN)
    if spec.scale_to_zero is None or rest is None or asked:
        return False
    if observation.scale.spec_replicas == 0:
        return not _is_woken(observation)
    is_small = max(proposal.replicas, proposal.current) <= spec.min_replicas
    idle_for = observation.now - rest.idle_since if rest.idle_since else timedelta(0)
    is_idle = rest.idle_since is not None and idle_for >= timedelta(seconds=spec.scale_to_zero.idle_seconds)
    return is_small and is_idle and _expects_nothing(observation)


def demand_signals(policy: ScalingPolicy) -> frozenset[str]:
    """Return the names of the signals that say whether somebody asks: loads and queues."""
    return frozenset(signal.name for signal in policy.spec.signals if signal.load or signal.queue)


def _is_idle(observation: Observation) -> bool:
    names, readings = demand_signals(observation.policy), observation.readings
    return all(is_fresh(readings, name, observation.now) and readings[name].value == 0 for name in names)


def _is_woken(observation: Observation) -> bool:
    """Tell whether somebody asks, is expected, or may be there unseen. A signal that is only late wakes nobody."""
    readings = [observation.readings.get(name) for name in demand_signals(observation.policy)]
    unseen = any(health(reading, observation.now) is Health.LOST for reading in readings)
    asked = any(reading is not None and reading.value for reading in readings)
    return unseen or asked or any(_is_expected(outlook, observation) for outlook in observation.outlooks.values())


def _expects_nothing(observation: Observation) -> bool:
    """Tell whether every load has an open forecast, and none expects anything."""
    outlooks = [observation.outlooks.get(signal.name) for signal in observation.policy.spec.load_signals]
    return all(outlook is not None and not _is_expected(outlook, observation) for outlook in outlooks)


def _is_expected(outlook: Outlook, observation: Observation) -> bool:
    """Tell whether demand is expected within twice the lead time; where the forecast may not say, it is."""
    ahead = LEADS * lead_time(observation.policy, observation.memory)
    expected = window(outlook.expected, observation.now, observation.now + ahead)
    busiest = float(outlook.usual.expected.values.max(initial=0.0))
    return not outlook.gate.open or not len(expected) or bool((expected > NOTHING * busiest).any())
