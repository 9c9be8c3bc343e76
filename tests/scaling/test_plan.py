from datetime import timedelta

import pytest

from controller.api.policy_status import Memory, RuleMemory
from controller.scaling.lookahead import peak
from controller.scaling.observation import Observation
from controller.scaling.plan import plan_capacity
from controller.scaling.reasons import Reason
from forecasting.fleet import NotFitted
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook

# Ten requests a second and replica at 70 %: seven. The builder's lead time is three minutes.
MINUTE = timedelta(minutes=1)
SPIKE = [70] * 3 + [210] + [70] * 10  # at 12:03
CORES = {"name": "cores", "preset": "cpu-cores", "load": {"perReplica": 1}}
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
FIRED = Memory(rules=(RuleMemory(name="backlog", level=0, fired_at=NOON, replicas=15),))


DUE = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("observation", "replicas", "reason", "why"),
    [
        (an_observation(requests=70), 10, Reason.LIVE_RATIO, "the demand of now"),
        (an_observation(requests=0), 0, Reason.LIVE_RATIO, "zero demand is a number; bounds come later"),
        (
            an_observation(requests=70, outlooks={"requests": an_outlook(SPIKE)}),
            30,
            Reason.FORECAST,
            "a spike within the lead time",
        ),
        (
            an_observation(requests=70, outlooks={"requests": an_outlook([70] * 4 + [210] * 9)}),
            10,
            Reason.FORECAST,
            "a spike beyond the lead time waits",
        ),
        (
            an_observation(requests=70, outlooks={"requests": an_outlook(SPIKE, gate_open=False)}),
            10,
            Reason.LIVE_RATIO,
            "a forecast that may not act is silent",
        ),
        (
            an_observation(requests=140, outlooks={"requests": an_outlook([70] * 9)}),
            20,
            Reason.LIVE_RATIO,
            "more than was forecast is measured",
        ),
        (
            an_observation(a_policy(REQUESTS, CORES), requests=70, cores=21),
            30,
            Reason.LIVE_RATIO,
            "the load that needs most",
        ),
        (
            an_observation(a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG]), memory=FIRED, requests=70, queue=1500),
            15,
            Reason.STEP_RULE,
            "a rule that fired",
        ),
        (
            an_observation(requests=70, events=[an_event(start=DUE + MINUTE)]),
            30,
            Reason.DEMAND_EVENT,
            "an event due within the lead time",
        ),
        (
            an_observation(a_policy(QUEUE, stepScaling=[BACKLOG]), replicas=15, memory=FIRED, queue=1500),
            15,
            Reason.STEP_RULE,
            "a rule that asks for what runs is why it runs",
        ),
        (an_observation(), 10, Reason.NO_VOICE, "nobody knows anything: what runs is kept"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_largest_voice_wins(observation: Observation, replicas: int, reason: Reason, why: str) -> None:
    plan = plan_capacity(observation)
    assert plan.recommended_replicas == replicas, why
    assert (plan.winner.reason if plan.winner else Reason.NO_VOICE) == reason


def test_every_voice_is_heard_and_the_silent_ones_say_why() -> None:
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG])
    plan = plan_capacity(an_observation(policy, requests=70, queue=5, events=[an_event(start=DUE)]))
    assert [candidate.reason for candidate in plan.candidates] == [
        Reason.FORECAST_NOT_READY,
        Reason.LIVE_RATIO,
        Reason.BELOW_THRESHOLD,
        Reason.DEMAND_EVENT,
    ]
    assert all(candidate.message for candidate in plan.candidates)


def test_a_forecast_that_could_not_be_fitted_says_why_it_is_silent() -> None:
    plan = plan_capacity(an_observation(requests=70, unfitted={"requests": NotFitted("SeriesRefused", "no sample")}))
    silent = plan.candidates[0]
    assert (silent.reason, silent.replicas) == (Reason.FORECAST_NOT_READY, None)
    assert silent.message == "no forecast of requests could be fitted: no sample"


