"""Pools: what policies of a namespace share, an hourly budget or a resource of a ResourceQuota, and who asks for it.

How a pool is shared out is shares.py's business.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Actuator, Mode, ScalingPolicy
from controller.scaling.decision import Decision
from controller.scaling.guards.health import unhealthy_signals
from controller.scaling.observation import Grant
from controller.scaling.reasons import Reason
from controller.scaling.sharing.namespace_quotas import Footprint, NamespaceQuotas, Quota, Workload
from controller.scaling.sharing.shares import ROUNDING, Claim, Pool, left_of, paid_for, share_pools

HELD_BY_HAND = (Reason.PINNED, Reason.PAUSED, Reason.FROZEN)


def shares_budget(policy: ScalingPolicy) -> bool:
    """Tell whether a policy names a budget that others may name, too."""
    return policy.spec.cost is not None and policy.spec.cost.budget is not None


def grants(decisions: Sequence[Decision], quotas: NamespaceQuotas | None) -> Mapping[ObjectKey, Grant]:
    """Return what policies of one namespace get that cannot have all they ask for; no others are named.

    Of one that only recommends it is what would be left for it beside the others, where that is less than its wish.
    """
    sharing = _one_a_target(decisions)
    pools = [*_budgets(sharing), *(_quotas(sharing, quotas) if quotas else ())]
    granted = share_pools(pools)
    asked = {decision.policy: decision.desired_replicas for decision in sharing}
    left = _left_for_wishes(sharing, pools, granted)
    return {policy: grant for policy, grant in {**granted, **left}.items() if grant.replicas < asked[policy]}


def _left_for_wishes(
    sharing: Iterable[Decision], pools: Iterable[Pool], granted: Mapping[ObjectKey, Grant]
) -> Mapping[ObjectKey, Grant]:
    """Return what each policy that only recommends could run while nobody gives way, by the pool that leaves least.

    How its priority would change what others get is known once it acts.
    """
    wishing = {each.policy for each in sharing if each.observation.policy.spec.mode is Mode.RECOMMEND}
    found: dict[ObjectKey, Grant] = {}
    for pool in pools if wishing else ():
        left = left_of(pool, granted)
        for claim in pool.claims:
            fits = claim.wanted + paid_for(left, claim.price)
            if claim.policy in wishing and (claim.policy not in found or fits < found[claim.policy].replicas):
                found[claim.policy] = Grant(fits, pool.name, pool.reason)
    return found


def _one_a_target(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions but those that are only shown beside another one on their target: it is taken once."""
    kept = [decision for decision in decisions if decision.observation.acts]
    taken = {_target(decision) for decision in kept}
    for decision in decisions:
        if _target(decision) not in taken:
            taken.add(_target(decision))
            kept.append(decision)
    return kept


def _target(decision: Decision) -> Workload:
    return Workload.of(decision.observation.policy.spec.scale_target_ref)


def _budgets(decisions: Iterable[Decision]) -> Iterator[Pool]:
    by_budget: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        cost = decision.observation.policy.spec.cost
        if cost is not None and cost.budget is not None:
            by_budget[cost.budget.name].append(decision)
    for name, sharing in by_budget.items():
        hourly = min(_hourly(decision) for decision in sharing)
        claims = tuple(replace(_claim(decision), price=_price(decision)) for decision in sharing)
        yield Pool(f"budget {name} of {hourly:g} an hour", Reason.BUDGET, hourly, claims)


def _quotas(decisions: Iterable[Decision], known: NamespaceQuotas) -> Iterator[Pool]:
    """Return the pools that quotas are. Targets that nobody decides about now keep the pods they have."""
    deciding = {_target(decision): decision for decision in decisions}
    undecided = [footprint for target, footprint in known.footprints.items() if target not in deciding]
    asked = [
        (_claim(decision, runs=_runs_anyway(decision, footprint)), footprint)
        for target, decision in deciding.items()
        if (footprint := known.footprints.get(target))
    ]
    for quota in known.quotas:
        taken = quota.others + sum(each.pods * each.takes.get(quota.resource, 0.0) for each in undecided)
        yield _pool(quota, quota.hard - taken, asked)


def _pool(quota: Quota, total: float, asked: Iterable[tuple[Claim, Footprint]]) -> Pool:
    """Return the pool that a quota is. One lowered below what runs ends no pods, as in Kubernetes: nobody grows."""
    claims, kept = [], []
    for claim, footprint in asked:
        if price := footprint.takes.get(quota.resource):
            claims.append(replace(claim, price=price))
            kept.append(min(claim.wanted, footprint.pods))
    running = sum(claim.price * pods for claim, pods in zip(claims, kept, strict=True))
    if running > total + abs(total) * ROUNDING:
        claims = [replace(claim, floor=max(claim.floor, pods)) for claim, pods in zip(claims, kept, strict=True)]
    return Pool(f"ResourceQuota {quota.name} ({quota.resource})", Reason.QUOTA, total, tuple(claims))


def _runs_anyway(decision: Decision, footprint: Footprint) -> int:
    """Return the pods that run whatever is decided: somebody else scales the target, and may be above our wish."""
    return 0 if decision.observation.policy.spec.actuator is Actuator.SCALE else footprint.pods


def _claim(decision: Decision, *, runs: int = 0) -> Claim:
    """Return what a policy asks for, at no price yet. One that only recommends takes what runs, whatever it wishes."""
    observation = decision.observation
    wanted = max(decision.desired_replicas if observation.acts else decision.current_replicas, runs)
    floor = wanted if not observation.acts or decision.reason in HELD_BY_HAND else max(_floor(decision), runs)
    return Claim(decision.policy, observation.policy.spec.priority, 0.0, wanted, min(floor, wanted))


def _floor(decision: Decision) -> int:
    """Return the replicas that nothing short cuts: minReplicas, and all that run while not everything is seen."""
    least = decision.observation.policy.spec.min_replicas
    return max(least, decision.current_replicas) if unhealthy_signals(decision.observation) else least


def _price(decision: Decision) -> float:
    cost = decision.observation.policy.spec.cost
    return cost.hourly_per_replica if cost else 0.0


def _hourly(decision: Decision) -> float:
    cost = decision.observation.policy.spec.cost
    return cost.budget.hourly if cost and cost.budget else 0.0
