"""Shares: what several policies get of something that is less than they ask for together. Pure arithmetic.

Everybody keeps what cannot be cut. The rest goes to the highest priority first; those of one priority share by need,
in whole replicas, by largest remainders (Hamilton's method). What is shared, and who asks for it, pools.py says.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import groupby

from controller.api.metadata import ObjectKey
from controller.scaling.observation import Grant
from controller.scaling.reasons import Reason

ROUNDING = 1e-9  # of a replica: a budget that pays for exactly ten must not pay for nine


@dataclass(frozen=True, slots=True)
class Claim:
    """What one policy asks of a pool: replicas wanted, those that cannot be cut, and what one of them takes."""

    policy: ObjectKey
    priority: int
    price: float
    wanted: int
    floor: int

    @property
    def need(self) -> int:
        """Replicas that may be cut."""
        return self.wanted - self.floor


@dataclass(frozen=True, slots=True)
class Pool:
    """Something that policies share: how a grant names it, how much of it there is, and who asks for it."""

    name: str
    reason: Reason
    total: float
    claims: tuple[Claim, ...]


def paid_for(amount: float, price: float) -> int:
    """Return how many whole replicas an amount pays for; none where nothing is left of it."""
    return math.floor(max(amount, 0.0) / price + ROUNDING)


def share_pools(pools: Iterable[Pool]) -> Mapping[ObjectKey, Grant]:
    """Return what policies get that cannot have all they ask for, each with the pool that leaves it least.

    Pools are shared one after the other: what a policy cannot have by an earlier one, it does not ask of a later one.
    """
    granted: dict[ObjectKey, Grant] = {}
    for pool in pools:
        claims = [_within(claim, granted.get(claim.policy)) for claim in pool.claims]
        shares = share_out(claims, pool.total)
        short = [claim.policy for claim in claims if shares[claim.policy] < claim.wanted]
        granted |= {policy: Grant(shares[policy], pool.name, pool.reason) for policy in short}
    return granted


def left_of(pool: Pool, granted: Mapping[ObjectKey, Grant]) -> float:
    """Return what is left of a pool once all have what they asked for or got; below 0 where floors take more."""
    return pool.total - sum(_within(claim, granted.get(claim.policy)).wanted * claim.price for claim in pool.claims)


def share_out(claims: Sequence[Claim], total: float) -> Mapping[ObjectKey, int]:
    """Return the replicas of each policy. They take no more than `total` but for what cannot be cut."""
    shares = {claim.policy: claim.floor for claim in claims}
    left = total - sum(claim.floor * claim.price for claim in claims)
    ranked = sorted(claims, key=lambda claim: (-claim.priority, claim.policy))
    for _, equals in groupby(ranked, key=lambda claim: claim.priority):
        for claim, replicas in _by_need([*equals], max(left, 0.0)):
            shares[claim.policy] += replicas
            left -= replicas * claim.price
    return shares


def _within(claim: Claim, grant: Grant | None) -> Claim:
    """Return a claim for no more than what was granted already."""
    return claim if grant is None else replace(claim, wanted=min(claim.wanted, max(grant.replicas, claim.floor)))


def _by_need(claims: Sequence[Claim], amount: float) -> list[tuple[Claim, int]]:
    """Return what each of some equals gets above its floor."""
    asked = sum(claim.need * claim.price for claim in claims)
    share = min(1.0, amount / asked) if asked else 1.0
    exact = [claim.need * share for claim in claims]
    whole = [int(each + ROUNDING) for each in exact]
    amount -= sum(replicas * claim.price for replicas, claim in zip(whole, claims, strict=True))
    queue = [(whole[i] - exact[i], each.policy, i) for i, each in enumerate(claims) if whole[i] < each.need]
    heapify(queue)
    while queue:
        _, policy, i = heappop(queue)
        if claims[i].price > amount + ROUNDING:
            continue  # what is left becomes no more
        whole[i] += 1
        amount -= claims[i].price
        if whole[i] < claims[i].need:
            heappush(queue, (whole[i] - exact[i], policy, i))
    return list(zip(claims, whole, strict=True))
