"""The live ratio: room to grow where no forecast says how demand grows, and the bound of a closed one that may act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Candidate
from controller.scaling.observation import Outlook, Reading
from controller.scaling.reasons import Reason
from controller.scaling.voices.live_ratio import live_candidates
from forecasting.series import Series
from tests.builders import LATENCY, NOON, QUEUED_REQUESTS, REQUESTS, a_policy, a_reading, an_observation, an_outlook

# At 10 requests/s and replica a p95 of 250 ms allows 602 requests/s on 62 replicas, 662 on 68, 722 on 74, 772 on 79.
OBJECTIVE = {"p95Milliseconds": 250, "latencySignal": "latency"}
SWIFT = a_policy(QUEUED_REQUESTS, LATENCY, objective=OBJECTIVE)
FULL = a_policy(REQUESTS, objective={"utilizationPercent": 100})
RISE = (600.0, 620.0, 650.0, 700.0, 2000.0)  # the lead time of three minutes ends at 700
BURSTS = Series(  # of 28 % more, one every twenty minutes
    NOON - timedelta(hours=2), timedelta(minutes=1), np.where(np.arange(120) % 20 == 0, 640.0, 500.0)
)


def heard(demand: float, outlook: Outlook | None = None, *, policy: ScalingPolicy = SWIFT) -> Candidate:
    outlooks = {} if outlook is None else {"requests": outlook}
    (candidate,) = live_candidates(an_observation(policy, requests=demand, outlooks=outlooks))
    return candidate


def near(planned: Sequence[float]) -> Outlook:
    return an_outlook(planned, gate_open=False, short_term=True)


@pytest.mark.parametrize(
    ("outlook", "replicas", "room"),
    [
        (an_outlook([600.0] * 9), 62, ""),
        (an_outlook(RISE), 62, ""),
        (an_outlook([650.0] * 9), 62, ""),
        (an_outlook([582.5] * 9), 64, ""),
        (an_outlook([500.0] * 9), 74, ", with room for 1.20 times that"),
        (an_outlook([500.0, 2000.0]), 74, ", with room for 1.20 times that"),
        (near([500.0] * 9), 74, ", with room for 1.20 times that"),
        (near([582.5] * 9), 68, ""),
        (an_outlook([600.0] * 9, gate_open=False), 68, ""),
        (None, 68, ""),
    ],
    ids=[
        "within what is planned: no room",
        "what is planned for later is the forecast's to say",
        "below what is planned: no room",
        "above it by 3 %: 3 %",
        "above it by a fifth: a fifth",
        "above it before a rise: no more than that",
        "above what a closed gate lets act by a fifth: a fifth",
        "above it by 3 %: the usual room",
        "a closed gate: room",
        "no forecast: room",
    ],
)
def test_room_to_grow_is_kept_where_no_forecast_says_how_demand_grows(
    outlook: Outlook | None, replicas: int, room: str
) -> None:
    candidate = heard(600, outlook)

    assert (candidate.reason, candidate.replicas) == (Reason.LIVE_RATIO, replicas)
    assert candidate.message == f"requests is 600 now{room}: needs {replicas} replicas"


@pytest.mark.parametrize(
    ("outlook", "percentile", "replicas"),
    [
        (None, 95, 79),
        (None, 50, 68),
        (an_outlook([500.0] * 9, gate_open=False), 95, 79),
        (near([582.5] * 9), 95, 79),
        (near([600.0] * 9), 95, 68),
        (an_outlook([582.5] * 9), 95, 64),
    ],
    ids=[
        "no forecast: as much as in one of twenty minutes",
        "no forecast, planned for the median: the usual room",
        "a closed gate: as much",
        "above what a closed gate lets act: as much",
        "within what a closed gate lets act: the plan's",
        "above an open forecast: it knows how demand grows",
    ],
)
def test_without_an_open_forecast_there_is_room_to_grow_as_demand_did_lately(
    outlook: Outlook | None, percentile: int, replicas: int
) -> None:
    policy = a_policy(QUEUED_REQUESTS, LATENCY, objective=OBJECTIVE, forecast={"planningPercentile": percentile})
    outlooks = {} if outlook is None else {"requests": outlook}
    reading = replace(a_reading(600), recent=BURSTS)

    (candidate,) = live_candidates(an_observation(policy, readings={"requests": reading}, outlooks=outlooks))

    assert candidate.replicas == replicas


def test_the_room_that_was_learned_is_told() -> None:
    reading = replace(a_reading(600), recent=BURSTS)

    (candidate,) = live_candidates(an_observation(SWIFT, readings={"requests": reading}))

    assert candidate.message == "requests is 600 now, with room for 1.28 times that: needs 79 replicas"


def test_nothing_learned_is_added_to_a_utilisation() -> None:
    reading = replace(a_reading(600), recent=BURSTS)

    (candidate,) = live_candidates(an_observation(FULL, readings={"requests": reading}))

    assert candidate.message == "requests is 600 now: needs 60 replicas"


@pytest.mark.parametrize(
    ("demand", "planned", "replicas", "told"),
    [
        (600.0, RISE, 79, "700"),
        (610.0, RISE, 79, "700"),
        (600.0, [600.0] * 9, 68, "600"),
        (600.0, [600.0, 612.0], 70, "612"),
        (20.0, RISE, 79, "700"),
    ],
    ids=[
        "the highest within the lead time",
        "more is measured than planned, and still more may come",
        "what is planned is a mean over a step",
        "a little more than what is measured",
        "a rise is due",
    ],
)
def test_the_bound_of_a_closed_forecast_is_sized_for_where_it_may_act(
    demand: float, planned: Sequence[float], replicas: int, told: str
) -> None:
    candidate = heard(demand, near(planned))

    assert (candidate.reason, candidate.replicas) == (Reason.LIVE_RATIO, replicas)
    assert candidate.message == (
        f"requests is {demand:.4g} now and may reach {told} (p95) within the lead time of 180 s: needs {replicas} "
        "replicas"
    )


@pytest.mark.parametrize(
    ("outlook", "replicas"),
    [(None, 60), (an_outlook([500.0] * 9), 60), (near(RISE), 70)],
    ids=["no forecast", "above what is planned", "the bound of a closed forecast"],
)
def test_a_utilisation_is_the_users_own_room(outlook: Outlook | None, replicas: int) -> None:
    assert heard(600, outlook, policy=FULL).replicas == replicas


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (a_reading(600, age=timedelta(hours=1)), "3600 s"),
        (a_reading(None, problem="no answer"), "no answer"),
    ],
    ids=["stale", "unanswered"],
)
@pytest.mark.parametrize("known", [{}, {"requests": near(RISE)}], ids=["no forecast", "the bound of a closed one"])
def test_a_signal_that_nobody_measures_is_silent(reading: Reading, said: str, known: dict[str, Outlook]) -> None:
    (candidate,) = live_candidates(an_observation(SWIFT, readings={"requests": reading}, outlooks=known))

    assert (candidate.reason, candidate.replicas) == (Reason.SIGNAL_UNHEALTHY, None)
    assert said in candidate.message
