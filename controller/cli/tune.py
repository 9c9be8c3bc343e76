"""`headroom tune`: a complete ScalingPolicy for a workload from its history, as YAML to apply."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from click.core import ParameterSource
from pydantic import ValidationError
from rich.console import Console

from controller.api.fields import DNS_LABEL
from controller.api.metadata import ObjectKey
from controller.api.objective import Objective
from controller.api.refusal import explain
from controller.api.signals import Load
from controller.cli.reading.calendars import People, knows_people
from controller.cli.reading.load_tests import with_load_test
from controller.cli.reading.scene_flags import SceneFlags, judged_from, scene_flags
from controller.cli.reading.scenes import Scene
from controller.cli.reading.values import FILE, Number, Share
from controller.cli.showing.outputs import check_folder, make_table, plain, progress
from controller.cli.trying.side_by_side import JOBS, workers
from controller.cli.trying.trials import Trial
from controller.cli.trying.tuned_policies import WHOLE, Known, document, key_of, policy_of, write_policy, yaml_of
from controller.cli.trying.tuning import INTERPOLATED_TICKS, SHIPPED, STORM, Bench, Tuned, gate_of
from controller.cli.trying.tuning import tune as tune_on
from controller.errors import InputRefused
from controller.scaling.learning.lead_time import METRIC_DELAY
from controller.scaling.learning.learned_capacity import capacity_of
from controller.simulation.defaults import SLOW_SERVICE_TIMES, SLOWEST_POD
from controller.simulation.demand import TICK

KEY = re.compile(r"(?P<namespace>[^/]+)/(?P<name>[^/]+)")
UNKNOWN_LOAD = (
    "a history of requests does not say what a replica takes: give --per-replica (and --service-time-ms), or "
    "--load-test with --p95-ms"
)


@click.command()
@click.option("--per-replica", type=Number(0, min_open=True), help="Requests/s that one replica takes.")
@click.option("--service-time-ms", type=click.IntRange(1), help="Mean time of a request on an idle replica.")
@click.option(
    "--p95-ms",
    type=click.IntRange(1),
    help=f"Latency that 95 % must stay under. Default: {SLOW_SERVICE_TIMES} service times.",
)
@click.option("--load-test", type=FILE, help="CSV of load_per_replica,p95_ms, from which both are read.")
@click.option("--name", metavar="NAMESPACE/NAME", help="Of policy and target. Default: the workload, or the trace.")
@click.option(
    "--budget", type=Share(), default="0.1%", show_default=True, help="Share of the minutes that may be over."
)
@click.option("--jobs", type=JOBS, help="Replays at a time. Default: one for each processor.")
@click.option("--output", "-o", type=FILE, help="Write the YAML here. Default: to standard output.")
@scene_flags(scale="none")
@judged_from
@knows_people
def tune(  # noqa: PLR0913  one parameter a flag
    *,
    flags: SceneFlags,
    judge_from: datetime | None,
    per_replica: float | None,
    service_time_ms: int | None,
    p95_ms: int | None,
    load_test: Path | None,
    name: str | None,
    people: People,
    budget: float,
    jobs: int | None,
    output: Path | None,
) -> None:
    """Write a complete ScalingPolicy for a workload, from its history.

    TRACE is a CSV of timestamp,value in requests per second (.gz too). Bounds, planning percentile, floor and tolerance
    are chosen on the first part of the replayed days, for a share of minutes that may be over the objective, and shown
    on the rest beside the shipped default and the HPA. What could not be learned is said in the YAML's comments, too.
    """
    check_folder(output, "--output")
    load, objective = _load(per_replica, service_time_ms, p95_ms, load_test)
    lead = SLOWEST_POD * flags.start_up + METRIC_DELAY if _is_given("start_up") else None
    zone = people.time_zone if _is_given("time_zone") else None
    known = Known(_key(flags, name), objective, load, lead_time=lead, time_zone=zone, holidays=people.holidays)
    scene = flags.scene(policy_of(known, SHIPPED), is_own=False, judge_from=judge_from)
    split = _split(scene, judge_from)
    gate = gate_of(scene, known, split)  # before the work: holidays that are not known end it here
    with progress("Replaying", None) as done, workers(jobs) as executor:
        tuned = tune_on(Bench(scene, split, executor, done), known, budget=budget)
    found = (*_findings(scene, known, tuned, split), f"The forecast: {gate}")
    comments = [*found, *(f"Not learned: {each}" for each in _not_learned(known))]
    text = yaml_of(document(known, tuned.chosen), comments)
    _tell(tuned, comments)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_policy(output, text, "--output")


def _is_given(parameter: str) -> bool:
    """Return whether a person typed it, be it the default."""
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE


def _load(
    per_replica: float | None, service_time: int | None, p95: int | None, load_test: Path | None
) -> tuple[Load, Objective]:
    """Return what a replica takes, given or tested, and the objective that goes with it."""
    if per_replica is None and load_test is None:
        raise InputRefused(UNKNOWN_LOAD)
    if per_replica is not None and load_test is not None:
        raise InputRefused("--per-replica and --load-test say the same: give one of them")
    if load_test is not None:
        return _tested(load_test, p95), Objective(p95_milliseconds=p95)
    try:
        load = Load.model_validate({"perReplica": per_replica, "serviceTimeMilliseconds": service_time})
    except ValidationError as problem:
        raise InputRefused(f"--per-replica or --service-time-ms: {explain(problem)}") from problem
    if service_time is not None:
        return load, Objective(p95_milliseconds=p95 or round(SLOW_SERVICE_TIMES * service_time))
    if p95 is not None:
        raise InputRefused("--p95-ms needs --service-time-ms: no latency follows from a capacity alone")
    return load, Objective()


def _tested(path: Path, p95: int | None) -> Load:
    if p95 is None:
        raise InputRefused("--load-test needs --p95-ms: how much a replica takes depends on how slow it may be")
    asked = Known(ObjectKey("default", "load-test"), Objective(p95_milliseconds=p95))
    policy = with_load_test(policy_of(asked, SHIPPED), path)
    found = capacity_of(policy.spec.load_signals[0], policy.status.memory)
    if found is None:
        raise InputRefused(UNKNOWN_LOAD)
    return found


def _key(flags: SceneFlags, name: str | None) -> ObjectKey:
    """Return what the policy is called: as told, else like the workload, else like the trace's file."""
    asked = name or flags.workload
    if asked is None and flags.trace is not None:
        return key_of(flags.trace)
    match = KEY.fullmatch(asked or "")
    if match is None or not all(re.fullmatch(DNS_LABEL, part) for part in match.groups()):
        raise InputRefused(f"--name or --workload must say NAMESPACE/NAME, like shop/web; it says {asked!r}")
    return ObjectKey(match["namespace"], match["name"])


