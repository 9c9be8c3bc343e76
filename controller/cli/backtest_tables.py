"""What `headroom backtest` prints: scores, what may be said against each rival, and curves; as tables or as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import RenderableType
from rich.table import Table

from controller.api.error_budget import ErrorBudget
from controller.cli.showing.outputs import iso, make_table, plain, print_json, print_terminal
from controller.cli.trying.sweeps import Sweep, show_sweep, sweep_document
from controller.reporting.wording import claim, ratio, times
from controller.scaling.judging.comparison import Comparison, Interval, interval, pod_hours_by_day, violations_by_day
from controller.scaling.judging.error_budget import MINUTE, burnt_by
from controller.scaling.judging.score import Score, score
from controller.scaling.judging.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Findings:
    """What is shown of a backtest: its timelines, ours first, ours compared with each rival, and curves if swept.

    `budget` is the error budget of our policy, which every policy is held to.
    """

    timelines: Sequence[Timeline]
    comparisons: Sequence[Comparison]
    sweep: Sweep | None = None
    budget: ErrorBudget | None = None


def show_table(found: Findings) -> None:
    """Print one row a policy, and one a rival below."""
    first = found.timelines[0]
    end = first.start + len(first) * first.tick
    parts: list[RenderableType] = [f"{first.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"]
    parts.append(_scores([score(each) for each in found.timelines]))
    if found.budget is not None:
        parts.append(_budgets(found.timelines, found.budget))
    if found.comparisons:
        parts.append(_comparisons(found.comparisons))
    print_terminal(*parts)
    if found.sweep is not None:
        show_sweep(found.sweep)


def _scores(scores: Sequence[Score]) -> Table:
    table = _table("policy", ["violated minutes", "late requests", "pod-hours", "actions", "reversals"])
    for each in scores:
        violated = f"{each.violation_minutes} ({each.violation_minutes / each.minutes:.2%})"
        late, hours = f"{each.late_share:.3%}", f"{each.pod_hours:,.0f}"
        table.add_row(plain(each.policy), violated, late, hours, str(each.actions), str(each.reversals))
    return table


def _budgets(timelines: Sequence[Timeline], wanted: ErrorBudget) -> Table:
    """Return what of the error budget each policy burnt; a replay may be shorter than the budget's window."""
    minutes = wanted.allowed / MINUTE
    title = f"error budget of {wanted.target_percent:g} % over {wanted.window_days} days: {minutes:.1f} minutes"
    table = _table(title, ["burnt", "left", "burn rate"])
    for each in timelines:
        burnt = burnt_by(each, wanted)
        figures = f"{burnt.budget.burnt / MINUTE:.0f} min", f"{burnt.budget.left_share:.0%}", f"{burnt.rate:.2f}"
        table.add_row(plain(each.policy), *figures)
    return table


def _comparisons(comparisons: Sequence[Comparison]) -> Table:
    """Return ours over each rival's; in brackets 95 % of the ratios over days drawn again."""
    table = _table(f"{comparisons[0].policy} against", ["violated minutes", "pod-hours", "elastic speed-up"])
    table.add_column("told apart")
    for each in comparisons:
        figures = ratio(each.violation_minutes), ratio(each.pod_hours), times(each.elastic_speedup)
        table.add_row(plain(each.rival), *figures, claim(each))
    return table


def _table(name: str, numbers: Sequence[str]) -> Table:
    """Return an empty table whose names stay on one line: some contain a slash, where a terminal would break them."""
    table = make_table([name], numbers)
    table.columns[0].no_wrap = True
    return table


def show_json(found: Findings) -> None:
    """Print every measure, for programs."""
    first = found.timelines[0]
    print_json(
        {
            "evaluated": {"from": iso(first.start), "to": iso(first.start + len(first) * first.tick)},
            "scores": [dict(_measures(each, found.budget)) for each in found.timelines],
            "comparisons": [asdict(each) for each in found.comparisons],
            **(sweep_document(found.sweep) if found.sweep else {}),
        }
    )


def _measures(timeline: Timeline, wanted: ErrorBudget | None) -> Iterator[tuple[str, object]]:
    """Yield the measures of a timeline, the intervals of those that have one, and its part of an error budget."""
    yield from asdict(score(timeline)).items()
    if wanted is not None:
        burnt = burnt_by(timeline, wanted)
        yield "error_budget_minutes", round(burnt.budget.allowed / MINUTE, 2)
        yield "error_budget_burnt_minutes", round(burnt.budget.burnt / MINUTE, 2)
        yield "error_budget_burn_rate", burnt.rate
    by_day: Mapping[str, Interval | None] = {
        "violation_minutes_interval": interval(violations_by_day(timeline)),
        "pod_hours_interval": interval(pod_hours_by_day(timeline)),
    }
    yield from ((name, each and asdict(each)) for name, each in by_day.items())
