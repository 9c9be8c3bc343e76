"""The arithmetic of error budgets against a month made by hand, and burn rates against the SRE workbook's figures."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from controller.api.error_budget import MAX_SPELLS, BadSpell, ErrorBudget
from controller.scaling.judging.error_budget import (
    MINUTE,
    FastBurn,
    bad_time,
    budget_of,
    burn_rate,
    fast_burn,
    joined,
    spells_of,
)
from controller.scaling.judging.timeline import Timeline

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
END = JUNE + 30 * DAY
LAST = END - timedelta(seconds=30)  # in June's last minute
MONTH = ErrorBudget(target_percent=99.9, window_days=30)  # 43.2 minutes


def spell(began: datetime, minutes: int) -> BadSpell:
    return BadSpell(began=began, ended=began + minutes * MINUTE, minutes=minutes, over=True)


# 10 minutes on the 2nd, 6 across midnight to the 11th, 1 on the 20th, 12 on the 30th: 29 of 43.2.
BAD = (
    spell(JUNE + DAY + 9 * HOUR, 10),
    spell(JUNE + 10 * DAY - 3 * MINUTE, 6),
    spell(JUNE + 19 * DAY + 12 * HOUR, 1),
    spell(JUNE + 29 * DAY + 18 * HOUR, 12),
)


@pytest.mark.parametrize(
    ("now", "burnt", "left", "why"),
    [
        (JUNE + DAY, 0, 43.2, "before the first bad minute all is left"),
        (JUNE + DAY + 9 * HOUR + 4 * MINUTE, 4, 39.2, "in the midst of a spell, what has passed of it"),
        (JUNE + 10 * DAY, 13, 30.2, "across a midnight"),
        (END, 29, 14.2, "the whole month"),
        (JUNE + 31 * DAY + 9 * HOUR, 29, 14.2, "until the first spell is 30 days old"),
        (JUNE + 31 * DAY + 9 * HOUR + 7 * MINUTE, 22, 21.2, "which then leaves the window minute by minute"),
        (JUNE + 32 * DAY, 19, 24.2, "and is forgotten as a whole"),
        (JUNE + 90 * DAY, 0, 43.2, "as all of them are in the end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_month_made_by_hand(now: datetime, burnt: float, left: float, why: str) -> None:
    budget = budget_of(BAD, MONTH, now - timedelta(seconds=30))
    assert budget.allowed / MINUTE == pytest.approx(43.2)
    assert [budget.burnt / MINUTE, budget.left / MINUTE] == pytest.approx([burnt, left]), why
    assert budget.left_share == pytest.approx(left / 43.2)


@pytest.mark.parametrize(
    ("target", "days", "minutes"),
    [(99, 30, 432), (99.5, 28, 201.6), (99.9, 28, 40.32), (99.95, 30, 21.6), (99.99, 28, 4.032), (50, 1, 720)],
)
def test_what_a_target_allows(target: float, days: int, minutes: float) -> None:
    allowed = ErrorBudget(target_percent=target, window_days=days).allowed
    assert allowed / MINUTE == pytest.approx(minutes)


def test_nothing_is_left_of_a_budget_that_is_overdrawn() -> None:
    budget = budget_of((spell(END - HOUR, 50),), MONTH, LAST)
    assert (budget.burnt, budget.left, budget.left_share) == (50 * MINUTE, timedelta(0), 0)


# ── Burn rates ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("length", "bad_minutes", "rate"),
    [(5 * MINUTE, 5, 1000), (HOUR, 1, 1000 / 60), (HOUR, 0, 0), (6 * HOUR, 9, 25), (30 * DAY, 43, 43 / 43.2)],
)
def test_a_burn_rate_is_a_multiple_of_what_is_allowed(length: timedelta, bad_minutes: int, rate: float) -> None:
    bad = (spell(END - bad_minutes * MINUTE, bad_minutes),) if bad_minutes else ()
    assert burn_rate(bad, MONTH, length, now=LAST) == pytest.approx(rate)


LOOSE = ErrorBudget(target_percent=99, window_days=30)  # 432 minutes: 2 % of it are 8.64, 5 % are 21.6


@pytest.mark.parametrize(
    ("bad", "hours", "why"),
    [
        ([(9, 9)], 1, "9 of the last 60 minutes, and the last five"),
        ([(8, 8)], None, "8 are not enough"),
        ([(20, 9)], None, "it mattered, but it is over for 11 minutes"),
        ([(300, 20), (5, 5)], 6, "25 minutes within 6 hours, 5 of them in the last half hour"),
        ([(300, 20), (60, 5)], None, "and not when the last half hour was good"),
        ([(400, 50), (4, 4)], None, "what is older than the long window does not count"),
        ([], None, "nothing burns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_burn_is_fast_in_a_long_window_and_goes_on_in_a_short_one(
    bad: list[tuple[int, int]], hours: int | None, why: str
) -> None:
    burn = fast_burn([spell(END - ago * MINUTE, minutes) for ago, minutes in bad], LOOSE, LAST)
    assert (burn and burn.long / HOUR) == hours, why


def test_the_limits_are_those_of_the_workbook() -> None:
    """Of a month 14.4 times within an hour and 6 times within six."""
    burns = [FastBurn(HOUR, 5 * MINUTE, share=0.02), FastBurn(6 * HOUR, 30 * MINUTE, share=0.05)]
    assert [burn.share * (MONTH.window / burn.long) for burn in burns] == pytest.approx([14.4, 6])


# ── Spells ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_too_many_spells_are_joined_and_no_minute_is_lost() -> None:
    many = [spell(JUNE + number * HOUR + number * number * MINUTE, 2) for number in range(MAX_SPELLS + 20)]
    kept = joined(many)
    assert len(kept) == MAX_SPELLS
    assert sum(each.minutes for each in kept) == 2 * len(many)
    assert bad_time(kept, 30 * DAY, LAST) == 2 * len(many) * MINUTE
    assert all(earlier.ended <= later.began for earlier, later in pairwise(kept))
    assert kept[-20:] == tuple(many[-20:])  # these lie furthest apart


def test_a_joined_spell_leaves_the_window_by_its_share() -> None:
    of_an_hour = BadSpell(began=JUNE, ended=JUNE + HOUR, minutes=30, over=True)
    assert bad_time([of_an_hour], HOUR, JUNE + 79 * MINUTE) == 20 * MINUTE


def test_a_replay_burns_the_minutes_that_its_score_counts() -> None:
    p95 = np.full(4 * 10, 100.0)
    p95[[5, 6, 9, 27]] = 300  # in minutes 1, 2 and 6
    timeline = Timeline("a", JUNE, timedelta(seconds=15), 250.0, p95, p95, p95, p95, p95, p95, p95, p95, p95)
    assert spells_of(timeline) == (spell(JUNE + MINUTE, 2), spell(JUNE + 6 * MINUTE, 1))
