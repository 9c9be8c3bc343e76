from datetime import datetime, timedelta

import pytest

from controller.api.metadata import Condition, ConditionStatus
from controller.api.metrics_source import MetricsSource, MetricsSourceStatus
from controller.scaling.publishing.reachability import reachability
from tests.builders import NOON

LATER = NOON + timedelta(hours=1)
DOWN = "MetricsSource default cannot be reached: connection refused"


def a_source(*, problem: str | None = None, generation: int = 1) -> MetricsSource:
    """Return a source; with a problem, or "" for none, one that was told so at noon."""
    metadata = {"name": "default", "generation": generation}
    source = MetricsSource.model_validate({"metadata": metadata, "spec": {"url": "http://prometheus:9090"}})
    return source if problem is None else told(source, problem, NOON)


def told(source: MetricsSource, problem: str, now: datetime) -> MetricsSource:
    condition = reachability(source, problem, now=now)
    assert condition is not None
    return source.model_copy(update={"status": MetricsSourceStatus(conditions=(condition,))})


def essence(condition: Condition | None) -> tuple[ConditionStatus, str, str] | None:
    return (condition.status, condition.reason, condition.message) if condition else None


@pytest.mark.parametrize(
    ("source", "problem", "said"),
    [
        pytest.param(a_source(), "", ("True", "Answering", "queries are answered"), id="the first answer is told"),
        pytest.param(a_source(), DOWN, ("False", "NotAnswering", DOWN), id="a source that never answered"),
        pytest.param(a_source(problem=""), "", None, id="an answer like the last one is no news"),
        pytest.param(a_source(problem=""), DOWN, ("False", "NotAnswering", DOWN), id="it fell silent"),
        pytest.param(a_source(problem=DOWN), "", ("True", "Answering", "queries are answered"), id="it is back"),
        pytest.param(a_source(problem=DOWN), "answers 503", None, id="other words for the same trouble are no news"),
    ],
)
def test_a_source_is_told_when_its_reachability_changes(
    source: MetricsSource, problem: str, said: tuple[str, str, str] | None
) -> None:
    assert essence(reachability(source, problem, now=LATER)) == said


def test_a_new_spec_is_told_about_and_keeps_the_time_of_the_last_transition() -> None:
    before = a_source(problem=DOWN)
    changed = before.model_copy(update={"metadata": before.metadata.model_copy(update={"generation": 2})})

    condition = reachability(changed, "answers 503", now=LATER)

    assert condition is not None
    assert (condition.observed_generation, condition.last_transition_time) == (2, NOON)


def test_a_change_has_its_own_time() -> None:
    condition = reachability(a_source(problem=DOWN), "", now=LATER)

    assert condition is not None
    assert (condition.type, condition.last_transition_time) == ("Reachable", LATER)
