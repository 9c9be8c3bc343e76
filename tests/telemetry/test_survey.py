"""The history of many workloads at once, from a pretend source."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.telemetry.compiler import Workload
from controller.telemetry.history import STEP
from controller.telemetry.survey import Surveyed, survey
from forecasting import Series
from tests.telemetry.pretend_prometheus import PretendPrometheus
from tests.telemetry.selectors import WEB, a_selector

NOW = datetime(2026, 3, 2, 12, 2, tzinfo=UTC)
MONTH = timedelta(days=28)
API = Workload("bank", "api")


def surveyed(source: PretendPrometheus, *workloads: Workload, span: timedelta = MONTH) -> Surveyed:
    chunks = survey(source, a_selector(), workloads, span=span, now=NOW)
    return {workload: history for chunk in chunks for workload, history in chunk.items()}


def test_all_steps_that_have_settled_are_asked_for() -> None:
    history = surveyed(PretendPrometheus(levels={WEB: 3.0}), WEB, span=timedelta(days=2))[WEB]

    assert isinstance(history, Series)
    assert (history.start, history.end) == (NOW.replace(minute=0) - timedelta(days=2), NOW.replace(minute=0))
    assert history.step == STEP
    assert set(history.values) == {3.0}


def test_a_workload_without_samples_is_all_missing() -> None:
    history = surveyed(PretendPrometheus(), WEB)[WEB]

    assert isinstance(history, Series)
    assert np.isnan(history.values).all()


def test_many_workloads_share_queries_below_the_caps() -> None:
    crowd = [Workload("shop", f"web-{number}") for number in range(30)]
    source = PretendPrometheus(levels=dict.fromkeys(crowd, 1.0))

    assert list(surveyed(source, *crowd)) == crowd
    assert source.asked() == 3
    assert all(grid.count == MONTH // STEP for grid in source.grids)


def test_a_guilty_workload_gets_the_reason_and_the_others_their_history() -> None:
    source = PretendPrometheus(levels={WEB: 3.0, API: 2.0}, guilty={"bank"})

    found = surveyed(source, WEB, API)

    assert isinstance(found[WEB], Series)
    assert found[API] == "answered with a warning about ['bank']"


def test_a_source_that_answers_nobody_is_not_asked_again() -> None:
    crowd = [Workload("shop", f"web-{number}") for number in range(30)]
    source = PretendPrometheus(down=True)

    found = surveyed(source, *crowd)

    assert set(found.values()) == {"cannot be reached at 12:02"}
    assert source.asked() == 1


@pytest.mark.parametrize("days", [29, 400])
def test_no_more_than_four_weeks_are_asked_for(days: int) -> None:
    source = PretendPrometheus()

    surveyed(source, WEB, span=timedelta(days=days))

    assert source.grids[0].count == MONTH // STEP
