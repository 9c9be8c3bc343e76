from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused, SourceUnreachable
from controller.telemetry.splitting import Ask, ask_fairly, by_namespace

TEAMS = [Workload(f"team-{number:04}", "web") for number in range(1000)]


def refusing(*guilty: Workload) -> tuple[Ask[float], list[int]]:
    """Return something to ask that refuses whatever the guilty are part of, and how many were asked for each time."""
    sizes: list[int] = []

    def ask(workloads: Collection[Workload]) -> Mapping[Workload, float]:
        sizes.append(len(workloads))
        if set(workloads) & set(guilty):
            raise AnswerRefused("a warning")
        return dict.fromkeys(workloads, 1.0)

    return ask, sizes


def test_a_query_that_succeeds_is_one_query() -> None:
    ask, sizes = refusing()

    answers = ask_fairly(ask, by_namespace(TEAMS), budget=40)

    assert (len(answers.values), sizes) == (1000, [1000])


def test_nobody_is_no_query() -> None:
    ask, sizes = refusing()

    answers = ask_fairly(ask, [], budget=40)

    assert (answers.values, sizes) == ({}, [])


def test_one_guilty_namespace_of_a_thousand_is_told_from_the_others() -> None:
    ask, sizes = refusing(TEAMS[700])

    answers = ask_fairly(ask, by_namespace(TEAMS), budget=40)

    assert answers.guilty == {TEAMS[700]: "a warning"}
    assert len(answers.values) == 999
    assert len(sizes) <= 21


def test_workloads_of_one_namespace_stand_or_fall_together() -> None:
    web, api = Workload("shop", "web"), Workload("shop", "api")
    ask, _ = refusing(api)

    answers = ask_fairly(ask, by_namespace([web, api, Workload("bank", "web")]), budget=40)

    assert answers.guilty.keys() == {web, api}


@given(guilty=st.sets(st.sampled_from(TEAMS), min_size=1, max_size=60))
def test_whatever_the_budget_leaves_open_at_least_one_guilty_is_found(guilty: set[Workload]) -> None:
    ask, sizes = refusing(*guilty)

    answers = ask_fairly(ask, by_namespace(TEAMS), budget=40)

    assert len(sizes) <= 40
    assert answers.guilty.keys() & guilty
    assert not answers.values.keys() & guilty
    assert answers.values.keys() | answers.guilty.keys() | answers.unsettled == set(TEAMS)


def test_a_source_that_answers_nobody_is_not_asked_for_less() -> None:
    sizes: list[int] = []

    def ask(workloads: Collection[Workload]) -> Mapping[Workload, float]:
        sizes.append(len(workloads))
        raise SourceUnreachable("gone")

    with pytest.raises(SourceUnreachable):
        ask_fairly(ask, by_namespace(TEAMS), budget=40)

    assert sizes == [1000]
