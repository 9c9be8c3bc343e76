"""Sharing: what several policies get of a budget that is less than they ask for together. Pure arithmetic.

Everybody keeps what cannot be cut. The rest goes to the highest priority first; those of one priority share by need,
in whole replicas, by largest remainders (Hamilton's method).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.guards.health import unhealthy_signals
from controller.scaling.observation import Grant
from controller.scaling.reasons import Reason

HELD_BY_HAND = (Reason.PINNED, Reason.PAUSED, Reason.FROZEN)
ROUNDING = 1e-9  # of a replica: a budget that pays for exactly ten must not pay for nine


@dataclass(frozen=True, slots=True)
class Claim:
    """What one policy asks of a budget: replicas wanted, those that cannot be cut, and what one of them costs."""

    policy: ObjectKey
    priority: int
    price: float
    wanted: int
    floor: int

    @property
    def need(self) -> int:
        """Replicas that may be cut."""
        return self.wanted - self.floor


def shares_budget(policy: ScalingPolicy) -> bool:
    """Tell whether what a policy gets depends on what others ask for."""
    return policy.spec.cost is not None and policy.spec.cost.budget is not None


def grants(decisions: Iterable[Decision]) -> Mapping[ObjectKey, Grant]:
    """Return what policies get whose budgets are less than they ask for; who gets all it asks for is not named."""
    by_budget: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for decision in decisions:
        cost = decision.observation.policy.spec.cost
        if cost is not None and cost.budget is not None:
            by_budget[decision.policy.namespace, cost.budget.name].append(decision)
    granted: dict[ObjectKey, Grant] = {}
    for (_, name), sharing in by_budget.items():
        claims = [_claim(decision) for decision in sharing]
        hourly = min(_hourly(decision) for decision in sharing)
        shares = share_out(claims, hourly)
        short = [claim for claim in claims if shares[claim.policy] < claim.wanted]
        granted |= {claim.policy: Grant(shares[claim.policy], name, hourly) for claim in short}
    return granted


def share_out(claims: Sequence[Claim], hourly: float) -> Mapping[ObjectKey, int]:
    """Return the replicas of each policy. They cost no more than `hourly` but for what cannot be cut."""
    shares = {claim.policy: claim.floor for claim in claims}
    left = hourly - sum(claim.floor * claim.price for claim in claims)
    ranked = sorted(claims, key=lambda claim: (-claim.priority, claim.policy))
    for _, equals in groupby(ranked, key=lambda claim: claim.priority):
        for claim, replicas in _by_need([*equals], max(left, 0.0)):
            shares[claim.policy] += replicas
            left -= replicas * claim.price
    return shares


def _by_need(claims: Sequence[Claim], money: float) -> list[tuple[Claim, int]]:
    """Return what each of some equals gets above its floor."""
    asked = sum(claim.need * claim.price for claim in claims)
    share = min(1.0, money / asked) if asked else 1.0
    exact = [claim.need * share for claim in claims]
    whole = [int(each + ROUNDING) for each in exact]
    money -= sum(replicas * claim.price for replicas, claim in zip(whole, claims, strict=True))
    while affordable := [i for i, each in enumerate(claims) if whole[i] < each.need and each.price <= money + ROUNDING]:
        largest = min(affordable, key=lambda i: (whole[i] - exact[i], claims[i].policy))
        whole[largest] += 1
        money -= claims[largest].price
    return list(zip(claims, whole, strict=True))


def _claim(decision: Decision) -> Claim:
    """Return what a policy asks for. One that only recommends spends what runs, whatever it would wish."""
    observation, cost = decision.observation, decision.observation.policy.spec.cost
    wanted = decision.desired_replicas if observation.acts else decision.current_replicas
    floor = wanted if not observation.acts or decision.reason in HELD_BY_HAND else _floor(decision)
    price = cost.hourly_per_replica if cost else 0.0
    return Claim(decision.policy, observation.policy.spec.priority, price, wanted, min(floor, wanted))


def _floor(decision: Decision) -> int:
    """Return the replicas that no budget cuts: minReplicas, and all that run while not everything is seen."""
    least = decision.observation.policy.spec.min_replicas
    return max(least, decision.current_replicas) if unhealthy_signals(decision.observation) else least


def _hourly(decision: Decision) -> float:
    cost = decision.observation.policy.spec.cost
    return cost.budget.hourly if cost and cost.budget else 0.0
