from datetime import UTC, datetime, timedelta

import click
import pytest

from controller.api.scaling_policy import Capacity
from controller.cli.reading.values import LEVEL, Duration, Horizon, LeadTime, Number, StartUp, UtcTime


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("24h", 86_400), ("7d", 604_800), ("0s", 0)])
def test_durations_carry_their_unit(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["90", "s", "-5s", "1.5h", "1w", ""])
def test_a_duration_without_count_or_unit_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(("text", "hours"), [("1h", 1), ("24h", 24), ("28d", 672)])
def test_a_horizon_is_a_duration(text: str, hours: int) -> None:
    assert Horizon().convert(text, None, None) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["0s", "29d", "673h"])
def test_a_horizon_goes_no_further_than_is_learned_from(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not above 0s and at most 28d"):
        Horizon().convert(text, None, None)


@pytest.mark.parametrize("text", ["0s", "13h", "99999999d"])
def test_a_start_up_leaves_room_for_a_lead_time_of_a_day(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not above 0s and at most 12h"):
        StartUp().convert(text, None, None)


@pytest.mark.parametrize("text", ["0s", "25h", "99999999d"])
def test_a_lead_time_is_one_that_a_policy_may_have(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not above 0s and at most 24h"):
        LeadTime().convert(text, None, None)


def test_a_policy_may_have_the_longest_lead_time() -> None:
    longest = LeadTime().convert("24h", None, None)

    assert Capacity(lead_time_seconds=int(longest.total_seconds())).lead_time_seconds == 86_400


@pytest.mark.parametrize(("kind", "text"), [(LEVEL, "nan"), (Number(0), "inf"), (Number(0), "nan")], ids=str)
def test_a_number_is_finite(kind: Number, text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a finite number"):
        kind.convert(text, None, None)


def test_times_are_brought_to_utc() -> None:
    assert UtcTime().convert("2026-01-31T09:00+01:00", None, None) == datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-01-31T09:00", "has no time zone"),
        ("noon", "is not an ISO 8601 time"),
        ("0001-01-01T00:00+14:00", "is not an ISO 8601 time"),
    ],
)
def test_a_time_without_a_zone_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(click.BadParameter, match=sentence):
        UtcTime().convert(text, None, None)
