from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from controller.api.policy_status import Memory, StartUp
from controller.scaling.learning.lead_time import known_lead_time, remember_start_ups
from controller.scaling.observation import Pod
from tests.builders import NOON, a_policy

LEARNS = a_policy(capacity={})
MINUTE = timedelta(minutes=1)


def remembered(*seconds: int) -> Memory:
    return Memory(
        start_ups=tuple(
            StartUp(created_at=NOON + number * 10 * MINUTE, seconds=each) for number, each in enumerate(seconds)
        )
    )


def a_step(created_at: datetime, *ready_after: int | None) -> list[Pod]:
    """Return pods created two seconds apart; each Ready so many seconds after the first was created."""
    return [
        Pod(
            f"web-{created_at:%H%M%S}-{number}",
            created_at + number * timedelta(seconds=2),
            None if seconds is None else created_at + timedelta(seconds=seconds),
        )
        for number, seconds in enumerate(ready_after)
    ]


def seconds_learned(memory: Memory, pods: Sequence[Pod]) -> list[int]:
    return [start_up.seconds for start_up in remember_start_ups(memory, pods).start_ups]


@pytest.mark.parametrize(
    ("memory", "seconds", "source", "why"),
    [
        (remembered(), 180, "Default", "nothing was seen yet"),
        (remembered(500, 500), 180, "Default", "two scale-ups say little"),
        (remembered(60, 60, 60), 120, "Learned", "three do: 60 s, 45 s of metric delay, one sweep"),
        (remembered(60, 240, 60), 300, "Learned", "the slow one of few counts"),
        (remembered(*[60] * 9, 600), 120, "Learned", "one of ten is beyond the 90 %"),
        (remembered(*[60] * 8, 600, 600), 660, "Learned", "two of ten are not"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lead_time_is_the_time_until_whole_steps_were_ready(
    memory: Memory, seconds: int, source: str, why: str
) -> None:
    learned = known_lead_time(LEARNS, memory)
    assert (learned.seconds, learned.source) == (seconds, source), why
    assert learned.steps == len(memory.start_ups)


def test_a_given_lead_time_wins_over_what_was_learned() -> None:
    given = known_lead_time(a_policy(capacity={"leadTimeSeconds": 30}), remembered(600, 600, 600))
    assert (given.seconds, given.source) == (30, "Given")


@pytest.mark.parametrize(
    ("pods", "seconds", "why"),
    [
        ([], [], "no pods, nothing learned"),
        (a_step(NOON, 20, 95, 30), [95], "a step takes as long as its last pod"),
        (a_step(NOON, 20, None), [], "a step that is not whole says nothing yet"),
        (a_step(NOON, 20) + a_step(NOON + MINUTE, 70), [20, 70], "two steps are learned one by one"),
        (a_step(NOON, 20, None) + a_step(NOON + MINUTE, 70), [70], "a later step may be Ready first"),
        (a_step(NOON, 3 * 3600), [], "a pod that went unready and came back did not start for hours"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_scale_up_is_learned_when_it_is_wholly_ready(pods: list[Pod], seconds: list[int], why: str) -> None:
    assert seconds_learned(Memory(), pods) == seconds, why


def test_a_scale_up_is_learned_once() -> None:
    pods = a_step(NOON, 20, 95) + a_step(NOON + 5 * MINUTE, 60)
    memory = remember_start_ups(Memory(), pods)
    assert remember_start_ups(memory, pods) is memory


def test_a_scale_up_is_not_learned_again_when_its_first_pods_are_gone() -> None:
    pods = a_step(NOON, 20, 95, 60)
    memory = remember_start_ups(Memory(), pods)
    assert remember_start_ups(memory, pods[1:]) is memory


def test_a_slow_step_is_learned_after_a_faster_later_one() -> None:
    slow, fast = a_step(NOON, 30, None), a_step(NOON + 5 * MINUTE, 40)
    memory = remember_start_ups(Memory(), slow + fast)
    assert seconds_learned(memory, a_step(NOON, 30, 900) + fast) == [900, 40]


def test_only_the_newest_scale_ups_are_kept_and_looking_again_changes_nothing() -> None:
    pods = [pod for number in range(30) for pod in a_step(NOON + number * MINUTE, number)]
    memory = remember_start_ups(Memory(), pods)
    assert [start_up.seconds for start_up in memory.start_ups] == list(range(10, 30))
    assert remember_start_ups(memory, pods) is memory
