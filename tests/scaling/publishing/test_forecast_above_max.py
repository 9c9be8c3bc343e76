"""A forecast above maxReplicas is told two hours ahead, in a condition and an event. A replica takes seven requests."""

import numpy as np
import pytest

from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation
from controller.scaling.publishing.patch import EventNote, patch_for
from controller.scaling.publishing.status import status_after
from tests.builders import a_policy, an_observation, an_outlook

SPIKE = [70.0] * 90 + [350.0, 700.0] + [70.0] * 60  # from 13:30 on
MESSAGE = (
    "requests may reach 700 (p95) within 2 hours and needs 100 replicas then, maxReplicas is 40; "
    "the first time at 13:30 UTC"
)


def seen(planned: list[float], *, gate_open: bool = True, limit: int = 40) -> Observation:
    outlooks = {"requests": an_outlook(planned, gate_open=gate_open)}
    return an_observation(a_policy(maxReplicas=limit), requests=70, outlooks=outlooks)


@pytest.mark.parametrize(
    ("observation", "said", "why"),
    [
        (seen(SPIKE), ("False", "ForecastAboveMax", MESSAGE), "a spike above it in an hour and a half"),
        (
            seen(SPIKE, limit=100),
            ("True", "ForecastWithinMax", "maxReplicas is enough for what is forecast for the next 2 hours"),
            "one that maxReplicas is just enough for",
        ),
        (seen(SPIKE, gate_open=False), None, "a forecast that may not act warns of nothing"),
        (an_observation(requests=70), None, "nor does one that is not there"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_condition_tells_ahead_whether_the_maximum_is_enough(
    observation: Observation, said: tuple[str, str, str] | None, why: str
) -> None:
    status = patch_for(evaluate(observation)).status
    assert status is not None
    found = next((each for each in status.conditions if each.type == "ForecastWithinMax"), None)
    assert (found and (found.status, found.reason, found.message)) == said, why


@pytest.mark.parametrize(
    ("peak", "status", "why"),
    [
        (39 * 7.0, "False", "just below the maximum the warning stays: it would come and go with every sample"),
        (38 * 7.0, "True", "with 5 % to spare it is over"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_forecast_around_the_maximum_is_told_once(peak: float, status: str, why: str) -> None:
    warned = seen(SPIKE)
    written = patch_for(evaluate(warned)).status
    outlooks = {"requests": an_outlook([70.0] * 60 + [peak] + [70.0] * 90)}
    policy = warned.policy.model_copy(update={"status": written})
    after = status_after(evaluate(an_observation(policy, requests=70, outlooks=outlooks)))
    assert next(each.status for each in after.conditions if each.type == "ForecastWithinMax") == status, why


def test_a_spike_beyond_two_hours_can_wait() -> None:
    later = [70.0] * 122 + [700.0] * 10
    status = patch_for(evaluate(seen(later))).status
    assert status is not None
    assert "ForecastWithinMax" in [each.reason for each in status.conditions]


def test_the_warning_is_an_event_too() -> None:
    assert patch_for(evaluate(seen(SPIKE))).event == EventNote("ForecastAboveMax", MESSAGE, warning=True)


def test_it_changes_no_number() -> None:
    calm = np.full(len(SPIKE), 70.0).tolist()
    assert evaluate(seen(SPIKE)).desired_replicas == evaluate(seen(calm)).desired_replicas == 10
