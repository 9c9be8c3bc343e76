"""The error budget of a policy, live: when service was bad is remembered, and how the budget stands is told.

What a budget is worth is arithmetic, in judging/error_budget.py; what a short one asks for, in voices/spare_room.py.
"""

from datetime import datetime, timedelta

from controller.api.error_budget import BadSpell
from controller.scaling.guards.indicators import is_service_bad
from controller.scaling.judging.error_budget import (
    BURN_WINDOWS,
    MINUTE,
    Budget,
    FastBurn,
    begin_of_minute,
    budget_of,
    burn_rate,
    fast_burn,
    joined,
)
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

NEARLY_GONE = 0.25  # of the budget left: a week's worth of four
UNSEEN = timedelta(minutes=10)  # bad before and after what nobody saw, a restart say, was bad in between


def advance_spells(observation: Observation) -> tuple[BadSpell, ...]:
    """Return the spells of bad service within the budget's window, the running minute included; none without one."""
    wanted, now = observation.policy.spec.objective.error_budget, observation.now
    if wanted is None:
        return ()
    known = observation.memory.bad_spells
    kept = tuple(spell for spell in known if spell.began <= now and now - wanted.window < spell.ended)
    bad = is_service_bad(observation)
    if bad is None or not (bad or kept):
        return kept
    if not bad:
        return (*kept[:-1], kept[-1] if kept[-1].over else kept[-1].model_copy(update={"over": True}))
    return joined(_with_minute(kept, begin_of_minute(now)))


def _with_minute(spells: tuple[BadSpell, ...], minute: datetime) -> tuple[BadSpell, ...]:
    """Return the spells with this minute among them."""
    end = minute + MINUTE
    last = spells[-1] if spells else None
    if last is None or minute - last.ended > (timedelta(0) if last.over else UNSEEN):
        return (*spells, BadSpell(began=minute, ended=end, minutes=1))
    added = max(0, (end - last.ended) // MINUTE)
    longer = {"ended": max(end, last.ended), "minutes": last.minutes + added, "over": False}
    return (*spells[:-1], last.model_copy(update=longer))


def error_budget(observation: Observation) -> Budget | None:
    """Return the policy's budget as it stands now; None where it names none."""
    wanted = observation.policy.spec.objective.error_budget
    return None if wanted is None else budget_of(observation.memory.bad_spells, wanted, observation.now)


def burn_rates(observation: Observation) -> dict[str, float]:
    """Return the burn rates of a policy's budget by the length of time they are over, `5m` say; none without one."""
    wanted, spells = observation.policy.spec.objective.error_budget, observation.memory.bad_spells
    if wanted is None:
        return {}
    return {name: burn_rate(spells, wanted, length, now=observation.now) for name, length in BURN_WINDOWS.items()}


def within_error_budget(observation: Observation) -> tuple[bool, str, str] | None:
    """Return whether enough of the budget is left and it burns slowly; None where the policy names none."""
    wanted, spells = observation.policy.spec.objective.error_budget, observation.memory.bad_spells
    budget = error_budget(observation)
    if wanted is None or budget is None:
        return None
    if budget.left_share < NEARLY_GONE:
        return False, Reason.ERROR_BUDGET_NEARLY_GONE, f"{told(budget)} of {wanted.window_days} days"
    burn = fast_burn(spells, wanted, observation.now)
    if burn is not None:
        return False, Reason.ERROR_BUDGET_BURNING, f"{told(budget)}; {_told_burn(burn)}"
    return True, Reason.ERROR_BUDGET_LEFT, f"{told(budget)} of {wanted.window_days} days"


def told(budget: Budget) -> str:
    """Return a budget in words."""
    return f"{budget.left / MINUTE:.1f} of {budget.allowed / MINUTE:.1f} minutes of bad service are left"


def _told_burn(burn: FastBurn) -> str:
    hours = burn.long / timedelta(hours=1)
    return f"more than {burn.share:.0%} of them burnt within the last {hours:.0f} h and go on"
