"""KEDA on the requests that wait: a target for each pod, polled every 30 s, with an HPA's behavior."""

import pytest

from controller.simulation.rivals.queue_trigger import QueueTrigger, queue_hpa
from tests.simulation.views import a_view


@pytest.mark.parametrize(
    ("case", "queued", "replicas"),
    [("as many as keep to the target", 70.0, 14), ("within tolerance", 54.0, 10), ("limited to twice", 500.0, 20)],
)
def test_replicas_follow_the_queue(case: str, queued: float, replicas: int) -> None:
    hpa = queue_hpa(5.0, min_replicas=2, max_replicas=200)
    assert hpa.decide(a_view(created=10, queued=queued)) == replicas, case


def test_the_queue_is_asked_for_every_30_s() -> None:
    trigger = QueueTrigger()
    read = [trigger.read(a_view(15.0 * tick, queued=100.0 + tick)) for tick in range(5)]
    assert read == [100, 100, 102, 102, 104]
