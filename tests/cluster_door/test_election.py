from datetime import timedelta
from typing import Any

import pytest

from controller.cluster.election import Sighting, claim, give_back, sight
from controller.errors import ClusterUnavailable
from tests.builders import NOON


def a_lease(holder: str | None = "a", version: str = "1", **spec: object) -> dict[str, Any]:
    full = {"holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 4, **spec}
    return {"metadata": {"name": "headroom", "resourceVersion": version}, "spec": full}


def seen(holder: str | None = "a", **spec: object) -> Sighting:
    return sight(None, a_lease(holder, "1", **spec), at=100.0)


@pytest.mark.parametrize(
    ("sighting", "at", "free"),
    [
        pytest.param(seen("a"), 100.0, False, id="held"),
        pytest.param(seen("a"), 114.9, False, id="held until its whole duration has passed"),
        pytest.param(seen("a"), 115.0, True, id="not renewed for its duration"),
        pytest.param(seen("a", leaseDurationSeconds=40), 120.0, False, id="its own duration counts, not ours"),
        pytest.param(seen("a", leaseDurationSeconds=None), 114.0, False, id="without one, ours does"),
        pytest.param(seen(""), 100.0, True, id="given back"),
        pytest.param(seen(None), 100.0, True, id="never held"),
        pytest.param(
            seen("a", renewTime="2020-01-01T00:00:00.000000Z"), 101.0, False, id="another machine's date says nothing"
        ),
    ],
)
def test_a_lease_may_be_taken_once_nobody_can_hold_it(sighting: Sighting, at: float, *, free: bool) -> None:
    assert sighting.may_be_taken(at) is free


def test_a_lease_that_did_not_change_keeps_the_time_it_was_first_seen() -> None:
    first = sight(None, a_lease(version="1"), at=100.0)

    assert sight(first, a_lease(version="1"), at=109.0).since == 100.0
    assert sight(first, a_lease(version="2"), at=109.0).since == 109.0


def test_the_first_claim_counts_no_transition() -> None:
    assert claim(None, "b", NOON) == {
        "holderIdentity": "b",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-03-02T12:00:00.000000Z",
        "renewTime": "2026-03-02T12:00:00.000000Z",
        "leaseTransitions": 0,
    }


def test_taking_over_is_a_transition_and_renewing_is_none() -> None:
    taken = claim(seen("a"), "b", NOON)
    renewed = claim(seen("b", acquireTime="2026-03-02T11:00:00.000000Z"), "b", NOON + timedelta(seconds=2))

    assert (taken["leaseTransitions"], taken["acquireTime"]) == (5, "2026-03-02T12:00:00.000000Z")
    assert (renewed["leaseTransitions"], renewed["acquireTime"]) == (4, "2026-03-02T11:00:00.000000Z")
    assert renewed["renewTime"] == "2026-03-02T12:00:02.000000Z"


def test_a_lease_given_back_has_no_holder_and_may_be_taken_at_once() -> None:
    spec = give_back(seen("a"), NOON)

    assert sight(None, {"metadata": {"resourceVersion": "2"}, "spec": spec}, at=0.0).may_be_taken(0.0)
    assert spec["leaseTransitions"] == 4


@pytest.mark.parametrize("raw", [{}, {"metadata": {}}, a_lease(renewTime="soon"), a_lease(leaseDurationSeconds=-1)])
def test_a_lease_that_makes_no_sense_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ClusterUnavailable, match="the Lease as the API server sent it makes no sense"):
        sight(None, raw, at=0.0)
