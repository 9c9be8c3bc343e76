"""A surge: the further measured demand is above its forecast, the more room it is given to grow while pods start."""

import pytest

from controller.scaling.voices.live_ratio import live_candidates
from tests.builders import LATENCY, QUEUED_REQUESTS, a_policy, an_observation, an_outlook

# At 10 requests/s and replica a p95 of 250 ms allows 602 requests/s on 62 replicas, 662 on 68, 722 on 74 and 752 on 77.
SWIFT = a_policy(QUEUED_REQUESTS, LATENCY, objective={"p95Milliseconds": 250, "latencySignal": "latency"})


@pytest.mark.parametrize(
    ("planned", "replicas"),
    [(700, 62), (600, 62), (571.5, 68), (500, 74), (480, 77), (100, 77), (0, 77)],
    ids=[
        "less than what is planned: no room",
        "what is planned: no room",
        "a twentieth above it: the room of what is measured",
        "a fifth above it: a fifth",
        "a quarter above it: a quarter",
        "six times as much: no more than that",
        "nothing was foreseen: no more than that",
    ],
)
def test_what_grew_unforeseen_may_grow_as_much_again_up_to_a_quarter(planned: float, replicas: int) -> None:
    (live,) = live_candidates(an_observation(SWIFT, requests=600, outlooks={"requests": an_outlook([planned] * 9)}))
    assert live.replicas == replicas
