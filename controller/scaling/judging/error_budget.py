"""Error budget: how much bad service the objective allows, how much of it is burnt, and how fast. Pure arithmetic.

A burn rate is bad time as a multiple of what the target allows: at 1 the budget lasts exactly its window. A fast burn
is told by two windows: the long one shows that it matters, the short one that it goes on. Source: Google, The Site
Reliability Workbook (2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.api.error_budget import MAX_SPELLS, BadSpell, ErrorBudget
from controller.scaling.judging.timeline import Timeline

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """The time in which service may be bad within a window, and how much of that is burnt."""

    allowed: timedelta
    burnt: timedelta

    @property
    def left(self) -> timedelta:
        """What may still be burnt; nothing once all is."""
        return max(self.allowed - self.burnt, timedelta(0))

    @property
    def left_share(self) -> float:
        """What is left as a share of the allowed, 0 to 1."""
        return self.left / self.allowed


@dataclass(frozen=True, slots=True)
class FastBurn:
    """A burn that would use up `share` of a budget in the long window, and goes on in the short one."""

    long: timedelta
    short: timedelta
    share: float


BURN_WINDOWS = {
    "5m": timedelta(minutes=5),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
}
# A budget of four weeks would be gone within two days, or within five.
FAST_BURNS = (
    FastBurn(BURN_WINDOWS["1h"], BURN_WINDOWS["5m"], share=0.02),
    FastBurn(BURN_WINDOWS["6h"], BURN_WINDOWS["30m"], share=0.05),
)


def budget_of(spells: Sequence[BadSpell], wanted: ErrorBudget, now: datetime) -> Budget:
    """Return the budget of the window that ends now."""
    return Budget(wanted.allowed, bad_time(spells, wanted.window, now))


def burn_rate(spells: Sequence[BadSpell], wanted: ErrorBudget, length: timedelta, *, now: datetime) -> float:
    """Return how many times as fast as allowed the budget burnt over the `length` that ends now."""
    return (bad_time(spells, length, now) / length) / (wanted.allowed / wanted.window)


def fast_burn(spells: Sequence[BadSpell], wanted: ErrorBudget, now: datetime) -> FastBurn | None:
    """Return the fastest burn that is going on; None where the budget burns slowly enough, or not at all."""
    for burn in FAST_BURNS:
        limit = burn.share * (wanted.window / burn.long)
        rates = (burn_rate(spells, wanted, length, now=now) for length in (burn.long, burn.short))
        if all(rate >= limit for rate in rates):
            return burn
    return None


def bad_time(spells: Sequence[BadSpell], length: timedelta, now: datetime) -> timedelta:
    """Return the bad minutes of the `length` that ends with the running minute; of joined spells, their share in it."""
    end = begin_of_minute(now) + MINUTE
    return sum((_within(spell, end - length, end) for spell in spells), timedelta(0))


def begin_of_minute(moment: datetime) -> datetime:
    """Return when the minute of the clock began that a moment lies in."""
    return moment.replace(second=0, microsecond=0)


def _within(spell: BadSpell, begin: datetime, end: datetime) -> timedelta:
    overlap = min(spell.ended, end) - max(spell.began, begin)
    share = max(overlap, timedelta(0)) / (spell.ended - spell.began)
    return share * spell.minutes * MINUTE


def joined(spells: Sequence[BadSpell]) -> tuple[BadSpell, ...]:
    """Return at most as many spells as a status holds: those with the least time in between become one."""
    kept = list(spells)
    while len(kept) > MAX_SPELLS:
        first = min(range(len(kept) - 1), key=lambda index: kept[index + 1].began - kept[index].ended)
        earlier, later = kept[first : first + 2]
        minutes = earlier.minutes + later.minutes
        kept[first : first + 2] = [later.model_copy(update={"began": earlier.began, "minutes": minutes})]
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Burnt:
    """What a replay burnt: the budget as it stands at the end, and the burn rate over the whole of the replay."""

    budget: Budget
    rate: float


def burnt_by(timeline: Timeline, wanted: ErrorBudget) -> Burnt:
    """Return what a timeline of at least one tick burnt of an error budget."""
    spells, length = spells_of(timeline), len(timeline) * timeline.tick
    last = timeline.start + length - timeline.tick
    return Burnt(budget_of(spells, wanted, last), burn_rate(spells, wanted, length, now=last))


def spells_of(timeline: Timeline) -> tuple[BadSpell, ...]:
    """Return the minutes of a replay with a p95 above the objective in any tick, as spells."""
    bad = np.unique(timeline.seconds[timeline.p95_ms > timeline.objective_ms] // MINUTE.total_seconds())
    runs = np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1) if len(bad) else []
    return tuple(
        BadSpell(began=_minute(run[0]), ended=_minute(run[-1] + 1), minutes=len(run), over=True) for run in runs
    )


def _minute(number: float) -> datetime:
    return datetime.fromtimestamp(float(number) * MINUTE.total_seconds(), UTC)
