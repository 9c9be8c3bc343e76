from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.scaling.dates.demand_windows import window_of
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from controller.scaling.voices.demand_events import event_candidates, share_of
from tests.builders import NOON, QUEUE, a_policy, a_reading, an_event, an_observation, an_outlook

# The builder's event is from 13:00 to 15:00, three times the usual; the builder's lead time is three minutes.
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def proposed(observation: Observation) -> list[int | None]:
    return [candidate.replicas for candidate in event_candidates(observation)]


@pytest.mark.parametrize(
    ("now", "proposals", "why"),
    [
        (NOON + 56 * MINUTE, [], "silent before it must begin"),
        (NOON + 57 * MINUTE, [30], "all of it a lead time before the start"),
        (NOON + 60 * MINUTE, [30], "at the start"),
        (NOON + 179 * MINUTE, [30], "until the end, although capacity asked for now would come after it"),
        (NOON + 180 * MINUTE, [], "over at its end"),
        (NOON + 500 * HOUR, [], "and long after"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_without_a_ramp_asks_a_lead_time_ahead(now: datetime, proposals: list[int], why: str) -> None:
    assert proposed(an_observation(replicas=30, events=[an_event()], now=now, requests=70)) == proposals, why


@pytest.mark.parametrize(
    ("minutes_to_start", "replicas", "why"),
    [
        (34, None, "not yet"),
        (33, None, "30 minutes of ramp and 3 of lead time before the start, with nothing of it"),
        (18, 20, "half of what is above the usual, half-way"),
        (3, 30, "all of it a lead time before the start"),
        (1, 30, "and it stays"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_ramp_ends_before_the_start_lead_time_included(minutes_to_start: int, replicas: int | None, why: str) -> None:
    event = an_event(rampInSeconds=1800)
    now = event.spec.start - minutes_to_start * MINUTE
    assert proposed(an_observation(events=[event], now=now, requests=70)) == ([replicas] if replicas else []), why


def test_a_floor_rises_over_its_ramp_too() -> None:
    event = an_event(multiplierPercent=None, minReplicas=40, rampInSeconds=1800)
    now = event.spec.start - 18 * MINUTE
    assert proposed(an_observation(events=[event], now=now, requests=70)) == [20]


@pytest.mark.parametrize(
    ("spec", "replicas", "why"),
    [
        ({"multiplierPercent": 300}, 30, "a multiplier on what is measured"),
        ({"multiplierPercent": None, "minReplicas": 25}, 25, "a floor"),
        ({"multiplierPercent": 300, "minReplicas": 25}, 30, "of both the larger: the multiplier"),
        ({"multiplierPercent": 110, "minReplicas": 25}, 25, "of both the larger: the floor"),
        ({"multiplierPercent": 100, "minReplicas": 25}, 25, "no more than usual, and a floor"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_asks_for_a_multiple_or_a_floor(spec: dict[str, Any], replicas: int, why: str) -> None:
    due = an_event().spec.start - MINUTE
    assert proposed(an_observation(events=[an_event(**spec)], now=due, requests=70)) == [replicas], why


@pytest.mark.parametrize(
    ("gate_open", "replicas", "why"),
    [
        (True, 60, "an open forecast of 140 is multiplied"),
        (False, 30, "with a closed gate the measured 70 are"),
    ],
    ids=["open", "closed"],
)
def test_the_multiplier_acts_on_the_forecast_where_it_may_act(gate_open: bool, replicas: int, why: str) -> None:  # noqa: FBT001  a table's column
    now = an_event().spec.start - MINUTE
    outlooks = {"requests": an_outlook([140] * 10, gate_open=gate_open, start=now)}
    assert proposed(an_observation(events=[an_event()], outlooks=outlooks, now=now, requests=70)) == [replicas], why


def test_where_events_overlap_each_asks_and_says_for_what() -> None:
    events = [an_event("launch"), an_event("holiday", multiplierPercent=150, description="spring sale")]
    now = events[0].spec.start - MINUTE
    launch, holiday = event_candidates(an_observation(events=events, now=now, requests=70))
    assert (launch.source, launch.replicas) == ("launch", 30)
    assert (holiday.source, holiday.replicas) == ("holiday", 15)
    assert holiday.message == (
        "demand event holiday (spring sale) from 2026-03-02 13:00 UTC: 1.50 times the usual demand, at least 0 replicas"
    )


@pytest.mark.parametrize(
    ("observation", "why"),
    [
        (an_observation(events=[an_event()], now=NOON + HOUR - MINUTE), "nothing was measured"),
        (
            an_observation(events=[an_event()], now=NOON + HOUR - MINUTE, readings={"requests": a_reading(100)}),
            "what was measured is an hour old",
        ),
        (
            an_observation(a_policy(QUEUE), events=[an_event()], now=NOON + HOUR - MINUTE, queue=5),
            "no signal is demand",
        ),
        (
            an_observation(events=[an_event(multiplierPercent=100)], now=NOON + HOUR - MINUTE, requests=70),
            "it is as usual",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_that_cannot_say_how_many_is_silent_with_a_reason(observation: Observation, why: str) -> None:
    (candidate,) = event_candidates(observation)
    assert (candidate.replicas, candidate.reason) == (None, Reason.NO_EVENT_DUE), why
    assert candidate.message


def test_a_share_rises_over_the_one_ramp_and_falls_over_the_other_minute_by_minute() -> None:
    window = window_of(an_event(rampInSeconds=640 * 60, rampOutSeconds=320 * 60))
    minutes = (window.start + minute * MINUTE for minute in range(-700, 120 + 400))
    shares = [share_of(window, now, now) for now in minutes]
    rise, fall = [minute / 640 for minute in range(640)], [1 - minute / 320 for minute in range(320)]
    assert shares == pytest.approx([0] * 60 + rise + [1] * 120 + fall + [0] * 80)


@pytest.mark.parametrize("lead", [0, 3, 200], ids=lambda lead: f"{lead} minutes")
def test_a_share_falls_by_the_clock_however_long_capacity_takes(lead: int) -> None:
    window = window_of(an_event(rampOutSeconds=600))
    minutes = [window.end + minute * MINUTE for minute in (-1, 0, 5, 10)]
    assert [share_of(window, now, now + lead * MINUTE) for now in minutes] == [1, 1, 0.5, 0]


@pytest.mark.parametrize(
    ("minutes_after", "replicas", "why"),
    [
        (-1, 30, "all of it to the end"),
        (0, 30, "and at it"),
        (15, 20, "half of what is above the usual, half-way"),
        (24, 14, "a fifth of it after four fifths"),
        (30, None, "nothing of it after the ramp"),
        (31, None, "nor later"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_above_the_usual_falls_over_the_ramp_after_the_end(
    minutes_after: int, replicas: int | None, why: str
) -> None:
    event = an_event(rampOutSeconds=1800)
    now = event.spec.end + minutes_after * MINUTE
    outlooks = {"requests": an_outlook([70] * 10, start=now)}
    observation = an_observation(events=[event], outlooks=outlooks, now=now, requests=70)
    assert proposed(observation) == ([replicas] if replicas else []), why


def test_a_floor_falls_over_its_ramp_too_and_says_so() -> None:
    event = an_event(multiplierPercent=None, minReplicas=40, rampOutSeconds=1800)
    (asked,) = event_candidates(an_observation(events=[event], now=event.spec.end + 15 * MINUTE, requests=70))
    assert (asked.replicas, asked.reason) == (20, Reason.DEMAND_EVENT)
    assert asked.message == (
        "demand event launch ended at 2026-03-02 15:00 UTC: 1.00 times the usual demand, at least 20 replicas"
    )


@pytest.mark.parametrize(
    ("minutes_after", "requests", "replicas", "why"),
    [
        (0, 210, 40, "at the end all that runs"),
        (15, 210, 40, "no more than runs, although measured demand doubled needs 60"),
        (24, 210, 40, "nor where it needs 42"),
        (27, 210, 36, "but less where it needs less"),
        (15, 70, 20, "as when demand is at once the usual again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_after_the_end_measured_demand_alone_adds_nothing(
    minutes_after: int, requests: float, replicas: int, why: str
) -> None:
    event = an_event(rampOutSeconds=1800)
    now = event.spec.end + minutes_after * MINUTE
    assert proposed(an_observation(replicas=40, events=[event], now=now, requests=requests)) == [replicas], why


def test_while_an_event_is_on_without_a_forecast_what_was_scaled_for_it_is_held() -> None:
    event = an_event()
    on = event.spec.start + MINUTE
    ((held,), (multiplied,)) = (
        event_candidates(an_observation(replicas=40, events=[event], outlooks=outlooks, now=on, requests=210))
        for outlooks in ({}, {"requests": an_outlook([70] * 10, start=on)})
    )
    assert (held.replicas, held.reason) == (40, Reason.WINDOW_HELD)
    assert "holds the 40 replicas" in held.message
    assert multiplied.replicas == 30