def test_of_equal_voices_the_forecast_is_named() -> None:
    plan = plan_capacity(an_observation(requests=70, outlooks={"requests": an_outlook([70] * 9)}))
    assert plan.winner is not None
    assert plan.winner.reason is Reason.FORECAST


def test_the_forecast_says_what_when_and_for_how_many() -> None:
    plan = plan_capacity(an_observation(requests=70, outlooks={"requests": an_outlook(SPIKE)}))
    assert plan.winner is not None
    assert plan.winner.message == (
        "requests may reach 210 (p95) by 12:03:00 UTC, the lead time of 180 s from now: needs 30 replicas"
    )


@pytest.mark.parametrize(
    ("observation", "why"),
    [
        (
            an_observation(a_policy(QUEUE, stepScaling=[BACKLOG]), replicas=20, memory=FIRED, queue=1500),
            "a rule asks for fewer than run",
        ),
        (
            an_observation(a_policy(QUEUE), replicas=20, events=[an_event(start=DUE, minReplicas=5)], queue=1),
            "an event has a lower floor than what runs",
        ),
        (
            an_observation(
                replicas=20, events=[an_event(start=DUE, minReplicas=5)], readings={"requests": a_reading(None)}
            ),
            "demand is not known and an event asks for less",
        ),
        (an_observation(a_policy(QUEUE), replicas=20, events=[an_event(start=DUE)], queue=1), "nothing to multiply"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_a_voice_that_knows_demand_can_say_that_fewer_are_enough(observation: Observation, why: str) -> None:
    plan = plan_capacity(observation)
    assert (plan.recommended_replicas, plan.winner) == (20, None), why


def test_the_plan_shows_the_forecast_over_the_lead_time_and_over_twice_of_it() -> None:
    planned = [70] * 5 + [350] + [70] * 9  # at 12:05: beyond three minutes, within six
    plan = plan_capacity(an_observation(requests=70, outlooks={"requests": an_outlook(planned)}))
    assert (plan.forecast_replicas, plan.needed_soon) == (10, 50)


def test_of_several_loads_the_plan_shows_the_one_that_needs_most() -> None:
    outlooks = {"requests": an_outlook([70] * 9), "cores": an_outlook([14] * 9)}
    plan = plan_capacity(an_observation(a_policy(REQUESTS, CORES), requests=7, cores=1, outlooks=outlooks))
    assert (plan.forecast_replicas, plan.needed_soon) == (20, 20)


def test_without_a_forecast_that_may_act_the_plan_shows_none() -> None:
    closed = {"requests": an_outlook(SPIKE, gate_open=False)}
    plan = plan_capacity(an_observation(requests=70, outlooks=closed))
    assert (plan.forecast_replicas, plan.needed_soon) == (None, None)


@pytest.mark.parametrize(
    ("minutes", "demand", "why"),
    [
        (0, 3, "[12:00, 12:03] touches four steps"),
        (2, 5, "the window moves with the time"),
        (-3, 0, "a forecast that begins as the window ends counts"),
        (-4, None, "one that begins after it says nothing"),
        (-60, None, "nor does one that begins much later"),
        (8, 9, "the end of the forecast is the end of the window"),
        (10, None, "a forecast of the past says nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_peak_is_the_highest_planned_demand_of_the_window(minutes: int, demand: float | None, why: str) -> None:
    rising = {"requests": an_outlook(range(10))}
    observation = an_observation(outlooks=rising, now=NOON + minutes * MINUTE)
    assert peak(observation, "requests", horizon=3 * MINUTE) == demand, why


def test_a_forecast_that_has_run_out_says_so() -> None:
    plan = plan_capacity(an_observation(outlooks={"requests": an_outlook([70], start=NOON - 60 * MINUTE)}, requests=7))
    assert plan.candidates[0].message == "the forecast of requests has run out"
