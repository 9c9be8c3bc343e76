from datetime import UTC, datetime, timedelta

from controller.telemetry.breaker import FAILURES_TO_OPEN, LONGEST_REST, SHORTEST_REST, Breaker

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SWEEP = timedelta(seconds=15)


def opened() -> tuple[Breaker, datetime]:
    """Return an open breaker and when it opened."""
    breaker = Breaker()
    for number in range(FAILURES_TO_OPEN):
        breaker.fail("gone", START + number * SWEEP)
    return breaker, START + (FAILURES_TO_OPEN - 1) * SWEEP


def test_a_failure_ends_the_asking_of_its_own_sweep_only() -> None:
    breaker = Breaker()
    breaker.fail("gone", START)

    assert not breaker.admits(START)
    assert breaker.admits(START + SWEEP)


def test_many_failures_of_one_sweep_count_once() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.fail("gone", START)

    assert breaker.admits(START + SWEEP)


def test_it_opens_after_enough_sweeps_and_says_what_was_wrong() -> None:
    breaker, at = opened()

    assert not breaker.admits(at + SHORTEST_REST - timedelta(seconds=1))
    assert breaker.problem == "gone"


def test_half_open_one_caller_a_sweep_may_try() -> None:
    breaker, at = opened()
    later = at + SHORTEST_REST

    assert [breaker.admits(later) for _ in range(3)] == [True, False, False]


def test_success_closes_it_for_everybody() -> None:
    breaker, at = opened()
    later = at + SHORTEST_REST
    breaker.admits(later)
    breaker.succeed()

    assert [breaker.admits(later) for _ in range(3)] == [True, True, True]


def test_a_failed_try_rests_twice_as_long_up_to_a_limit() -> None:
    breaker, at = opened()
    rests = []
    for _ in range(4):
        started, at = at, at + timedelta(seconds=1)
        while not breaker.admits(at):
            at += timedelta(seconds=1)
        rests.append(at - started)
        breaker.fail("gone", at)

    assert rests == [SHORTEST_REST, 2 * SHORTEST_REST, LONGEST_REST, LONGEST_REST]


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker()
    for number in range(10):
        breaker.fail("gone", START + number * SWEEP)
        breaker.succeed()

    assert breaker.admits(START + 10 * SWEEP)
