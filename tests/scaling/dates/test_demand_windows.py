"""Demand windows of events: whose they are."""

from controller.api.metadata import ObjectKey
from controller.scaling.dates.demand_windows import window_of, windows_by_policy
from tests.builders import an_event


def test_windows_are_those_of_the_events_that_name_a_policy_in_their_own_namespace() -> None:
    launch, sale = an_event("launch", policies=["web", "api"]), an_event("sale", policies=["web"])
    windows = windows_by_policy([launch, sale])
    assert windows[ObjectKey("shop", "web")] == (window_of(launch), window_of(sale))
    assert windows[ObjectKey("shop", "api")] == (window_of(launch),)
    assert windows.get(ObjectKey("elsewhere", "web")) is None


def test_without_events_nobody_has_a_window() -> None:
    assert windows_by_policy([]) == {}
