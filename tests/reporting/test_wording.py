"""How numbers, times and comparisons read."""

from datetime import datetime, timedelta, timezone

import pytest

from controller.reporting.wording import difference, duration, number, percent, utc


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(7), "7"),
        (number(12480), "12\u202f480"),
        (number(-1.25, 1), "\u22121.2"),
        (percent(0), "0\u202f%"),
        (percent(0.021), "0.02\u202f%"),
        (percent(1.34), "1.3\u202f%"),
        (percent(42.4), "42\u202f%"),
        (difference(12, 300), "\u221296\u202f%"),
        (difference(103, 100), "+3.0\u202f%"),
        (difference(5, 5), "the same"),
        (difference(5, 0), ""),
        (duration(45), "45 s"),
        (duration(119), "119 s"),
        (duration(180), "3 min"),
        (duration(26 * 3600), "26 h"),
        (duration(14 * 86_400), "14 days"),
        (duration(2.5 * 86_400), "2.5 days"),
        (utc(datetime(2025, 3, 3, 1, 30, tzinfo=timezone(timedelta(hours=2)))), "Sun 02 Mar 2025, 23:30 UTC"),
    ],
)
def test_wording(shown: str, expected: str) -> None:
    assert shown == expected
