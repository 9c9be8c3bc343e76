"""What `headroom whatif` shows: the front of the settings, what each step along it buys, the others, the choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property

from rich.console import RenderableType
from rich.table import Table

from controller.cli.reading.scenes import Scene
from controller.cli.showing.outputs import iso, make_table, plain, print_json, print_terminal
from controller.cli.trying.trials import Judged, Trial, curve_of
from controller.reporting.report import Figure, Report, TradeOff, TradeOffPoint
from controller.reporting.wording import number
from controller.scaling.judging.curves import Curve, frontier
from controller.scaling.judging.recommendation import CostStep, Recommendation, cost_steps

SAME_DAYS = (
    "Chosen and judged on the same days: later days will miss somewhat more. --judge-from TIME keeps days to judge on."
)


@dataclass(frozen=True)
class Choice:
    """Settings that were tried on a scene, the one to take, the minutes allowed, and the price of a pod-hour if any."""

    scene: Scene
    trials: Sequence[Trial]
    recommended: Recommendation
    allowed: float
    price: float | None
    judge_from: datetime | None = None

    @property
    def window(self) -> str:
        """From when to when settings were chosen."""
        demand = self.scene.demand
        begin, end = demand.at(demand.evaluated_from), self.judge_from or demand.at(len(demand.rps))
        return f"chosen on {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"

    @cached_property
    def front(self) -> Curve:
        """The settings that no other beats at once in cost and in minutes, cheapest first."""
        return frontier(curve_of(self.trials))

    @cached_property
    def steps(self) -> Mapping[str, CostStep]:
        """What the step to a setting of the front costs, and what it buys."""
        return {step.point.setting: step for step in cost_steps(self.front)}

    @property
    def taken(self) -> Trial:
        """The trial of the setting to take."""
        return next(each for each in self.trials if each.setting == self.recommended.point.setting)

    @property
    def sentence(self) -> str:
        """Which setting to take and why."""
        return f"Take {self.recommended.point.setting}: {self.recommended.reason}."

    @property
    def caveat(self) -> str:
        """What the choice came to on days it was not chosen on; or that there were none."""
        later = self.taken.shown_on
        if later is None:
            return SAME_DAYS
        found = later.score
        return (
            f"On the days kept to judge on it was over for {found.violation_minutes} of {found.minutes} minutes "
            f"({found.violation_minutes / found.minutes:.2%}) at {found.pod_hours:.0f} pod-hours."
        )


def show_table(choice: Choice) -> None:
    """Print the front with what each step buys, then the others, then the choice."""
    parts: list[RenderableType] = [plain(f"{choice.scene.name}, {choice.window}"), _front(choice)]
    beaten = [each for each in choice.trials if each.point not in choice.front]
    if beaten:
        parts.append(_beaten(choice, beaten))
    print_terminal(*parts, plain(choice.sentence), plain(choice.caveat))


def _front(choice: Choice) -> Table:
    table = make_table(["setting"], ["violated minutes", *_cost_headers(choice), "for each minute less"])
    # One field with its value stays on one line: a terminal of 80 columns would break it within a word.
    table.columns[0].no_wrap = all(" " not in point.setting for point in choice.front)
    trials = {each.setting: each for each in choice.trials}
    for point in choice.front:
        mark = " *" if point == choice.recommended.point else ""
        step = choice.steps.get(point.setting)
        paid = "" if step is None else _paid(choice, step.pod_hours_per_minute)
        table.add_row(plain(point.setting + mark), *_figures(choice, trials[point.setting]), paid)
    return table


def _beaten(choice: Choice, trials: Sequence[Trial]) -> Table:
    table = make_table(["dominated"], ["violated minutes", *_cost_headers(choice)])
    for each in sorted(trials, key=lambda trial: trial.point.pod_hours):
        table.add_row(plain(each.setting), *_figures(choice, each))
    return table


def _cost_headers(choice: Choice) -> list[str]:
    return ["pod-hours"] if choice.price is None else ["pod-hours", "cost"]


def _figures(choice: Choice, trial: Trial) -> Iterator[str]:
    found = trial.chosen_on.score
    yield f"{found.violation_minutes} ({found.violation_minutes / found.minutes:.2%})"
    yield f"{found.pod_hours:,.0f}"
    if choice.price is not None:
        yield f"{choice.price * found.pod_hours:,.2f}"


def _paid(choice: Choice, pod_hours: float) -> str:
    return f"{pod_hours:,.2f} pod-hours" if choice.price is None else f"{choice.price * pod_hours:,.2f}"


def show_json(choice: Choice) -> None:
    """Print every setting, the front and the choice, for programs."""
    demand = choice.scene.demand
    print_json(
        {
            "evaluated": {"from": iso(demand.at(demand.evaluated_from)), "to": iso(demand.at(len(demand.rps)))},
            "allowed_minutes": choice.allowed,
            "settings": [_document(choice, each) for each in choice.trials],
            "front": [point.setting for point in choice.front],
            "cost_curve": [_step_document(choice, step) for step in choice.steps.values()],
            "recommended": {
                "setting": choice.recommended.point.setting,
                "reason": choice.recommended.reason,
                "keeps_budget": choice.recommended.keeps_budget,
                "judged_on_days_it_was_chosen_on": choice.taken.shown_on is None,
            },
        }
    )


def _document(choice: Choice, trial: Trial) -> Mapping[str, object]:
    later = {} if trial.shown_on is None else {"judged": _judged(choice, trial.shown_on)}
    return {"setting": trial.setting, **_judged(choice, trial.chosen_on), **later}


def _judged(choice: Choice, judged: Judged) -> Mapping[str, object]:
    cost = {} if choice.price is None else {"cost": choice.price * judged.score.pod_hours}
    measures = {key: value for key, value in asdict(judged.score).items() if key != "policy"}
    between = judged.minutes_interval and asdict(judged.minutes_interval)
    return {**measures, **cost, "violation_minutes_interval": between}


def _step_document(choice: Choice, step: CostStep) -> Mapping[str, object]:
    cost = {} if choice.price is None else {"cost_per_minute": choice.price * step.pod_hours_per_minute}
    return {
        "to": step.point.setting,
        "more_pod_hours": step.pod_hours,
        "fewer_minutes": step.minutes,
        "pod_hours_per_minute": step.pod_hours_per_minute,
        **cost,
    }


def report_of(choice: Choice) -> Report:
    """Return what a person is shown: the settings as points of cost and misses, and the one to take."""
    found = choice.taken.chosen_on.score
    money = () if choice.price is None else (Figure("Cost", number(choice.price * found.pod_hours, 2)),)
    points = tuple(
        TradeOffPoint(each.setting, each.point.pod_hours, each.point.violation_minutes, *_roles(choice, each))
        for each in choice.trials
    )
    return Report(
        title=f"{choice.scene.name}, what if",
        subtitle=f"{len(choice.trials)} settings in the same world, {choice.window}.",
        verdict=choice.sentence,
        figures=(
            Figure("Minutes over the objective", number(found.violation_minutes), f"{choice.allowed:.3g} allowed"),
            Figure("Pod-hours", number(found.pod_hours)),
            *money,
        ),
        trade_off=TradeOff(points, choice.allowed, choice.price),
        notes=(choice.caveat,),
    )


def _roles(choice: Choice, trial: Trial) -> tuple[bool, bool]:
    return trial.point in choice.front, trial.point == choice.recommended.point
