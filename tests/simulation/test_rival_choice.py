import pytest

from controller.errors import InputRefused
from controller.simulation.rivals.choice import Rival, parse_rivals
from controller.simulation.world import View, World


def test_rivals_are_read_with_their_settings() -> None:
    assert parse_rivals("hpa-cpu=0.7/2, hpa-rps=0.8/4/0.02") == (
        Rival("hpa-cpu=0.7/2", "hpa-cpu", 0.7, 2),
        Rival("hpa-rps=0.8/4/0.02", "hpa-rps", 0.8, 4, 0.02),
    )


def test_no_rivals_is_an_answer() -> None:
    assert parse_rivals("") == ()


def test_a_target_is_a_share_of_what_a_pod_serves() -> None:
    half, full = parse_rivals("hpa-rps=0.5/2,hpa-rps=1/2")
    view = View(seconds=0.0, created=10, ready=10, measured=10, offered_rps=100.0, utilization=1.0)
    assert (half.build(World()).decide(view), full.build(World()).decide(view)) == (20, 10)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kpa=0.7/2", "there is no 'kpa'; there are hpa-cpu, hpa-rps"),
        ("hpa-cpu=0.7", "'hpa-cpu=0.7' cannot be read; write it like hpa-cpu=0.7/2"),
        ("hpa-cpu=high/2", "cannot be read"),
        ("hpa-cpu=0.7/2/0.1/5", "cannot be read"),
        ("hpa-cpu=70/2", "needs 0 < target <= 1"),
        ("hpa-cpu=nan/2", "needs 0 < target <= 1"),
        ("hpa-cpu=0.7/0", "minReplicas >= 1"),
        ("hpa-cpu=0.7/2,hpa-cpu=0.7/2", "names one twice"),
        ("hpa-cpu=0.7/2,", "there is no ''"),
    ],
)
def test_a_rival_that_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_rivals(text)
    assert sentence in str(refused.value)
