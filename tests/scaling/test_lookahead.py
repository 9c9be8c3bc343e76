"""What an outlook says of the time ahead, and behind which gate."""

from datetime import timedelta

import pytest

from controller.scaling.lookahead import bound, peak
from tests.builders import NOON, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
PLANNED = (100.0, 120.0, 300.0, 110.0)  # of the four minutes from noon on


@pytest.mark.parametrize(
    ("gate_open", "short_term", "planned", "short"),
    [(True, False, 300.0, 300.0), (False, True, None, 300.0), (False, False, None, None)],
    ids=["an open gate", "a gate closed but for the lead time", "a closed gate"],
)
def test_what_is_planned_acts_behind_its_gate(
    gate_open: bool,  # noqa: FBT001  a table's column
    short_term: bool,  # noqa: FBT001  a table's column
    planned: float | None,
    short: float | None,
) -> None:
    outlook = an_outlook(PLANNED, gate_open=gate_open, short_term=short_term)
    seen = an_observation(outlooks={"requests": outlook})

    assert peak(seen, "requests", horizon=3 * MINUTE) == planned
    assert bound(seen, "requests", horizon=3 * MINUTE) == short


@pytest.mark.parametrize(
    ("starts", "horizon", "highest"),
    [
        (timedelta(0), timedelta(0), 100.0),
        (timedelta(0), 1.9 * MINUTE, 120.0),
        (timedelta(0), 2 * MINUTE, 300.0),
        (timedelta(0), 60 * MINUTE, 300.0),
        (-3.5 * MINUTE, timedelta(0), 110.0),
        (-4 * MINUTE, 60 * MINUTE, None),
        (MINUTE, timedelta(0), None),
        (MINUTE, MINUTE, 100.0),
    ],
    ids=[
        "this very minute",
        "up to a step that is not touched",
        "up to a step that begins",
        "as far as it goes",
        "in the middle of a step",
        "nothing after its end",
        "nothing before its start",
        "its start within the horizon",
    ],
)
def test_the_highest_of_the_steps_within_the_horizon_counts(
    starts: timedelta, horizon: timedelta, highest: float | None
) -> None:
    seen = an_observation(outlooks={"requests": an_outlook(PLANNED, start=NOON + starts, short_term=True)})

    assert bound(seen, "requests", horizon=horizon) == highest


def test_of_a_signal_without_an_outlook_nothing_is_known() -> None:
    assert bound(an_observation(), "requests", horizon=MINUTE) is None
