"""Shadow: what would have been done in Recommend mode, second by second, and when it is safe to act."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.shadow import KEPT_DAYS, ShadowDay, ShadowMemory
from controller.scaling.evaluate import evaluate
from controller.scaling.judging.shadow import FEWEST_DAYS, safe_to_enable
from controller.scaling.observation import Reading
from tests.builders import NOON, a_policy, a_reading, an_observation

# Ten requests a second and replica at 85 %: what is measured over 8.5 is what is needed; a lead time of three minutes.
SWEEP = timedelta(seconds=15)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WATCHED = a_policy(mode="Recommend", objective={"utilizationPercent": 85}, minReplicas=2, maxReplicas=30)
MIDNIGHT = NOON.replace(hour=0)


def watched(
    demands: Sequence[float | None],
    *,
    running: int,
    ready: int | None = None,
    every: timedelta = SWEEP,
    policy: ScalingPolicy = WATCHED,
) -> Memory:
    """Return the memory after sweeps with these demands, while somebody else keeps so many replicas."""
    memory = Memory()
    for number, demand in enumerate(demands):
        now = NOON + number * every
        reading = a_reading(demand, now=now) if demand is not None else Reading(None, now, "no answer")
        observation = an_observation(
            policy, readings={"requests": reading}, replicas=running, ready=ready, memory=memory, now=now
        )
        memory = evaluate(observation).memory
    return memory


def the_day(memory: Memory) -> ShadowDay:
    assert memory.shadow is not None
    (day,) = memory.shadow.days
    return day


def test_each_sweep_counts_what_ran_and_what_would_have_run() -> None:
    day = the_day(watched([100] * 5, running=8))  # 12 replicas are wished for

    assert day.began == MIDNIGHT
    assert (day.seconds, day.replica_seconds, day.shadow_replica_seconds) == (60, 60 * 8, 60 * 12)
    assert (day.missed_seconds, day.shadow_missed_seconds) == (60, 0)


def test_what_would_have_been_wished_for_is_ready_a_lead_time_later() -> None:
    rise = [50] * 4 + [200] * 41  # ten minutes at 24 replicas, where 6 were wished for before

    day = the_day(watched(rise, running=24))

    assert day.shadow_missed_seconds == 180 + 15  # the sweep that saw it was short of them already
    assert day.missed_seconds == 0


def test_a_fall_is_followed_after_the_stabilization_window() -> None:
    fall = [100] * 4 + [10] * 41

    after_a_minute, after_all = (the_day(watched(fall[:n], running=10)) for n in (8, len(fall)))

    assert after_a_minute.shadow_replica_seconds == 7 * 15 * 12
    assert after_all.shadow_replica_seconds == (4 + 20) * 15 * 12 + (len(fall) - 1 - 24) * 15 * 2


def test_bounds_hold_for_what_would_have_been_too() -> None:
    day = the_day(watched([1000] * 21, running=30))

    assert day.shadow_replica_seconds == 20 * 15 * 30


@pytest.mark.parametrize(
    ("demands", "every", "seconds"),
    [([100, None, None, 100], SWEEP, 15), ([100, 100], 10 * MINUTE, 60)],
    ids=["while demand is not known", "while nobody looked"],
)
def test_what_nobody_knows_is_not_counted(demands: list[float | None], every: timedelta, seconds: int) -> None:
    assert the_day(watched(demands, running=10, every=every)).seconds == seconds


@pytest.mark.parametrize("actuator", ["HPAMinReplicas", "Metric"])
def test_beside_an_hpa_it_would_have_had_at_least_what_runs(actuator: str) -> None:
    beside = a_policy(mode="Recommend", actuator=actuator, objective={"utilizationPercent": 85}, maxReplicas=30)

    # The number that is moved, a floor of 2, is not what the HPA runs: 12 while 6 are wished for, then 8 while 12 are.
    low = the_day(watched([50] * 5, running=2, ready=12, policy=beside))
    high = the_day(watched([100] * 5, running=2, ready=8, policy=beside))

    assert (low.replica_seconds, low.shadow_replica_seconds, low.shadow_missed_seconds) == (60 * 12, 60 * 12, 0)
    assert (high.replica_seconds, high.shadow_replica_seconds, high.missed_seconds) == (60 * 8, 60 * 12, 60)


def test_a_policy_that_acts_has_no_shadow() -> None:
    memory = watched([100] * 3, running=10)
    active = a_policy(mode="Active")

    decision = evaluate(an_observation(active, memory=memory, requests=100, now=NOON + MINUTE))

    assert memory.shadow is not None
    assert decision.memory.shadow is None
    assert safe_to_enable(decision.memory.shadow) is None


def test_days_are_kept_for_two_weeks() -> None:
    memory = watched([100] * 20, running=10, every=DAY)

    assert memory.shadow is not None
    assert [day.began for day in memory.shadow.days] == [
        MIDNIGHT + number * DAY for number in range(20 - KEPT_DAYS, 20)
    ]


# ── The verdict ──────────────────────────────────────────────────────────────────────────────────────────────────────
def a_shadow(
    *, days: int = FEWEST_DAYS, missed: int = 3600, would_miss: int = 0, cost: float = 1.0, seconds: int = 86_400
) -> ShadowMemory:
    """Return whole days with these figures each, and one that is running."""
    whole = [
        ShadowDay(
            began=MIDNIGHT - (days - number) * DAY,
            seconds=seconds,
            missed_seconds=missed,
            shadow_missed_seconds=would_miss,
            replica_seconds=10 * seconds,
            shadow_replica_seconds=round(cost * 10 * seconds),
        )
        for number in range(days)
    ]
    return ShadowMemory(seen=NOON, days=(*whole, ShadowDay(began=MIDNIGHT)))


@pytest.mark.parametrize(
    ("shadow", "safe", "reason"),
    [
        (a_shadow(), True, "NoWorseThanWhatRuns"),
        (a_shadow(days=6), False, "WatchedTooShort"),
        (a_shadow(seconds=70_000), False, "WatchedTooShort"),
        (a_shadow(would_miss=3700), False, "WouldMissMore"),
        (a_shadow(missed=0, would_miss=80), True, "NoWorseThanWhatRuns"),
        (a_shadow(missed=0, would_miss=90), False, "WouldMissMore"),
        (a_shadow(would_miss=3600, cost=1.2), False, "WouldCostMore"),
        (a_shadow(would_miss=1700, cost=1.2), True, "NoWorseThanWhatRuns"),
        (a_shadow(missed=0, would_miss=0, cost=1.2), False, "WouldCostMore"),
    ],
    ids=[
        "short for less time at the same cost",
        "six days",
        "days with holes",
        "short for longer",
        "a thousandth of the time is tolerated",
        "and no more",
        "dearer and no better",
        "dearer and short for less than half the time",
        "dearer where nothing can get better",
    ],
)
def test_it_is_safe_to_enable_what_is_no_worse(shadow: ShadowMemory, safe: bool, reason: str) -> None:  # noqa: FBT001
    verdict = safe_to_enable(shadow)

    assert verdict is not None
    assert (verdict[0], verdict[1]) == (safe, reason)


def test_the_verdict_has_figures() -> None:
    assert (safe_to_enable(a_shadow(would_miss=60, cost=0.9)) or ("", "", ""))[2] == (
        "over 7 whole days it would have been short of replicas for 7 minutes where what runs was for 420, at 90 % of "
        "its replica-hours"
    )
