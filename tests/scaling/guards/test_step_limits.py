"""Step limits, as the HPA's `behavior.policies`. Expected figures are worked by hand from the HPA's rules."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from controller.api.policy_status import Change, Memory
from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.step_limits import limit_steps
from controller.scaling.reasons import Reason
from tests.builders import NOON, a_policy, an_observation

UNLIMITED = Plan(recommended_replicas=0, candidates=(), winner=None)

PODS_4 = {"type": "Pods", "value": 4, "periodSeconds": 60}
DOUBLE = {"type": "Percent", "value": 100, "periodSeconds": 60}
TEN_PERCENT = {"type": "Percent", "value": 10, "periodSeconds": 60}
ALL = {"type": "Percent", "value": 100, "periodSeconds": 15}

Changes = Sequence[tuple[int, int, int]]
"""Seconds ago, replicas before, replicas after."""


def limited(direction: str, wish: tuple[int, int], limits: Sequence[dict[str, Any]], changes: Changes = ()) -> int:
    """Return what is left of a wish (current, wanted) under `Max` of these limits."""
    return proposed(wish, {direction: {"policies": limits}}, changes).replicas


def proposed(wish: tuple[int, int], behavior: dict[str, Any], changes: Changes = ()) -> Proposal:
    memory = Memory(
        changes=tuple(
            Change(at=NOON - timedelta(seconds=ago), from_replicas=before, to_replicas=after)
            for ago, before, after in changes
        )
    )
    observation = an_observation(a_policy(behavior=behavior), replicas=wish[0], memory=memory)
    return limit_steps(Proposal(current=wish[0], replicas=wish[1]), observation, UNLIMITED)


@pytest.mark.parametrize(
    ("wish", "limits", "changes", "replicas", "why"),
    [
        ((10, 80), [], [], 80, "no limits, no limit"),
        ((10, 80), [PODS_4], [], 14, "four pods a minute"),
        ((10, 80), [DOUBLE], [], 20, "a doubling a minute"),
        ((10, 12), [PODS_4], [], 12, "less than allowed is left alone"),
        ((10, 80), [PODS_4, DOUBLE], [], 20, "of several limits the widest counts"),
        ((3, 80), [PODS_4, DOUBLE], [], 7, "and which that is depends on the fleet"),
        ((14, 80), [PODS_4], [(15, 10, 14)], 14, "four were added in this minute: wait"),
        ((12, 80), [PODS_4], [(15, 10, 12)], 14, "two were added: two are left"),
        ((14, 80), [PODS_4], [(60, 10, 14)], 18, "a minute later the period is over"),
        ((20, 80), [DOUBLE], [(15, 10, 20)], 20, "percent count from the start of the period"),
        ((11, 80), [TEN_PERCENT], [], 13, "a share is rounded up, so that small fleets move"),
        ((1, 80), [TEN_PERCENT], [], 2, "from one pod, too"),
        ((12, 80), [PODS_4], [(30, 10, 16), (15, 16, 12)], 14, "what was removed in the period may come back"),
        ((16, 80), [PODS_4], [(30, 20, 10), (15, 10, 16)], 24, "the period began at twenty"),
        ((30, 80), [PODS_4], [(15, 10, 30)], 30, "more was added than allowed: hold, never remove"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_scale_up_stays_within_what_its_periods_leave(
    wish: tuple[int, int], limits: list[dict[str, Any]], changes: Changes, replicas: int, why: str
) -> None:
    assert limited("scaleUp", wish, limits, changes) == replicas, why


@pytest.mark.parametrize(
    ("wish", "limits", "changes", "replicas", "why"),
    [
        ((80, 10), [], [], 10, "no limits, no limit"),
        ((80, 10), [PODS_4], [], 76, "four pods a minute"),
        ((80, 10), [TEN_PERCENT], [], 72, "a tenth a minute"),
        ((80, 10), [PODS_4, TEN_PERCENT], [], 72, "of several limits the widest counts"),
        ((15, 1), [TEN_PERCENT], [], 13, "what remains is truncated, as the HPA does"),
        ((80, 10), [ALL], [], 10, "all of them"),
        ((76, 10), [PODS_4], [(15, 80, 76)], 76, "four were removed in this minute: wait"),
        ((76, 10), [PODS_4], [(60, 80, 76)], 72, "a minute later the period is over"),
        ((72, 10), [TEN_PERCENT], [(15, 80, 72)], 72, "percent count from the start of the period"),
        ((3, 0), [{**PODS_4, "value": 10}], [], 0, "never below nothing"),
        ((60, 10), [PODS_4], [(15, 80, 60)], 60, "more was removed than allowed: hold, never add"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_scale_down_stays_within_what_its_periods_leave(
    wish: tuple[int, int], limits: list[dict[str, Any]], changes: Changes, replicas: int, why: str
) -> None:
    assert limited("scaleDown", wish, limits, changes) == replicas, why


@pytest.mark.parametrize(
    ("wish", "select", "replicas", "why"),
    [
        ((10, 80), "Max", 20, "Max: the larger rise"),
        ((10, 80), "Min", 14, "Min: the smaller rise"),
        ((10, 80), "Disabled", 10, "Disabled: no rise"),
        ((80, 10), "Max", 0, "Max: the larger fall"),
        ((80, 10), "Min", 76, "Min: the smaller fall"),
        ((80, 10), "Disabled", 80, "Disabled: no fall"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_select_policy_says_which_limit_counts(wish: tuple[int, int], select: str, replicas: int, why: str) -> None:
    rules = {"policies": [PODS_4, DOUBLE], "selectPolicy": select}
    expected = max(replicas, wish[1]) if wish[1] < wish[0] else replicas
    assert proposed(wish, {"scaleUp": rules, "scaleDown": rules}).replicas == expected, why


@pytest.mark.parametrize(
    ("wish", "reason", "message"),
    [
        ((10, 80), Reason.STEP_LIMITED_UP, "behavior.scaleUp allows 14 replicas now"),
        ((80, 10), Reason.STEP_LIMITED_DOWN, "behavior.scaleDown allows 76 replicas now"),
    ],
)
def test_a_limit_says_what_is_allowed_now(wish: tuple[int, int], reason: Reason, message: str) -> None:
    (limiter,) = proposed(wish, {"scaleUp": {"policies": [PODS_4]}, "scaleDown": {"policies": [PODS_4]}}).limiters
    assert (limiter.reason, limiter.message) == (reason, message)


def test_without_step_limits_no_limit_is_named_even_above_max_replicas() -> None:
    assert proposed((10, 500), {}).limiters == ()
