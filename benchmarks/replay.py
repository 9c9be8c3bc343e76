"""Replays of every load trace, ours beside the best HPA and all rivals: what was aimed at, and what came of it."""

import math
from collections.abc import Mapping, Sequence

from benchmarks.aims import (
    DAY_ZERO_GROUP,
    OTHER_GROUP,
    SEASONAL_GROUP,
    SPIKY_GROUP,
    UNKNOWN,
    Group,
    Standings,
    aims_table,
    change,
)
from benchmarks.closed_loop import Figure, Standing, cost_of, minutes_of, standing
from benchmarks.contenders import (
    AS_SHIPPED,
    FUTURE,
    LAST_WEEK,
    LEAN,
    MAIN,
    OTHERS,
    TOLERANT,
    WITHOUT,
    Settings,
)
from benchmarks.replays import OURS, Outcome, Run, outcomes
from benchmarks.scenes import NOT_SEASONAL, SEASONAL, SPIKY, START_UPS, Scene, scenes
from benchmarks.tables import Table
from controller.scaling.judging.comparison import Interval

INTRO = (
    "One shipped default for all traces, nothing chosen on what is evaluated. The best HPA is chosen with hindsight: "
    "of both kinds, targets 0.35 to 0.95 and minReplicas 2, 4 and 10, the lower-left envelope, where it is over the "
    "objective for 1 % of the minutes. Minutes at equal pod-hours / pod-hours at equal minutes, geometric means; our "
    "curve is that of the planning percentile. Settings that are tuned on the past are judged in tuning.md."
)
BESIDE = (TOLERANT, LAST_WEEK, WITHOUT, OURS, FUTURE)
BY_TRACE = (
    "The same, one by one; bold where a contender misses more than the best HPA. A win on a trace is one where all of "
    "the interval of our minutes lies below 0; it is drawn from whole days, with repetition."
)
NOTHING = "-"
USUAL_START_UP = 180  # at which all are replayed; at the others who says most

Plan = Mapping[Group, tuple[Sequence[Scene], Mapping[str, Settings]]]


def table() -> Table:
    """Replay everything, or as much as there is time for: a page says what is still to come."""
    plan = everything()
    standings = held(plan, outcomes(runs_of(plan)))
    return pages(standings, to_come(plan, standings))


def everything() -> Plan:
    """Return all groups of scenes, and who is replayed in each."""
    plan: dict[Group, tuple[Sequence[Scene], Mapping[str, Settings]]] = {}
    for start_up in sorted(START_UPS, key=lambda each: each != USUAL_START_UP):
        usual = start_up == USUAL_START_UP
        plan[SEASONAL_GROUP, start_up] = scenes(SEASONAL, start_up), MAIN | OTHERS if usual else MAIN
        plan[SPIKY_GROUP, start_up] = scenes(SPIKY, start_up, spikes=True), MAIN | OTHERS if usual else LEAN
        plan[OTHER_GROUP, start_up] = scenes(NOT_SEASONAL, start_up), MAIN if usual else LEAN
    for start_up in (30, 180):
        plan[DAY_ZERO_GROUP, start_up] = scenes((*SEASONAL, *NOT_SEASONAL), start_up, day_zero=True), AS_SHIPPED
    return plan


def runs_of(plan: Plan) -> list[Run]:
    """Return the runs of a plan, group by group and contender by contender."""
    return [
        Run(scene, policy)
        for those, contenders in plan.values()
        for settings in contenders.values()
        for scene in those
        for policy in settings
    ]


def held(plan: Plan, found: Mapping[Run, Outcome]) -> Standings:
    """Return how those stand who were replayed in all scenes of a group; none of a group without ours and the HPA."""
    standings = {}
    for group, (those, contenders) in plan.items():
        known = {
            name: settings
            for name, settings in contenders.items()
            if all(Run(scene, policy) in found for scene in those for policy in settings)
        }
        if AS_SHIPPED.keys() <= known.keys():
            standings[group] = [standing(scene, known, found) for scene in those]
    return standings


