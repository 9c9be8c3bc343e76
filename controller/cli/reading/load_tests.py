"""Load tests as files: what the command line reads of them."""

from pathlib import Path

from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import unreadable
from controller.scaling.learning.load_test import read_load_test, seed_capacities


def with_load_test(policy: ScalingPolicy, path: Path) -> ScalingPolicy:
    """Return the policy that knows from a load test what a replica can take; raise InputRefused where it cannot."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            pairs = read_load_test(lines, str(path))
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(path, problem) from problem
    status = ScalingPolicyStatus(memory=seed_capacities(policy, pairs, str(path)))
    return policy.model_copy(update={"status": status})
