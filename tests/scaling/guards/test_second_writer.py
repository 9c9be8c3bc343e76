"""A second writer, seen through whole decisions: ten replicas are needed at all times, and somebody sets others."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.guards.second_writer import QUIET, SOON
from controller.scaling.observation import Obstacle, Written
from controller.scaling.publishing.status import status_after
from controller.scaling.reasons import Reason
from tests.builders import NOON, a_policy, a_reading, an_observation

SWEEP = timedelta(seconds=15)
NEEDED = 10
HPA = Obstacle(Reason.TARGET_OWNED_BY_HPA, "HPA web owns it")


@dataclass
class Workload:
    """A target under sweeps; what is decided is written at once, and somebody else writes in between."""

    policy: ScalingPolicy = field(default_factory=a_policy)
    replicas: int = NEEDED
    written: Written | None = field(default_factory=lambda: Written("kubectl-create", NOON))
    memory: Memory = field(default_factory=Memory)
    now: datetime = NOON
    books: bool = True
    carried_out: bool = True

    def sweep(self, *, obstacle: Obstacle | None = None) -> Decision:
        """Decide once, a sweep later than before."""
        self.now += SWEEP
        readings = {"requests": a_reading(70, now=self.now)}
        observation = an_observation(
            self.policy, replicas=self.replicas, readings=readings, memory=self.memory, obstacle=obstacle, now=self.now
        )
        written = self.written if self.books else None
        decision = evaluate(replace(observation, scale=replace(observation.scale, written=written)))
        self.memory = decision.memory
        if decision.observation.acts and decision.desired_replicas != self.replicas and self.carried_out:
            self.somebody_sets(decision.desired_replicas, by="headroom")
        return decision

    def somebody_sets(self, replicas: int, *, by: str = "cron-script") -> None:
        """Write the replicas, and the name of who did."""
        self.replicas, self.written = replicas, Written(by, self.now)

    def fight(self) -> Decision:
        """Let a script set them back in two sweeps running."""
        self.sweep()
        self.somebody_sets(5)
        self.sweep()
        self.somebody_sets(5)
        return self.sweep()


def yields(decision: Decision) -> bool:
    acting = next(each for each in status_after(decision).conditions if each.type == "Acting")
    return acting.reason == Reason.SECOND_WRITER


@pytest.mark.parametrize("books", [True, False], ids=["managedFields tell who", "nobody tells who"])
def test_who_sets_replicas_back_twice_running_is_yielded_to(books: bool) -> None:  # noqa: FBT001  a table's column
    workload = Workload(books=books)
    workload.sweep()
    workload.somebody_sets(7)
    first = workload.sweep()
    workload.somebody_sets(6)
    second = workload.sweep()

    assert (yields(first), yields(second)) == (False, True)
    assert (workload.replicas, second.desired_replicas) == (6, NEEDED)


def test_a_script_that_sets_back_the_very_number_we_changed_is_found_by_its_name() -> None:
    workload = Workload()

    decision = workload.fight()

    (acting, *_) = status_after(decision).conditions
    assert acting.message == (
        "cron-script goes on changing the replicas of Deployment web, last at 12:00:45 UTC; nothing is written until "
        "nobody else has for 10 minutes"
    )
    assert workload.replicas == 5


def test_a_persons_single_change_is_decided_upon_like_any_number() -> None:
    workload = Workload()
    workload.sweep()
    workload.somebody_sets(5, by="kubectl")

    decisions = [workload.sweep() for _ in range(5)]

    assert not any(map(yields, decisions))
    assert workload.replicas == NEEDED


def test_a_change_long_after_another_is_a_single_one_again() -> None:
    workload = Workload()
    workload.sweep()
    workload.somebody_sets(5)
    workload.sweep()
    for _ in range(SOON // SWEEP):
        workload.sweep()
    workload.somebody_sets(5)

    assert not yields(workload.sweep())


def test_a_change_of_ours_that_is_not_carried_out_is_nobody_elses() -> None:
    workload = Workload(replicas=4, carried_out=False)

    assert not any(yields(workload.sweep()) for _ in range(8))


def test_a_watch_that_lags_behind_our_own_writes_accuses_nobody() -> None:
    workload = Workload(replicas=4, carried_out=False)
    workload.sweep()
    workload.sweep()
    workload.somebody_sets(8, by="headroom")

    assert not any(yields(workload.sweep()) for _ in range(3))


def test_the_number_is_taken_up_again_once_nobody_else_has_changed_it_for_ten_minutes() -> None:
    workload = Workload()
    yielded_at = workload.fight().at

    while not (decision := workload.sweep()).observation.acts:
        assert workload.replicas == 5

    assert decision.at - yielded_at == QUIET
    assert workload.replicas == NEEDED


def test_who_goes_on_writing_keeps_the_number() -> None:
    workload = Workload()
    workload.fight()

    for number in range(2 * QUIET // SWEEP):
        workload.somebody_sets(5 + number % 2)
        assert yields(workload.sweep())


def test_after_taking_up_again_one_change_is_enough_to_yield() -> None:
    workload = Workload()
    workload.fight()
    while not workload.sweep().observation.acts:
        pass
    workload.somebody_sets(5)

    assert yields(workload.sweep())


def test_nothing_is_forgotten_over_a_restart() -> None:
    workload = Workload()
    status = status_after(workload.fight())

    workload.memory = type(status).model_validate_json(status.model_dump_json(by_alias=True)).memory

    assert yields(workload.sweep())


@pytest.mark.parametrize(
    ("policy", "obstacle"),
    [
        pytest.param(a_policy(mode="Recommend"), None, id="it only recommends"),
        pytest.param(a_policy(), HPA, id="an HPA owns the target"),
    ],
)
def test_who_does_not_write_has_no_second_writer(policy: ScalingPolicy, obstacle: Obstacle | None) -> None:
    workload = Workload(policy)
    for number in range(8):
        workload.somebody_sets(5 + number % 2)
        decision = workload.sweep(obstacle=obstacle)

    assert decision.memory.writer is None
    assert not yields(decision)
