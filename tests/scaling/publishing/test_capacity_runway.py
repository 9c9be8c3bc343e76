"""A limit that may not be enough within 30 days is told on the policy, once, in a condition and an event."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from controller.api.capacity_outlook import CapacityOutlook, Runway
from controller.api.metadata import Condition
from controller.api.policy_status import Memory, ScalingPolicyStatus
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation
from controller.scaling.publishing.forecast_report import forecast_report
from controller.scaling.publishing.patch import EventNote, patch_for
from controller.scaling.publishing.status import status_after
from tests.builders import NOON, a_policy, an_observation

TODAY = date(2026, 3, 2)


def a_runway(earliest: int | None, likely: int | None = None, *, replicas: int = 40, basis: str = "so it is") -> Runway:
    """Return a runway that ends in so many days."""
    dates = [None if days is None else TODAY + timedelta(days=days) for days in (earliest, likely)]
    return Runway(limit="MaxReplicas", replicas=replicas, earliest=dates[0], likely=dates[1], basis=basis)


def seen(runway: Runway | None, before: ScalingPolicyStatus | None = None) -> Observation:
    policy = a_policy(maxReplicas=40)
    if before is not None:
        policy = policy.model_copy(update={"status": before})
    return replace(an_observation(policy, requests=70), runway=runway)


def status_of(runway: Runway | None, before: ScalingPolicyStatus | None = None) -> ScalingPolicyStatus:
    return status_after(evaluate(seen(runway, before)))


def condition_of(status: ScalingPolicyStatus) -> Condition | None:
    return next((each for each in status.conditions if each.type == "CapacityRunway"), None)


SHORT = "more than maxReplicas (40) may be needed from 2026-03-12 on (95 % bound)"


@pytest.mark.parametrize(
    ("runway", "said"),
    [
        (a_runway(10, 60), ("False", "MaxReplicasWithin30Days", f"{SHORT}, likely from 2026-05-01 on (median)")),
        (a_runway(10), ("False", "MaxReplicasWithin30Days", f"{SHORT}, not likely within 90 days (median)")),
        (
            a_runway(31),
            ("True", "EnoughFor30Days", "no more than maxReplicas (40) may be needed before 2026-04-02 (95 % bound)"),
        ),
        (
            a_runway(None),
            ("True", "EnoughFor30Days", "no more than maxReplicas (40) may be needed within 90 days (95 % bound)"),
        ),
    ],
    ids=["both dates", "by the bound alone", "later", "never"],
)
def test_a_condition_tells_how_long_the_limit_lasts(runway: Runway, said: tuple[str, str, str]) -> None:
    condition = condition_of(status_of(runway))

    assert condition is not None
    assert (condition.status, condition.reason, condition.message) == (*said[:2], f"{said[2]}; so it is")


@pytest.mark.parametrize(
    ("limit", "source", "reason", "told"),
    [
        ("Budget", "budget web", "BudgetWithin30Days", "more than the 40 replicas that budget web pays for"),
        ("ResourceQuota", "ResourceQuota cpu", "ResourceQuotaWithin30Days", "that ResourceQuota cpu has room for"),
    ],
)
def test_other_limits_are_told_by_what_sets_them(limit: str, source: str, reason: str, told: str) -> None:
    runway = Runway.model_validate({**a_runway(10).model_dump(), "limit": limit, "source": source})

    condition = condition_of(status_of(runway))

    assert condition is not None
    assert condition.reason == reason
    assert told in condition.message


def test_without_an_outlook_nothing_is_told() -> None:
    status = status_of(None)

    assert (condition_of(status), status.runway) == (None, None)


def test_what_was_told_outlives_a_restart() -> None:
    before = status_of(a_runway(10))

    after = status_of(None, before)

    assert (condition_of(after), after.runway) == (condition_of(before), before.runway)


@pytest.mark.parametrize(
    ("runway", "told_anew"),
    [
        (a_runway(12, 62), False),
        (a_runway(10, 60, basis="other figures"), False),
        (a_runway(13, 60), True),
        (a_runway(10, 57), True),
        (a_runway(10), True),
        (a_runway(10, 60, replicas=41), True),
    ],
    ids=["two days later", "other figures", "three days later", "sooner", "no longer likely", "another limit"],
)
def test_dates_that_hardly_move_are_not_told_anew(runway: Runway, *, told_anew: bool) -> None:
    before = status_of(a_runway(10, 60))

    patch = patch_for(evaluate(seen(runway, before)))

    assert (patch.status is not None) == told_anew


@pytest.mark.parametrize(("days", "status"), [(37, "False"), (38, "True")], ids=["stays", "is over"])
def test_a_warning_is_over_when_the_limit_lasts_a_week_longer(days: int, status: str) -> None:
    warned = status_of(a_runway(30))

    condition = condition_of(status_of(a_runway(days), warned))

    assert condition is not None
    assert condition.status == status


def test_the_warning_is_an_event_once() -> None:
    first = patch_for(evaluate(seen(a_runway(10), status_of(a_runway(50)))))
    again = patch_for(evaluate(seen(a_runway(5), status_of(a_runway(10)))))

    told = f"{SHORT}, not likely within 90 days (median); so it is"
    assert first.event == EventNote("MaxReplicasWithin30Days", told, warning=True)
    assert again.event is None


def test_it_changes_no_number() -> None:
    assert evaluate(seen(a_runway(0))).desired_replicas == evaluate(seen(None)).desired_replicas == 10


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(10, f" M{SHORT[1:]}, not likely within 90 days (median)."), (31, "")],
    ids=["within 30 days", "later"],
)
def test_the_report_tells_it_in_its_verdict(days: int, verdict: str) -> None:
    outlook = CapacityOutlook(runways=(a_runway(days),))

    report = forecast_report(a_policy(maxReplicas=40), {}, Memory(), outlook=outlook, now=NOON)

    assert report.status.outlook == outlook
    assert report.status.verdict == f"The forecast does not act yet.{verdict}"
