"""From what policies say to what is asked: each signal resolved to a selector, equal selectors asked together."""

from collections.abc import Callable
from dataclasses import dataclass

from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import MetricSelector, Signal
from controller.errors import InputRefused
from controller.scaling.observation import Obstacle
from controller.scaling.reasons import Reason
from controller.telemetry.compiler import Workload, check_selector
from controller.telemetry.presets import presets_of

Sources = Callable[[str], MetricsSource | None]
"""Looks a MetricsSource up by name."""


class SignalRefused(InputRefused):
    """A signal cannot be asked for as it is written; `reason` is the word for the policy's condition."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Question:
    """One selector at one source: what one query asks for any number of workloads."""

    source: str
    selector: MetricSelector


@dataclass(frozen=True)
class Asked:
    """What one signal of one policy asks: its question, and the workload it is about."""

    question: Question
    workload: Workload


def resolve_template(signal: Signal, source: MetricsSource) -> MetricSelector:
    """Return the selector a signal stands for, without names, so that equal ones are equal.

    Raises SignalRefused where the source has no such preset, or where the selector cannot be compiled.
    """
    template: MetricSelector | None = signal.metric
    if signal.preset is not None:
        presets = presets_of(source.spec)
        template = presets.get(signal.preset)
        if template is None:
            known = ", ".join(sorted(presets))
            raise SignalRefused(
                Reason.UNKNOWN_PRESET,
                f"signal {signal.name}: MetricsSource {source.metadata.name} has no preset {signal.preset!r}; "
                f"it has {known}",
            )
    fields = MetricSelector.model_fields
    selector = MetricSelector.model_construct(**{field: getattr(template, field) for field in fields})
    try:
        check_selector(selector)
    except InputRefused as error:
        raise SignalRefused(Reason.INVALID_SPEC, f"signal {signal.name}: {error}") from error
    return selector


def ask(policy: ScalingPolicy, signal: Signal, sources: Sources) -> Asked:
    """Return what a signal of a policy asks; raise SignalRefused where it cannot be asked."""
    name = policy.spec.metrics_source
    source = sources(name)
    if source is None:
        raise SignalRefused(
            Reason.METRICS_SOURCE_NOT_FOUND,
            f"MetricsSource {name!r} does not exist; create it, or name another in spec.metricsSource",
        )
    workload = Workload(policy.metadata.namespace, signal.workload or policy.spec.scale_target_ref.name)
    if not workload.namespace:
        raise SignalRefused(Reason.INVALID_SPEC, f"policy {policy.key} has no namespace; signals are read within one")
    return Asked(Question(name, resolve_template(signal, source)), workload)


def find_obstacle(policy: ScalingPolicy, sources: Sources) -> Obstacle | None:
    """Return why a policy's signals cannot be asked for at all, for its condition; None where they can."""
    for signal in policy.spec.signals:
        try:
            ask(policy, signal, sources)
        except SignalRefused as refused:
            return Obstacle(refused.reason, str(refused))
    return None
