"""What the API server sends: workloads made slim, policies parsed."""

import json
from collections.abc import Callable

from benchmarks.loads import NAMESPACES, a_policy_document
from benchmarks.measuring import isolated, peak_mib, typical
from benchmarks.tables import Table
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.targets import project_target

DEPLOYMENTS = 10_000
POLICIES = 1_000
CONTAINERS = 2


def table() -> Table:
    """Measure in one process."""
    figures, mib = isolated(measure)
    return Table(
        title="Wire",
        intro=(
            "Raw objects become what Headroom keeps. The baseline of each is `json.loads` of the same objects. The "
            f"process, raw objects and text included, peaks at {mib:.0f} MiB."
        ),
        header=("what", "ms", "µs each", "x baseline"),
        rows=[(what, seconds * 1e3, each * 1e6, ratio) for what, (seconds, each, ratio) in figures.items()],
    )


def measure() -> tuple[dict[str, tuple[float, float, float]], float]:
    """Return, by what was measured, seconds in all, seconds each and the ratio to the baseline; and the peak in MiB."""
    deployments = [_deployment(number) for number in range(DEPLOYMENTS)]
    policies = [a_policy_document(number) for number in range(POLICIES)]
    figures = {
        f"`project_target` of {DEPLOYMENTS:,} Deployments": _compared(project_target, deployments),
        f"parsing {POLICIES:,} ScalingPolicies": _compared(ScalingPolicy.model_validate, policies),
    }
    return figures, peak_mib()


def _compared(
    read: Callable[[dict[str, object]], object], documents: list[dict[str, object]]
) -> tuple[float, float, float]:
    texts = [json.dumps(document) for document in documents]
    seconds = typical(lambda: [read(document) for document in documents])
    baseline = typical(lambda: [json.loads(text) for text in texts])
    return seconds, seconds / len(documents), seconds / baseline


def _deployment(number: int) -> dict[str, object]:
    """Return a Deployment of usual size as the API server sends it."""
    name, labels = f"workload-{number}", {"app": f"workload-{number}", "tier": "web", "team": f"team-{number % 7}"}
    containers = [
        {
            "name": f"container-{position}",
            "image": f"{name}:1.2.{position}",
            "env": [{"name": f"SETTING_{key}", "value": str(key)} for key in range(10)],
            "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
        }
        for position in range(CONTAINERS)
    ]
    conditions = [
        {"type": each, "status": "True", "reason": "Fine", "message": "as it should be"}
        for each in ("Available", "Progressing")
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": f"team-{number % NAMESPACES}",
            "uid": f"00000000-0000-4000-8000-{number:012d}",
            "resourceVersion": str(number + 1),
            "generation": 3,
            "creationTimestamp": "2026-01-05T08:00:00Z",
            "labels": labels,
        },
        "spec": {
            "replicas": 12,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        },
        "status": {
            "observedGeneration": 3,
            "replicas": 12,
            "readyReplicas": 12,
            "updatedReplicas": 12,
            "availableReplicas": 12,
            "conditions": conditions,
        },
    }
