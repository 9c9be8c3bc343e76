from datetime import timedelta

import pytest

from controller.scaling.guards.health import Health, describe, health, unhealthy_signals
from controller.scaling.observation import Reading
from tests.builders import LATENCY, NOON, REQUESTS, a_policy, a_reading, an_observation

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("reading", "rung", "why"),
    [
        (a_reading(5), Health.FRESH, "a new sample is fresh"),
        (a_reading(0), Health.FRESH, "zero is a number"),
        (a_reading(5, age=90 * SECOND), Health.FRESH, "a slow scrape and a failed sweep are usual"),
        (a_reading(5, age=91 * SECOND), Health.STALE, "older samples are stale"),
        (a_reading(5, problem="partial answer"), Health.STALE, "a young sample with a problem is stale at once"),
        (a_reading(5, age=300 * SECOND), Health.STALE, "five minutes are the last of stale"),
        (a_reading(5, age=301 * SECOND), Health.LOST, "after that demand had time to change"),
        (a_reading(None), Health.LOST, "never a sample is lost from the start"),
        (None, Health.LOST, "a signal nobody read is lost"),
        (a_reading(float("nan")), Health.LOST, "NaN is no sample, however young"),
        (a_reading(float("inf")), Health.LOST, "infinity is no sample"),
        (a_reading(5, age=-91 * SECOND), Health.STALE, "a sample from the future is no better than an old one"),
        (a_reading(5, age=-timedelta(hours=2)), Health.LOST, "nor is one from the far future"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reading_is_trusted_by_its_age(reading: Reading | None, rung: Health, why: str) -> None:
    assert health(reading, NOON) is rung, why


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        (a_reading(5, age=100 * SECOND), "signal latency is 100 s old: no new sample"),
        (a_reading(5, age=40 * SECOND, problem="HTTP 500"), "signal latency is 40 s old: HTTP 500"),
        (a_reading(None, problem="no such series"), "signal latency has no data: no such series"),
        (a_reading(float("nan"), problem="not finite"), "signal latency has no data: not finite"),
        (None, "signal latency was not read"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(reading: Reading | None, sentence: str) -> None:
    assert describe("latency", reading, NOON) == sentence


def test_unhealthy_signals_are_those_of_the_policy_that_are_not_fresh() -> None:
    policy = a_policy(REQUESTS, LATENCY)
    strangers = {"requests": a_reading(5), "removed-last-week": a_reading(None)}
    assert unhealthy_signals(an_observation(policy, readings=strangers)) == {"latency": Health.LOST}
