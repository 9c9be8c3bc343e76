"""A budget of 10 an hour as a limit, at 0.5 a replica."""

import pytest

from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.planning.budget import budget_limit
from controller.scaling.planning.outlook import Limit
from tests.builders import a_policy


def spender(
    name: str, *, budget: str = "team", hourly: float = 10, running: int | None = 4, namespace: str = "shop"
) -> ScalingPolicy:
    cost = {"hourlyPerReplica": "0.5", "budget": {"name": budget, "hourly": hourly}}
    policy = a_policy(name=name, namespace=namespace, cost=cost)
    return policy.model_copy(update={"status": ScalingPolicyStatus(current_replicas=running)})


WEB = spender("web")


@pytest.mark.parametrize(
    ("others", "replicas"),
    [
        ([], 20),
        ([WEB], 20),
        ([spender("api")], 16),
        ([spender("api", running=None)], 20),
        ([spender("api", hourly=7)], 10),
        ([spender("api", running=40)], 0),
        ([spender("api", budget="other"), spender("api", namespace="bank"), a_policy(name="free")], 20),
    ],
    ids=[
        "alone",
        "itself",
        "what another runs is taken",
        "not known is nothing",
        "the smallest amount counts",
        "nothing is left",
        "who shares nothing",
    ],
)
def test_a_budget_pays_for_what_others_leave(others: list[ScalingPolicy], replicas: int) -> None:
    assert budget_limit(WEB, others) == Limit("Budget", replicas, "budget team")


@pytest.mark.parametrize("policy", [a_policy(), a_policy(cost={"hourlyPerReplica": 1})], ids=["no cost", "no budget"])
def test_without_a_budget_there_is_no_limit(policy: ScalingPolicy) -> None:
    assert budget_limit(policy, [WEB]) is None
