"""`headroom rehearse`: made load patterns through a policy, and what it promises against what happens; for CI too."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import click

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.reading.load_tests import with_load_test
from controller.cli.reading.resources import load_policy
from controller.cli.reading.values import FILE, StartUp
from controller.cli.showing.outputs import check_folder, make_table, plain, print_json, print_terminal
from controller.cli.showing.timelines import write_timelines
from controller.scaling.judging.score import score
from controller.scaling.learning.learned_capacity import capacity_of
from controller.simulation.rehearsal.judging import judge
from controller.simulation.rehearsal.patterns import PATTERNS, pace_of
from controller.simulation.rehearsal.rehearse import Rehearsed, fly
from controller.simulation.rehearsal.stage import Stage, set_stage
from controller.simulation.rehearsal.verdict import Outcome, Verdict

ALL = "all"
SOME_BROKEN = 1


@click.command()
@click.option("--policy", "policy_file", type=FILE, required=True, help="A ScalingPolicy as YAML.")
@click.option(
    "--pattern",
    "patterns",
    type=click.Choice([*PATTERNS, ALL]),
    multiple=True,
    default=[ALL],
    show_default=True,
    help="Which loads to rehearse; repeatable.",
)
@click.option("--load-test", type=FILE, help="CSV of load_per_replica,p95_ms: what a replica takes, where not given.")
@click.option(
    "--startup",
    "start_up",
    type=StartUp(),
    help="Median time until a pod is Ready. Default: what the policy's lead time is right for.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the start-ups.")
@click.option("--timeline", type=FILE, help="Write what happened, tick by tick, as CSV.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def rehearse(
    *,
    policy_file: Path,
    patterns: tuple[str, ...],
    load_test: Path | None,
    start_up: timedelta | None,
    seed: int,
    timeline: Path | None,
    shape: str,
) -> None:
    """Rehearse a policy: made load patterns through the real decisions, each of its promises against what happens.

    A pattern is a load relative to what maxReplicas serve within the objective, on a first day: no forecast helps.
    The exit code is 1 where a promise is broken. What cannot be judged is said, and fails nothing.
    """
    check_folder(timeline, "--timeline")
    policy = load_policy(policy_file)
    stage = set_stage(with_load_test(policy, load_test) if load_test else policy, start_up, seed=seed)
    pace = pace_of(stage.policy)
    chosen = [name for name in PATTERNS if name in patterns or ALL in patterns]
    runs = [fly(stage, PATTERNS[name](pace)) for name in chosen]
    verdicts = judge(runs)
    if timeline is not None:
        write_timelines(timeline, [run.timeline for run in runs])
    show = {"table": show_table, "json": show_json}[shape]
    show(stage, runs, verdicts)
    if any(verdict.outcome is Outcome.BROKEN for verdict in verdicts):
        click.get_current_context().exit(SOME_BROKEN)


def show_table(stage: Stage, runs: Sequence[Rehearsed], verdicts: Sequence[Verdict]) -> None:
    """Print a row a pattern, a row a verdict, the broken promises first, and what it comes to."""
    shapes = make_table(["pattern", "load"], ["replicas", "over the objective"])
    for run in runs:
        found, created = score(run.timeline), run.timeline.created_replicas
        replicas = f"{created.min():.0f} to {created.max():.0f}"
        shapes.add_row(
            run.pattern.name, run.pattern.about, replicas, f"{found.violation_minutes} of {found.minutes} min"
        )
    promises = make_table(["result", "promise", "what happened"], [])
    for (outcome, promise), alike in _by_promise(verdicts).items():
        told = (f"{each.pattern}: {each.message}" if each.pattern else each.message for each in alike)
        promises.add_row(outcome, plain(promise), plain("; ".join(told)))
    counts = ", ".join(f"{count} {outcome}" for outcome, count in _counts(verdicts).items())
    print_terminal(plain(_setting(stage)), shapes, promises, f"{counts}.")


def _by_promise(verdicts: Sequence[Verdict]) -> Mapping[tuple[Outcome, str], Sequence[Verdict]]:
    """Return the verdicts of all patterns on each promise, the broken ones first."""
    found: dict[tuple[Outcome, str], list[Verdict]] = {}
    for verdict in sorted(verdicts, key=_gravity):
        found.setdefault((verdict.outcome, verdict.promise), []).append(verdict)
    return found


def _gravity(verdict: Verdict) -> int:
    return (Outcome.BROKEN, Outcome.KEPT, Outcome.NOT_REHEARSED).index(verdict.outcome)


def _counts(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    return {str(outcome): sum(each.outcome is outcome for each in verdicts) for outcome in Outcome}


def _setting(stage: Stage) -> str:
    spec = stage.policy.spec
    tested = (
        f"; a replica takes {each.used.per_replica:g} of {each.name}, {each.used.message}"
        for each in stage.policy.status.memory.capacities
        if each.used and each.used.source == "LoadTest"
    )
    return (
        f"{stage.policy.key}: {spec.max_replicas} replicas serve {stage.peak_rps:,.4g} requests/s within the "
        f"objective{''.join(tested)}; a pod is Ready after about {stage.world.start_up.total_seconds():.0f} s"
    )


def show_json(stage: Stage, runs: Sequence[Rehearsed], verdicts: Sequence[Verdict]) -> None:
    """Print everything, for programs."""
    print_json(
        {
            "policy": str(stage.policy.key),
            "peak_rps": stage.peak_rps,
            "per_replica": _per_replica(stage.policy),
            "start_up_seconds": stage.world.start_up.total_seconds(),
            "patterns": [_pattern_document(run) for run in runs],
            "promises": [
                {"pattern": each.pattern, "promise": each.promise, "result": each.outcome, "message": each.message}
                for each in verdicts
            ],
            "results": _counts(verdicts),
        }
    )


def _per_replica(policy: ScalingPolicy) -> Mapping[str, float]:
    """Return what a replica takes of each load signal, given or from a load test."""
    known = {each.name: capacity_of(each, policy.status.memory) for each in policy.spec.load_signals}
    return {name: capacity.per_replica for name, capacity in known.items() if capacity}


def _pattern_document(run: Rehearsed) -> Mapping[str, object]:
    found, created = score(run.timeline), run.timeline.created_replicas
    return {
        "name": run.pattern.name,
        "load": run.pattern.about,
        "minutes": found.minutes,
        "violation_minutes": found.violation_minutes,
        "replicas": {"lowest": int(created.min()), "highest": int(created.max())},
    }
