"""Rest at zero, seen through whole decisions: two replicas at the least, three minutes from deciding to Ready."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.error_budget import BadSpell
from controller.api.policy_status import Memory, RestMemory
from controller.scaling.evaluate import evaluate
from controller.scaling.guards.rest import switched_off
from controller.scaling.memory import resume
from controller.scaling.observation import Observation, Outlook, Reading, Scale, Usual
from controller.scaling.reasons import Reason
from forecasting import Series
from tests.builders import LATENCY, NOON, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
IDLE = 900  # seconds
CALM = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
RESTING: dict[str, Any] = {"scaleToZero": {"idleSeconds": IDLE}, "minReplicas": 2, "behavior": CALM}
QUEUE = {"name": "queue", "preset": "queue-depth", "queue": {"arrivals": "requests"}}
BUSY_DAY = 1000.0


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def expects(*demand: float, gate_open: bool = True) -> dict[str, Outlook]:
    """Return an outlook of this median demand in the minutes from noon on, of a day with a busy hour."""
    values = np.array([*demand, *[0.0] * (30 - len(demand))])
    outlook = an_outlook(values.tolist(), gate_open=gate_open)
    day = Series(NOON, timedelta(hours=1), np.array([0.0] * 12 + [BUSY_DAY] * 12))
    usual = Usual(day, Series(NOON, timedelta(hours=1), np.zeros(24)), outlook.fitted)
    return {"requests": replace(outlook, expected=Series(NOON, MINUTE, values), usual=usual)}


def night(*, replicas: int = 2, idle: float | None = IDLE, zero: bool = False, **changes: Any) -> Observation:  # noqa: ANN401  any field of it
    """Return a look at a quiet night: nobody asks, and nobody is expected."""
    rest = RestMemory(idle_since=None if idle is None else at(-idle), zero_since=at(-IDLE) if zero else None)
    spec = {**RESTING, **changes.pop("spec", {})}
    known = {"readings": {"requests": a_reading(0)}, "outlooks": expects(), "memory": Memory(rest=rest), **changes}
    return an_observation(a_policy(**spec), replicas=replicas, **known)


def test_nothing_runs_while_nobody_asks_and_nobody_is_expected() -> None:
    decision = evaluate(night())

    assert (decision.desired_replicas, decision.reason) == (0, Reason.FORECAST)
    assert decision.memory.rest == RestMemory(idle_since=at(-IDLE), zero_since=NOON)


def test_what_a_forecast_still_asks_for_of_an_empty_night_is_its_noise() -> None:
    decision = evaluate(night(outlooks=expects(*[0.001 * BUSY_DAY] * 30)))

    assert (decision.desired_replicas, decision.reason) == (0, Reason.IDLE)
    assert decision.message == "nobody asks, and nobody is expected within 360 s"


def test_a_fifth_more_of_that_noise_is_noise_too() -> None:
    late = {"p95Milliseconds": 250, "latencySignal": "latency", "errorBudget": {"targetPercent": "99.9"}}
    gone = BadSpell(began=at(-86400), ended=at(-82800), minutes=60, over=True)
    observation = night(
        spec={
            "signals": [{**REQUESTS, "load": {"perReplica": 10, "serviceTimeMilliseconds": 100}}, LATENCY],
            "objective": late,
        },
        readings={"requests": a_reading(0), "latency": a_reading(0.1)},
        outlooks=expects(*[0.001 * BUSY_DAY] * 30),
        memory=Memory(rest=RestMemory(idle_since=at(-IDLE)), bad_spells=(gone,)),
    )

    decision = evaluate(observation)

    assert Reason.ERROR_BUDGET_NEARLY_GONE in {voice.reason for voice in decision.plan.candidates}
    assert decision.desired_replicas == 0


@pytest.mark.parametrize(
    ("observation", "replicas"),
    [
        pytest.param(night(spec={"scaleToZero": None}), 2, id="nobody allowed it"),
        pytest.param(night(idle=IDLE - 1), 2, id="not idle for long enough"),
        pytest.param(night(idle=None), 2, id="idle since this moment"),
        pytest.param(night(readings={"requests": a_reading(0.1)}), 2, id="somebody asks"),
        pytest.param(night(readings={"requests": a_reading(0, problem="partial")}), 2, id="it is not seen whole"),
        pytest.param(night(outlooks={}), 2, id="there is no forecast"),
        pytest.param(night(outlooks=expects(gate_open=False)), 2, id="the forecast may not act"),
        pytest.param(night(outlooks=expects(0, 0, 0, 0, 0, 5)), 2, id="somebody is expected within twice the lead"),
        pytest.param(night(outlooks=expects(*[0] * 7, 5)), 0, id="later is soon enough"),
        pytest.param(night(replicas=10), 2, id="first to the minimum, as any removal"),
        pytest.param(night(events=[an_event(start=NOON, minReplicas=5, multiplierPercent=None)]), 5, id="an event"),
        pytest.param(night(spec={"pause": {"direction": "ScaleDown"}}), 2, id="a pause"),
        pytest.param(night(spec={"pin": {"replicas": 7, "until": at(60)}}), 7, id="a pin"),
        pytest.param(
            night(spec={"signals": [REQUESTS, QUEUE]}, readings={"requests": a_reading(0), "queue": a_reading(3)}),
            2,
            id="something waits in a queue",
        ),
    ],
)
def test_in_doubt_the_minimum_stays_awake(observation: Observation, replicas: int) -> None:
    assert evaluate(observation).desired_replicas == replicas


@pytest.mark.parametrize(
    ("observation", "replicas"),
    [
        pytest.param(night(replicas=0, zero=True), 0, id="nothing"),
        pytest.param(night(replicas=0, zero=True, outlooks={}), 0, id="no forecast yet, after a restart"),
        pytest.param(night(replicas=0, zero=True, outlooks=expects(0, 0, 0, 0, 0, 5)), 2, id="somebody is expected"),
        pytest.param(night(replicas=0, zero=True, outlooks=expects(gate_open=False)), 2, id="a forecast not to trust"),
        pytest.param(night(replicas=0, zero=True, readings={"requests": a_reading(0.1)}), 2, id="somebody asks"),
        pytest.param(night(replicas=0, zero=True, readings={"requests": a_reading(70)}), 10, id="many ask"),
        pytest.param(
            night(replicas=0, zero=True, readings={"requests": a_reading(0, age=2 * MINUTE)}), 0, id="a late sample"
        ),
        pytest.param(night(replicas=0, zero=True, readings={"requests": a_reading(None)}), 2, id="a lost signal"),
        pytest.param(
            night(
                replicas=0,
                zero=True,
                spec={"signals": [REQUESTS, QUEUE]},
                readings={"requests": a_reading(0), "queue": a_reading(3)},
            ),
            2,
            id="something waits in a queue",
        ),
    ],
)
def test_it_wakes_by_whoever_asks_or_is_expected(observation: Observation, replicas: int) -> None:
    assert evaluate(observation).desired_replicas == replicas


def test_who_was_woken_is_not_put_to_rest_again_at_once() -> None:
    woken = evaluate(night(replicas=0, zero=True, outlooks=expects(5)))
    again = night(replicas=2, memory=woken.memory, now=at(15), readings={"requests": a_reading(0, now=at(15))})

    assert woken.memory.rest == RestMemory(idle_since=NOON, zero_since=at(-IDLE))
    assert evaluate(again).desired_replicas == 2


@pytest.mark.parametrize(
    ("scale", "spec", "zero_since", "off"),
    [
        pytest.param(Scale(0, 0), RESTING, None, True, id="a person set 0"),
        pytest.param(Scale(0, 0), RESTING, NOON, False, id="we set 0"),
        pytest.param(Scale(0, 0), {}, NOON, True, id="zero is not allowed any more"),
        pytest.param(Scale(2, 2), RESTING, None, False, id="it runs"),
    ],
)
def test_a_zero_that_a_person_set_is_off_and_stays_off(
    scale: Scale,
    spec: dict[str, Any],
    zero_since: datetime | None,
    off: bool,  # noqa: FBT001  a table's column
) -> None:
    memory = Memory(rest=RestMemory(zero_since=zero_since))

    assert (switched_off(a_policy(**spec), scale, memory) is not None) == off


def test_a_restart_knows_whose_zero_it_is_and_counts_the_idle_time_anew() -> None:
    kept = Memory(rest=RestMemory(idle_since=at(-IDLE), zero_since=at(-60)))

    assert resume(kept, 0, NOON).rest == RestMemory(zero_since=at(-60))


def test_a_signal_that_is_no_demand_wakes_nobody() -> None:
    latency = {"name": "latency", "preset": "http-p95-latency"}
    readings: dict[str, Reading] = {"requests": a_reading(0), "latency": a_reading(None, problem="no traffic")}

    decision = evaluate(night(replicas=0, zero=True, spec={"signals": [REQUESTS, latency]}, readings=readings))

    assert decision.desired_replicas == 0
