"""How numbers, times and comparisons read."""

import math
from datetime import datetime, timedelta, timezone

import pytest

from controller.reporting.wording import claim, difference, duration, minutes, number, percent, ratio, times, utc
from controller.scaling.judging.comparison import Comparison, Interval, Ratio


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(7), "7"),
        (number(12480), "12\u202f480"),
        (number(-1.25, 1), "\u22121.2"),
        (percent(0), "0\u202f%"),
        (percent(0.021), "0.02\u202f%"),
        (percent(0.004), "<0.01\u202f%"),
        (percent(-0.004), ">\u22120.01\u202f%"),
        (percent(1.34), "1.3\u202f%"),
        (percent(42.4), "42\u202f%"),
        (difference(12, 300), "\u221296\u202f%"),
        (difference(103, 100), "+3.0\u202f%"),
        (difference(270, 1), "\u00d7270"),
        (difference(5, 5), "the same"),
        (minutes(1), "1 minute"),
        (minutes(0), "0 minutes"),
        (difference(5, 0), ""),
        (duration(45), "45 s"),
        (duration(119), "119 s"),
        (duration(180), "3 min"),
        (duration(26 * 3600), "26 h"),
        (duration(14 * 86_400), "14 days"),
        (duration(2.5 * 86_400), "2.5 days"),
        (times(math.inf), "∞"),
        (ratio(Ratio(0.25, None)), "0.25"),
        (ratio(Ratio(0.25, Interval(0.1, math.inf))), "0.25 (0.10 to ∞)"),
        (utc(datetime(2025, 3, 3, 1, 30, tzinfo=timezone(timedelta(hours=2)))), "Sun 02 Mar 2025, 23:30 UTC"),
    ],
)
def test_wording(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("interval", "fewer_violations", "fewer_pod_hours", "said"),
    [
        (Interval(0.1, 0.2), "headroom", None, "headroom missed less"),
        (Interval(0.1, 0.2), "headroom", "hpa", "headroom missed less, hpa cost less"),
        (Interval(0.5, 2), None, None, "not told apart"),
        (None, None, None, "too few days to tell"),
    ],
)
def test_a_claim_rests_on_intervals(
    interval: Interval | None, fewer_violations: str | None, fewer_pod_hours: str | None, said: str
) -> None:
    measured = Ratio(0.5, interval)
    compared = Comparison(
        "headroom", "hpa", measured, measured, 1, fewer_violations=fewer_violations, fewer_pod_hours=fewer_pod_hours
    )

    assert claim(compared) == said
