"""Aims: what the controller is to reach against the best HPA, each with its figure, met or missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.closed_loop import STRICT_BUDGET, Figure, Standing, against, cost_of, median, minutes_of, over
from benchmarks.contenders import LAST_VALUE
from benchmarks.replays import OURS
from benchmarks.tables import Table

SEASONAL_GROUP, SPIKY_GROUP, OTHER_GROUP, DAY_ZERO_GROUP = "seasonal", "scheduled spikes", "not seasonal", "day 0"
UNKNOWN = "not known"

Group = tuple[str, int]
"""A kind of traces, and the start-up in seconds."""
Standings = Mapping[Group, Sequence[Standing]]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is aimed at, as it is said and as a ratio that is at most (or at least) so much."""

    what: str
    wanted: str
    limit: float
    measured: float | None
    told: str
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Return whether it is met; what is not known of every trace is missed."""
        if self.measured is None:
            return f"**{UNKNOWN}**"
        met = self.measured >= self.limit if self.at_least else self.measured <= self.limit
        return "met" if met else "**missed**"


def aims(standings: Standings) -> list[Aim]:
    """Return every aim with its figure."""
    return [
        *_minutes_at_equal_cost(standings),
        *_cost_at_equal_minutes(standings),
        *_gap(standings),
        *_spikes(standings),
        *_strict_budget(standings),
        *_as_shipped(standings),
        *_never_worse(standings),
    ]


def aims_table(standings: Standings, intro: str) -> Table:
    """Return every aim as a row."""
    rows = [(aim.what, aim.wanted, aim.told, aim.verdict) for aim in aims(standings)]
    return Table("Aims", intro, ("what, against the best HPA at equal cost", "aim", "measured", "verdict"), rows)


def change(ratio: float) -> str:
    """Return a ratio as a change in percent: `-92 %`."""
    return f"{100 * (ratio - 1):+.0f} %" if ratio > LEAST_TOLD else f"{100 * (ratio - 1):+.1f} %"


LEAST_TOLD = 0.01


def _minutes_at_equal_cost(standings: Standings) -> list[Aim]:
    rows = []
    for start_up in (180, 600):
        found = minutes_of(standings.get((SEASONAL_GROUP, start_up), ()), OURS)
        rows += [
            _mean(f"seasonal, {start_up} s: minutes", "-95 %", 0.05, found),
            _worst(f"seasonal, {start_up} s: minutes, worst trace", "-60 %", 0.4, found),
        ]
    return rows


def _cost_at_equal_minutes(standings: Standings) -> list[Aim]:
    limits = {30: 0.92, 180: 0.89, 600: 0.84}
    return [
        _ratio(
            f"seasonal, {start_up} s: cost at equal minutes",
            limit,
            cost_of(standings.get((SEASONAL_GROUP, start_up), ()), OURS),
        )
        for start_up, limit in limits.items()
    ]


def _gap(standings: Standings) -> list[Aim]:
    rows = []
    for start_up, limit in ((180, 0.70), (600, 0.75)):
        closed = [each.gap_closed() for each in standings.get((SEASONAL_GROUP, start_up), ())]
        known, found = sum(share is not None for share in closed), median(closed)
        told = UNKNOWN if found is None else f"{found:.2f}{'' if known == len(closed) else _of(known, len(closed))}"
        what = f"seasonal, {start_up} s: share of the cost gap to perfect foresight that is closed, median"
        measured = found if known == len(closed) else None
        rows.append(Aim(what, f"{limit:.2f}", limit, measured, told, at_least=True))
    return rows


def _spikes(standings: Standings) -> list[Aim]:
    spiky = standings.get((SPIKY_GROUP, 180), ())
    return [
        _mean("scheduled spikes, 180 s: minutes", "-98 %", 0.02, minutes_of(spiky, OURS)),
        _ratio("scheduled spikes, 180 s: cost at equal minutes", 0.79, cost_of(spiky, OURS)),
        _mean(
            "scheduled spikes, 180 s: minutes, against ours with the last value as its forecast",
            "-96 %",
            0.04,
            against(spiky, LAST_VALUE),
        ),
    ]


def _strict_budget(standings: Standings) -> list[Aim]:
    seasonal = standings.get((SEASONAL_GROUP, 180), ())
    return [
        _mean("0.1 % of minutes, seasonal, 180 s: minutes", "-90 %", 0.1, minutes_of(seasonal, OURS, STRICT_BUDGET)),
        _ratio("0.1 % of minutes, seasonal, 180 s: cost", 0.85, cost_of(seasonal, OURS, STRICT_BUDGET)),
    ]


def _as_shipped(standings: Standings) -> list[Aim]:
    seasonal = over((each.scene, each.as_shipped()) for each in standings.get((SEASONAL_GROUP, 180), ()))
    rows = [
        _mean("one default, no tuning, seasonal, 180 s: minutes at its own cost", "-85 %", 0.15, seasonal),
        _worst("one default, no tuning, seasonal, 180 s: worst trace", "-60 %", 0.4, seasonal),
    ]
    for start_up, wanted, limit in ((30, "-65 %", 0.35), (180, "-50 %", 0.5)):
        found = over((each.scene, each.as_shipped()) for each in standings.get((DAY_ZERO_GROUP, start_up), ()))
        rows += [
            _mean(f"day 0, no history, {start_up} s: minutes at its own cost", wanted, limit, found),
            _worst(f"day 0, no history, {start_up} s: worst trace", "never above +5 %", 1.05, found),
        ]
    return rows


def _never_worse(standings: Standings) -> list[Aim]:
    other = minutes_of(standings.get((OTHER_GROUP, 180), ()), OURS)
    both = [each for group, those in standings.items() if group[0] != DAY_ZERO_GROUP for each in those]
    return [
        _worst("not seasonal, gate included, 180 s: minutes, worst trace", "never above 0", 1.0, other),
        _ratio("actions at the same point", 1.5, over((each.scene, each.actions()) for each in both)),
    ]


def _mean(what: str, wanted: str, limit: float, found: Figure | None) -> Aim:
    told = UNKNOWN if found is None else f"{change(found.mean)}{_share(found)}"
    return Aim(what, wanted, limit, _whole(found, "mean"), told)


def _worst(what: str, wanted: str, limit: float, found: Figure | None) -> Aim:
    told = UNKNOWN if found is None else f"{change(found.worst)} ({found.worst_scene}){_share(found)}"
    return Aim(what, wanted, limit, _whole(found, "worst"), told)


def _ratio(what: str, limit: float, found: Figure | None) -> Aim:
    told = UNKNOWN if found is None else f"{found.mean:.2f}{_share(found)}"
    return Aim(what, f"{limit:.2f}", limit, _whole(found, "mean"), told)


def _whole(found: Figure | None, name: str) -> float | None:
    """Return a figure where it is known of every scene."""
    value: float | None = getattr(found, name) if found is not None and found.known == found.of else None
    return value


def _share(found: Figure) -> str:
    return "" if found.known == found.of else _of(found.known, found.of)


def _of(known: int, scenes: int) -> str:
    return f", of {known} of {scenes} traces"
