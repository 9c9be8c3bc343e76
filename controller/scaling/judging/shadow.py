"""Shadow: what a policy that only recommends would have done, scored against what was done. Pure.

It would have had the highest of its recommendations of the stabilization window, within its bounds; of those, so many
Ready as it had wished for during the whole lead time. Both sides are judged by the same need: the replicas for the
demand that was measured. Dead band, step limits and cooldowns are left out. Beside an HPA that goes on reacting, by a
floor or a metric, it would have had at least what runs.

Safe to enable is a policy that was watched for a week of whole days, would have been short no longer than what runs
was (or than a thousandth of the time), and would have cost at most a tenth more, unless it more than halves the time
short.
"""

from datetime import datetime, timedelta

from controller.api.scaling_policy import Actuator, Mode
from controller.api.shadow import KEPT_DAYS, ShadowDay, ShadowMemory, Wish
from controller.scaling.capacity import replicas_for
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

CONDITION = "SafeToEnable"
FEWEST_DAYS = 7  # a weekend and a Monday are in it
WHOLE = 0.9 * timedelta(days=1).total_seconds()  # seconds; a restart or a short outage spoils no day
TOLERATED = 0.001  # of the time short: 43 minutes a month
DEARER = 1.1  # times what runs costs
HALF = 0.5
LONGEST_STEP = timedelta(minutes=1)  # while nobody looked, nobody knows
MOST_WISHES = 64


def advance_shadow(observation: Observation, wish: int) -> ShadowMemory | None:
    """Return the shadow after a decision that wishes for so many replicas; none while the policy acts."""
    if observation.policy.spec.mode is not Mode.RECOMMEND:
        return None
    now, known = observation.now, observation.memory.shadow
    spec = observation.policy.spec
    wish = min(max(wish, spec.min_replicas), spec.max_replicas)
    if known is None:
        return ShadowMemory(seen=now, wishes=(Wish(since=now, replicas=wish),))
    elapsed = max(timedelta(0), min(now - known.seen, LONGEST_STEP))
    oldest = now - lead_time(observation.policy, observation.memory)
    days = _counted(known, observation, elapsed, wish=known.wishes[-1].replicas if known.wishes else wish)
    return ShadowMemory(seen=now, wishes=_standing(_wished(known.wishes, wish, now), oldest), days=days)


def safe_to_enable(shadow: ShadowMemory | None) -> tuple[bool, str, str] | None:
    """Return whether the policy may be made Active, why in a word, and with figures; None while it acts."""
    if shadow is None:
        return None
    whole = [day for day in shadow.days[:-1] if day.seconds >= WHOLE]
    if len(whole) < FEWEST_DAYS:
        return False, Reason.WATCHED_TOO_SHORT, f"{len(whole)} of {FEWEST_DAYS} whole days have been watched"
    missed, would_miss = (sum(day.missed_seconds for day in whole), sum(day.shadow_missed_seconds for day in whole))
    ran, would_run = (sum(day.replica_seconds for day in whole), sum(day.shadow_replica_seconds for day in whole))
    told = (
        f"over {len(whole)} whole days it would have been short of replicas for {would_miss // 60} minutes where "
        f"what runs was for {missed // 60}, at {100 * would_run / max(ran, 1):.0f} % of its replica-hours"
    )
    if would_miss > max(missed, TOLERATED * sum(day.seconds for day in whole)):
        return False, Reason.WOULD_MISS_MORE, told
    if would_run > DEARER * ran and not would_miss < HALF * missed:
        return False, Reason.WOULD_COST_MORE, told
    return True, Reason.NO_WORSE_THAN_WHAT_RUNS, told


def _wished(wishes: tuple[Wish, ...], replicas: int, now: datetime) -> tuple[Wish, ...]:
    """Append a wish to a strictly rising list: where it is lower, so many had been wished for as long as more."""
    since = now
    while wishes and wishes[-1].replicas >= replicas:
        since = wishes[-1].since
        wishes = wishes[:-1]
    wishes = (*wishes, Wish(since=since, replicas=replicas))
    return wishes if len(wishes) <= MOST_WISHES else (wishes[0], *wishes[2:])


def _standing(wishes: tuple[Wish, ...], oldest: datetime) -> tuple[Wish, ...]:
    """Return the wishes that stood at any time since `oldest`; the first of them is what is Ready."""
    while len(wishes) > 1 and wishes[1].since <= oldest:
        wishes = wishes[1:]
    return wishes


def _counted(known: ShadowMemory, observation: Observation, elapsed: timedelta, *, wish: int) -> tuple[ShadowDay, ...]:
    """Return the days with the time since the last look; what stood then stood until now."""
    midnight = observation.now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = known.days if known.days and known.days[-1].began == midnight else (*known.days, ShadowDay(began=midnight))
    needed = _need(observation)
    if needed is None:
        return days[-KEPT_DAYS:]
    day, seconds, scale = days[-1], round(elapsed.total_seconds()), observation.scale
    ran, ready = scale.spec_replicas, known.wishes[0].replicas if known.wishes else wish
    if observation.policy.spec.actuator is not Actuator.SCALE:  # the number it moves is then not what runs
        ran = scale.ready_replicas
        wish, ready = max(wish, ran), max(ready, ran)
    counted = {
        "seconds": day.seconds + seconds,
        "missed_seconds": day.missed_seconds + seconds * (needed > scale.ready_replicas),
        "shadow_missed_seconds": day.shadow_missed_seconds + seconds * (needed > ready),
        "replica_seconds": day.replica_seconds + seconds * ran,
        "shadow_replica_seconds": day.shadow_replica_seconds + seconds * wish,
    }
    return (*days[:-1], day.model_copy(update=counted))[-KEPT_DAYS:]


def _need(observation: Observation) -> int | None:
    """Return the replicas that the demand measured now needs; None where not all of it is known."""
    needs = []
    for signal in observation.policy.spec.load_signals:
        capacity = capacity_of(signal, observation.memory)
        if capacity is None or not is_fresh(observation.readings, signal.name, observation.now):
            return None
        demand = observation.readings[signal.name].value or 0.0
        needs.append(replicas_for(demand, capacity, observation.policy.spec.objective))
    return max(needs, default=None)
