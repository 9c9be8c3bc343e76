from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.api.metrics_source import MetricsSource
from controller.telemetry.backfill import HistoryRefresh, HistoryRequest, refresh_history
from controller.telemetry.client import OnQuery
from controller.telemetry.compiler import Workload
from controller.telemetry.history import HOURS, KEPT_STEPS, STEP, HistoryFile, load_series, row_key
from controller.telemetry.questions import Asked, Question
from tests.builders import NOON
from tests.telemetry.pretend_prometheus import PretendPrometheus
from tests.telemetry.selectors import a_selector, a_source

HOUR = timedelta(hours=1)
LATEST = NOON - STEP  # of the steps that were complete, and had settled, at noon


def asked_by(*namespaces: str) -> list[Asked]:
    return [Asked(Question("default", a_selector()), Workload(namespace, "web")) for namespace in namespaces]


def levels(*namespaces: str) -> dict[Workload, float]:
    return {Workload(namespace, "web"): 3.0 for namespace in namespaces}


@pytest.fixture
def refresh(tmp_path: Path) -> Callable[..., HistoryRefresh]:
    """Refresh some signals at a time after noon."""

    def refresh(
        prometheus: PretendPrometheus, asked: list[Asked], *, after: timedelta = timedelta(0)
    ) -> HistoryRefresh:
        def connect(source: MetricsSource, *, on_query: OnQuery) -> PretendPrometheus:
            return prometheus

        request = HistoryRequest(tmp_path / "history", a_source(), asked, NOON + after)
        return refresh_history(request, connect)

    return refresh


Refresh = Callable[..., HistoryRefresh]


def test_a_new_signal_gets_four_weeks(refresh: Refresh, tmp_path: Path) -> None:
    (web,) = asked_by("shop")

    done = refresh(PretendPrometheus(levels("shop")), [web], after=timedelta(minutes=2))

    series = load_series(tmp_path / "history", web)
    assert series is not None
    assert (series.start, series.end, len(series)) == (NOON - timedelta(days=28), NOON, KEPT_STEPS)
    assert set(series.values) == {3.0}
    assert done.problems == {}


def test_a_step_counts_once_its_late_samples_are_in(refresh: Refresh, tmp_path: Path) -> None:
    (web,) = asked_by("shop")

    refresh(PretendPrometheus(levels("shop")), [web], after=timedelta(seconds=59))

    series = load_series(tmp_path / "history", web)
    assert series is not None
    assert series.end == LATEST


def test_the_second_refresh_asks_only_for_what_is_new(refresh: Refresh, tmp_path: Path) -> None:
    prometheus, asked = PretendPrometheus(levels("shop", "bank")), asked_by("shop", "bank")
    refresh(prometheus, asked)
    prometheus.grids.clear()
    prometheus.levels = dict.fromkeys(prometheus.levels, 5.0)

    refresh(prometheus, asked, after=HOUR)

    (grid,) = prometheus.grids
    assert (grid.first, grid.last) == (LATEST + STEP, LATEST + HOUR)
    series = load_series(tmp_path / "history", asked[0])
    assert series is not None
    assert list(series.values[-13:]) == [3.0] + [5.0] * 12


def test_nothing_new_is_no_query(refresh: Refresh) -> None:
    prometheus, asked = PretendPrometheus(levels("shop")), asked_by("shop")
    refresh(prometheus, asked)
    prometheus.asked()

    refresh(prometheus, asked)

    assert prometheus.asked() == 0


def test_a_new_signal_does_not_make_the_others_ask_for_their_past_again(refresh: Refresh) -> None:
    prometheus = PretendPrometheus(levels("shop", "bank"))
    refresh(prometheus, asked_by("shop"))
    prometheus.grids.clear()

    refresh(prometheus, asked_by("shop", "bank"), after=HOUR)

    assert sorted(grid.count for grid in prometheus.grids) == [12, KEPT_STEPS]


def test_signals_that_end_at_different_times_of_a_day_share_a_query(refresh: Refresh) -> None:
    prometheus = PretendPrometheus(levels("shop", "bank"))
    refresh(prometheus, asked_by("shop"))
    refresh(prometheus, asked_by("bank"), after=HOUR)
    prometheus.grids.clear()

    refresh(prometheus, asked_by("shop", "bank"), after=2 * HOUR)

    assert [grid.count for grid in prometheus.grids] == [24]


def test_a_signal_without_series_is_missing_and_not_asked_for_again(refresh: Refresh, tmp_path: Path) -> None:
    prometheus, (web,) = PretendPrometheus(), asked_by("shop")
    done = refresh(prometheus, [web])
    prometheus.grids.clear()
    refresh(prometheus, [web], after=HOUR)

    assert (done.problems, load_series(tmp_path / "history", web)) == ({}, None)
    assert [grid.count for grid in prometheus.grids] == [12]


def test_only_the_guilty_signal_stays_behind_and_catches_up_later(refresh: Refresh, tmp_path: Path) -> None:
    prometheus, asked = PretendPrometheus(levels("a", "b", "c", "d"), guilty={"c"}), asked_by("a", "b", "c", "d")
    done = refresh(prometheus, asked)
    behind = load_series(tmp_path / "history", asked[2])
    prometheus.guilty.clear()
    again = refresh(prometheus, asked)

    assert done.problems == {asked[2]: "answered with a warning about ['c']"}
    assert (behind, again.problems) == (None, {})
    assert load_series(tmp_path / "history", asked[2]) is not None


def test_a_source_that_is_down_is_told_and_nothing_is_stored(refresh: Refresh, tmp_path: Path) -> None:
    asked = asked_by("shop", "bank")

    done = refresh(PretendPrometheus(levels("shop"), down=True), asked)

    assert done.problems.keys() == set(asked)
    with HistoryFile(tmp_path / "history") as file:
        assert file.last_steps([row_key(one) for one in asked]) == {}


def test_a_gap_in_the_source_is_a_gap_in_the_row(refresh: Refresh, tmp_path: Path) -> None:
    prometheus, (web,) = PretendPrometheus(levels("shop")), asked_by("shop")
    refresh(prometheus, [web])
    prometheus.levels.clear()
    refresh(prometheus, [web], after=HOUR)
    prometheus.levels = levels("shop")
    refresh(prometheus, [web], after=2 * HOUR)

    series = load_series(tmp_path / "history", web)
    assert series is not None
    assert np.isnan(series.values[-24:]).sum() == 12
    assert series.end == LATEST + 2 * HOUR


def test_hours_are_asked_for_over_more_than_a_year_and_then_only_the_new_ones(tmp_path: Path) -> None:
    prometheus, (web,) = PretendPrometheus(levels("shop")), asked_by("shop")
    path = tmp_path / "hours"
    requests = [HistoryRequest(path, a_source(), [web], NOON + days * 24 * HOUR, HOURS) for days in (0, 1)]

    def connect(source: MetricsSource, *, on_query: OnQuery) -> PretendPrometheus:
        return prometheus

    for request in requests:
        refresh_history(request, connect)

    series = load_series(path, web, HOURS)
    assert series is not None
    assert (series.step, len(series), series.end) == (HOUR, HOURS.kept, NOON + 23 * HOUR)
    assert (prometheus.grids[-1].step, prometheus.grids[-1].count) == (HOUR, 24)
