import asyncio

import pytest

from controller.cluster.address import LEASES
from controller.cluster.client import ONE_TRY, KubernetesClient
from controller.cluster.lease import LeaderElection, SystemClock
from controller.errors import ClusterUnavailable
from tests.cluster_door.fake_api import FakeApi, raw_answer, refusal
from tests.cluster_door.fake_clock import FakeClock

LEASE = LEASES.at("headroom", "headroom")


def a_candidate(client: KubernetesClient, clock: FakeClock, identity: str = "a") -> LeaderElection:
    return LeaderElection(client, LEASE, identity=identity, clock=clock)


def holder(world: FakeApi) -> str:
    identity = world.objects[LEASE.path]["spec"]["holderIdentity"]
    assert isinstance(identity, str)
    return identity


async def test_the_first_candidate_leads_and_the_second_waits(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    first, second = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")

    assert await first.attempt()
    assert not await second.attempt()
    assert (first.is_fresh(), second.is_fresh()) == (True, False)
    assert second.problem == "a holds leases headroom/headroom"


async def test_a_leader_that_renews_is_never_replaced(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    first, second = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")

    for _ in range(20):
        assert await first.attempt()
        assert not await second.attempt()
        clock.seconds += 2

    assert holder(world) == "a"


async def test_a_silent_leader_is_replaced_after_the_lease_and_cannot_write_long_before(
    client: KubernetesClient,
) -> None:
    clock = FakeClock()
    silent, waiting = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")
    await silent.attempt()
    fresh, leading = [], []
    for _ in range(16):
        leading.append(await waiting.attempt())
        fresh.append(silent.is_fresh())
        clock.seconds += 1

    assert leading.index(True) == 15
    assert fresh.index(False) == 10


async def test_a_lease_given_back_is_taken_at_once(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    first, second = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")
    await first.attempt()

    await first.release()

    assert not first.is_fresh()
    assert await second.attempt()
    assert holder(world) == "b"


async def test_giving_back_never_touches_a_lease_that_another_holds(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    frozen, next_leader = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")
    await frozen.attempt()
    await next_leader.attempt()
    clock.seconds += 15
    await next_leader.attempt()

    await frozen.release()

    assert holder(world) == "b"


async def test_a_candidate_that_never_led_gives_nothing_back(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    await a_candidate(client, clock, "a").attempt()
    waiting = a_candidate(client, clock, "b")
    await waiting.attempt()

    await waiting.release()

    assert holder(world) == "a"


async def test_a_leader_that_wakes_up_late_may_not_write_and_finds_out_who_leads(client: KubernetesClient) -> None:
    clock = FakeClock()
    frozen, next_leader = a_candidate(client, clock, "a"), a_candidate(client, clock, "b")
    await frozen.attempt()
    await next_leader.attempt()
    clock.seconds += 60
    await next_leader.attempt()

    with pytest.raises(ClusterUnavailable, match="nothing is written"):
        frozen.require_fresh()
    assert not await frozen.attempt()
    assert not frozen.is_fresh()


async def test_a_renewal_that_arrived_without_an_answer_does_not_cost_the_lead(
    world: FakeApi, client: KubernetesClient
) -> None:
    clock = FakeClock()
    leader = a_candidate(client, clock)
    await leader.attempt()
    world.put(LEASE.path, world.objects[LEASE.path])  # the write arrived: a new version, still ours

    clock.seconds += 2
    lost_track = await leader.attempt()
    clock.seconds += 2
    renewed = await leader.attempt()

    assert (lost_track, renewed) == (False, True)
    assert leader.is_fresh()


async def test_of_two_that_see_the_lease_free_one_gets_it(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    both = [a_candidate(client, clock, "a"), a_candidate(client, clock, "b")]

    leading = await asyncio.gather(*(candidate.attempt() for candidate in both))

    assert sorted(leading) == [False, True]
    assert holder(world) == "ab"[leading.index(True)]


@pytest.mark.parametrize("fault", [refusal(500), refusal(403), raw_answer(200, b"{}"), raw_answer(200, b"<html>")])
async def test_no_odd_answer_makes_a_leader(world: FakeApi, client: KubernetesClient, fault: object) -> None:
    world.broken = fault  # type: ignore[assignment]  # the table's type is wider
    candidate = a_candidate(client, FakeClock())

    assert not await candidate.attempt()
    assert candidate.problem


async def test_a_lease_that_somebody_made_empty_can_be_led(world: FakeApi, client: KubernetesClient) -> None:
    world.put(LEASE.path, {"metadata": {"name": "headroom", "labels": {"app": "headroom"}}})

    assert await a_candidate(client, FakeClock()).attempt()
    assert holder(world) == "a"
    assert world.objects[LEASE.path]["metadata"]["labels"] == {"app": "headroom"}


async def test_a_leader_whose_server_goes_away_says_so_before_another_can_lead(
    world: FakeApi, client: KubernetesClient
) -> None:
    clock = FakeClock()
    candidate = a_candidate(client, clock)
    lost_at: list[float] = []

    def cut_off(_path: str) -> None:
        world.broken = refusal(503)

    world.after_write = cut_off
    await candidate.run(lambda: lost_at.append(clock.seconds))

    assert lost_at == [10.0]
    assert not candidate.leading.is_set()
    assert not candidate.is_fresh()


async def test_a_candidate_waits_out_a_server_that_is_not_there_yet(world: FakeApi, client: KubernetesClient) -> None:
    world.faults = [refusal(503)] * 30
    candidate = a_candidate(client, FakeClock())

    running = asyncio.create_task(candidate.run(lambda: None))
    await candidate.leading.wait()
    running.cancel()

    assert holder(world) == "a"


async def test_a_leader_replaced_by_hand_stops_at_its_next_renewal(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    candidate = a_candidate(client, clock)
    lost: list[float] = []

    def take_over(_path: str) -> None:
        world.after_write = lambda _path: None
        lease = world.objects[LEASE.path]
        world.put(LEASE.path, {**lease, "spec": {**lease["spec"], "holderIdentity": "somebody"}})

    world.after_write = take_over
    await candidate.run(lambda: lost.append(clock.seconds))

    assert lost == [2.0]
    assert holder(world) == "somebody"


async def test_the_age_of_a_renewal_counts_from_before_its_request(world: FakeApi, client: KubernetesClient) -> None:
    clock = FakeClock()
    candidate = a_candidate(client, clock)

    def slow(_path: str) -> None:
        clock.seconds += 9

    world.after_write = slow
    await candidate.attempt()
    clock.seconds += 1

    assert not candidate.is_fresh()


def test_the_lease_is_asked_for_once_and_briefly() -> None:
    assert ONE_TRY.attempts == 1
    assert ONE_TRY.timeout_seconds < 5


async def test_the_systems_seconds_go_forward_and_its_date_is_aware() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)

    assert clock.monotonic() >= before
    assert clock.now().tzinfo is not None