def _split(scene: Scene, judge_from: datetime | None) -> int:
    """Return the tick from which days are kept to be shown: as told, else the middle of what is replayed."""
    demand = scene.demand
    if judge_from is None:
        split = (demand.evaluated_from + len(demand.rps)) // 2
    else:
        split = -((demand.start - judge_from) // TICK)
    if split - INTERPOLATED_TICKS <= demand.evaluated_from:
        raise InputRefused("what is replayed is too short: settings need more than an hour before the days kept")
    return split


def _findings(scene: Scene, known: Known, tuned: Tuned, split: int) -> Iterator[str]:
    """Yield what the policy rests on, sentence by sentence."""
    demand, spec = scene.demand, document(known, tuned.chosen)["spec"]
    begin, kept, end = (f"{demand.at(tick):%Y-%m-%d %H:%M}" for tick in (demand.evaluated_from, split, len(demand.rps)))
    highest = float(demand.rps[demand.known_from : split - INTERPOLATED_TICKS].max())
    yield f"Written by headroom tune from {scene.name}. It only recommends: watch it, then set mode to Active."
    yield f"Chosen of {tuned.tried} settings on {begin} to {kept} UTC: {tuned.why.reason}."
    for trial in tuned.shown:
        yield f"Shown on {kept} to {end} UTC, {_figures(trial)}"
    yield (
        f"maxReplicas {spec['maxReplicas']}: for {STORM:g} times the highest demand before {kept} UTC, {highest:.4g} "
        "requests/s."
    )
    if tuned.chosen.counted < WHOLE:
        yield f"perReplica counts on {tuned.chosen.counted} % of what a replica takes; the rest is slack."


def _figures(trial: Trial) -> str:
    found = (trial.shown_on or trial.chosen_on).score
    return (
        f"{trial.setting}: over the objective for {found.violation_minutes} of {found.minutes} minutes "
        f"({found.violation_minutes / found.minutes:.2%}) at {found.pod_hours:.0f} pod-hours."
    )


def _not_learned(known: Known) -> Iterator[str]:
    """Yield what a history of requests does not say."""
    if known.load is not None:
        yield f"what a replica takes; {known.load.per_replica:g} requests/s is as given or tested."
    if known.lead_time is None:
        yield "how long pods take to be Ready; it is learned from the target's own."
    if known.time_zone is None:
        yield "whose clock seasons follow: UTC is assumed, see forecast.timeZone."
    if known.objective.p95_milliseconds is None:
        yield f"how slow is too slow: {known.objective.utilization_percent} % utilization is planned for."
    unknown = "schedules, step rules on queues and latency, dependencies: a history of requests has none."
    yield f"public holidays, {unknown}" if known.holidays is None else unknown


def _tell(tuned: Tuned, comments: list[str]) -> None:
    """Tell a person on standard error what was chosen and what it is worth."""
    console = Console(stderr=True, highlight=False)
    table = make_table(["on the days kept"], ["violated minutes", "pod-hours"])
    for trial in tuned.shown:
        found = (trial.shown_on or trial.chosen_on).score
        missed = f"{found.violation_minutes} ({found.violation_minutes / found.minutes:.2%})"
        table.add_row(plain(trial.setting), missed, f"{found.pod_hours:,.0f}")
    console.print(table)
    for sentence in comments:
        if not sentence.startswith("Shown on"):
            console.print(plain(sentence))
