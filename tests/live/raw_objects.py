"""Raw objects as the API server sends them, so that a test names only what it is about."""

from typing import Any

from controller.api.scaling_policy import ScalingPolicy
from tests.builders import a_policy


def metadata(name: str = "web", namespace: str = "shop", *, version: int = 1, **more: object) -> dict[str, Any]:
    """Return the metadata of an object; without a namespace that of a cluster-scoped one."""
    scope = {"namespace": namespace} if namespace else {}
    return {"name": name, **scope, "uid": f"uid-{name}", "resourceVersion": str(version), "generation": 1, **more}


def raw_policy(name: str = "web", *, version: int = 1, status: object = None, **spec: object) -> dict[str, Any]:
    """Return a ScalingPolicy; `spec` fields are given as the wire writes them."""
    full = wire_spec(a_policy()) | spec
    said = {} if status is None else {"status": status}
    named = metadata(name, version=version)
    return {"apiVersion": "headroom.dev/v1alpha1", "kind": "ScalingPolicy", "metadata": named, "spec": full, **said}


def raw_source(name: str = "default", *, version: int = 1, **spec: object) -> dict[str, Any]:
    """Return a MetricsSource."""
    full = {"url": "http://127.0.0.1:9090", **spec}
    named = metadata(name, "", version=version)
    return {"apiVersion": "headroom.dev/v1alpha1", "kind": "MetricsSource", "metadata": named, "spec": full}


def raw_event(name: str = "launch", *, version: int = 1, **spec: object) -> dict[str, Any]:
    """Return a DemandEvent."""
    times = {"start": "2026-03-02T13:00:00Z", "end": "2026-03-02T15:00:00Z"}
    full = {**times, "multiplierPercent": 300, "policies": ["web"], **spec}
    named = metadata(name, version=version)
    return {"apiVersion": "headroom.dev/v1alpha1", "kind": "DemandEvent", "metadata": named, "spec": full}


def raw_deployment(name: str = "web", *, version: int = 1, replicas: object = 3) -> dict[str, Any]:
    """Return a Deployment that has all its replicas."""
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}}
    status = {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3}
    named = metadata(name, version=version)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": named, "spec": spec, "status": status}


def raw_hpa(name: str = "web", *, target: str = "web", version: int = 1) -> dict[str, Any]:
    """Return a HorizontalPodAutoscaler of a Deployment."""
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": metadata(name, version=version), "spec": {"scaleTargetRef": ref}}


def wire_spec(policy: ScalingPolicy) -> dict[str, Any]:
    """Return a policy's spec as the wire writes it."""
    return policy.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