def to_come(plan: Plan, standings: Standings) -> list[str]:
    """Return what of a plan has not been replayed, as a person reads it."""
    told = []
    for group, (_, contenders) in plan.items():
        known = standings[group][0].curves if group in standings else {}
        missing = [name for name in contenders if name not in known]
        if missing:
            told.append(f"{group[0]}, {group[1]} s ({', '.join(missing) if known else 'all'})")
    return told


def pages(standings: Standings, left: Sequence[str] = ()) -> Table:
    """Return the page: aims first, then groups of traces, all of them, and the other rivals; and what is left to do."""
    aims = aims_table(standings, f"{INTRO} **Still to be replayed: {'; '.join(left)}.**" if left else INTRO)
    full = {group: those for group, those in standings.items() if group[0] != DAY_ZERO_GROUP}
    further = (_by_group(full), _by_scene(full), _others(full), _shipped(standings))
    return Table("Replay", aims.intro, aims.header, aims.rows, further=tuple(each for each in further if each.rows))


def _by_group(standings: Standings) -> Table:
    rows = [
        (f"{len(those)} {name}", f"{start_up} s", _over_oracle(those), *(_both(those, each) for each in BESIDE))
        for (name, start_up), those in standings.items()
    ]
    header = ("traces", "start-up", "best HPA, x oracle's cost", *BESIDE)
    return Table("By group", "Minutes at equal pod-hours / pod-hours at equal minutes.", header, rows)


def _by_scene(standings: Standings) -> Table:
    rows = [
        (
            each.scene.name,
            _over_oracle([each]),
            *(_both([each], who) for who in BESIDE),
            _interval(each.interval(OURS)),
            _told(each.actions()),
        )
        for those in standings.values()
        for each in those
    ]
    header = ("scene", "best HPA, x oracle's cost", *BESIDE, f"{OURS}, 95 % of redrawn days", "actions, x best HPA's")
    return Table("By trace", BY_TRACE, header, rows)


def _others(standings: Standings) -> Table:
    rows = [
        (f"{len(those)} {name}, {start_up} s", *(_both(those, each) for each in OTHERS))
        for (name, start_up), those in standings.items()
        if all(set(OTHERS) <= each.curves.keys() for each in those)
    ]
    return Table("Other rivals and ablations", "Against the best HPA as above.", ("traces", *OTHERS), rows)


def _shipped(standings: Standings) -> Table:
    rows = [(each.scene.name, *_of_default(each)) for those in standings.values() for each in those]
    intro = "The shipped default as it is, and the minutes of the best HPA that costs the same, chosen with hindsight."
    return Table(
        "As shipped", intro, ("scene", "violated minutes", "pod-hours", "late requests", "minutes, against"), rows
    )


def _of_default(each: Standing) -> tuple[str, ...]:
    found, ratio = each.shipped, each.as_shipped()
    share = f"{found.violation_minutes} ({found.violation_minutes / found.minutes:.2%})"
    return share, f"{found.pod_hours:.0f}", f"{found.late_share:.3%}", NOTHING if ratio is None else _bold(ratio)


def _both(standings: Sequence[Standing], contender: str) -> str:
    minutes, cost = minutes_of(standings, contender), cost_of(standings, contender)
    told = NOTHING if cost is None else f"{cost.mean:.2f}{_known(cost)}"
    return f"{_change(minutes)}{'' if minutes is None else _known(minutes)} / {told}"


def _known(figure: Figure) -> str:
    """Return of how many scenes a figure is known, where it is not all: who misses too much is in no mean."""
    return "" if figure.known == figure.of else f" ({figure.known} of {figure.of})"


def _change(found: Figure | None) -> str:
    return NOTHING if found is None else _bold(found.mean)


def _bold(ratio: float) -> str:
    return f"**{change(ratio)}**" if ratio > 1 else change(ratio)


def _interval(found: Interval | None) -> str:
    if found is None:
        return NOTHING
    low, high = (change(ratio) if math.isfinite(ratio) else "∞" for ratio in (found.low, found.high))
    return f"{low} to {high}"


def _over_oracle(standings: Sequence[Standing]) -> str:
    known = [value for each in standings if (value := each.over_oracle()) is not None]
    return _told(sum(known) / len(known)) if known else UNKNOWN


def _told(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"
