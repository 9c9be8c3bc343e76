"""One decision: how long it takes to make, to write down and to turn into a patch, and how large its record is."""

import json
from collections.abc import Sequence
from datetime import timedelta

from benchmarks.loads import NOW, a_policy_document, pickled_forecasts, unpickled
from benchmarks.measuring import isolated, typical
from benchmarks.tables import Table
from controller.api.objective import Objective
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load
from controller.scaling.capacity import replicas_for
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation, Outlook, Reading, Scale, Usual
from controller.scaling.publishing.patch import patch_for
from controller.scaling.publishing.record import record_of

BASELINE = "`json.dumps` of the decision's record"
CALLS = 1000  # of an action too short to be timed alone
LOOK_AHEAD = timedelta(minutes=40)
LEVEL = 0.95
LOW = 0.02
OBJECTIVE = Objective(p95_milliseconds=250)
LOAD = Load(per_replica=10, service_time_milliseconds=100)


def table() -> Table:
    """Measure in one process."""
    seconds, size = isolated(measure)
    baseline = seconds.pop(BASELINE)
    rows = [(what, each * 1e6, each / baseline) for what, each in seconds.items()]
    return Table(
        title="Decision",
        intro=(
            f"One policy with a forecast, a step rule and two signals. The baseline is {BASELINE}, "
            f"{baseline * 1e6:.0f} µs here; the record has {size:,} bytes."
        ),
        header=("what", "µs", "x baseline"),
        rows=rows,
    )


def measure() -> tuple[dict[str, float], int]:
    """Return seconds by what was measured, and the size of the record in bytes."""
    policy = ScalingPolicy.model_validate(a_policy_document(1))
    observation = an_observation(policy, pickled_forecasts())
    blind = Observation(NOW, policy, observation.readings, observation.scale, Memory())
    decision = evaluate(observation)
    record = record_of(decision)
    loads = [float(load) for load in range(1, CALLS + 1)]
    seconds = {
        BASELINE: typical(lambda: json.dumps(record)),
        "`evaluate`, with an outlook": typical(lambda: evaluate(observation)),
        "`evaluate`, without one": typical(lambda: evaluate(blind)),
        "`patch_for`": typical(lambda: patch_for(decision)),
        "`record_of`": typical(lambda: record_of(decision)),
        "`replicas_for`, from the queueing table": typical(lambda: look_up(loads, LOAD, OBJECTIVE)) / CALLS,
        "`replicas_for`, by utilisation": typical(lambda: look_up(loads, LOAD, Objective())) / CALLS,
    }
    return seconds, len(json.dumps(record).encode())


def an_observation(policy: ScalingPolicy, pickled: Sequence[bytes]) -> Observation:
    """Return what a sweep sees of a policy whose forecast may act."""
    (fitted,) = unpickled(pickled, 1)
    forecast = fitted.forecast(LOOK_AHEAD, levels=(LOW, 0.5, LEVEL))
    usual = Usual(forecast.quantile(0.5), forecast.quantile(LOW), fitted)
    outlook = Outlook(NOW, LEVEL, forecast.quantile(0.5), forecast.quantile(LEVEL), fitted, usual)
    return Observation(
        now=NOW,
        policy=policy,
        readings={"requests": Reading(80.0, NOW), "queue": Reading(20.0, NOW)},
        scale=Scale(12, 12),
        memory=Memory(),
        outlooks={"requests": outlook},
    )


def look_up(loads: Sequence[float], capacity: Load, objective: Objective) -> None:
    """Ask for the replicas of each load."""
    for load in loads:
        replicas_for(load, capacity, objective)
