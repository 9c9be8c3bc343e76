"""Reachable: what a MetricsSource's status says about it, and when that is news. Pure."""

from datetime import datetime

from controller.api.metadata import Condition
from controller.api.metrics_source import MetricsSource
from controller.scaling.publishing.status import condition
from controller.scaling.reasons import Reason

CONDITION = "Reachable"


def reachability(source: MetricsSource, problem: str, *, now: datetime) -> Condition | None:
    """Return the condition of a source that was asked, with its problem or none; None where that is said already."""
    said = (
        (False, Reason.SOURCE_UNREACHABLE, problem)
        if problem
        else (True, Reason.SOURCE_ANSWERS, "queries are answered")
    )
    known = next((each for each in source.status.conditions if each.type == CONDITION), None)
    after = condition(CONDITION, said, known, generation=source.metadata.generation, now=now)
    # The words of a problem may differ from sweep to sweep, a port number for instance: alone they are no news.
    same = known and (known.status, known.reason, known.observed_generation)
    return None if same == (after.status, after.reason, after.observed_generation) else after
