"""Rivals as a person names them, such as `hpa-cpu=0.7/2`: which kind, and how it is set."""

from dataclasses import dataclass

from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from controller.scaling.judging.timeline import Timeline
from controller.simulation.demand import Demand
from controller.simulation.replay import Progress, replay
from controller.simulation.rivals.kinds import KINDS, Kind, Setting, Settings
from controller.simulation.world import World

ALL = "all"
EVERY = (
    "hpa-cpu=0.7/2,hpa-rps=0.7/2,hpa-rps=0.7/2/0.02,last-week=0.7/2,kpa=0.7,aws=0.7,queue=5/2,phpa=0.7/2,"
    "crane=0.7/2,kedastral=0.7/2,static=0.99,static=1,oracle,no-forecast,last-value,scryer-fft,scryer-regression,true-future"
)


@dataclass(frozen=True, slots=True)
class Rival:
    """A rival by name: its kind, and the values of its settings."""

    name: str
    kind: str
    settings: Settings

    def replay(
        self, demand: Demand, world: World, policy: ScalingPolicy, *, progress: Progress = lambda _: None
    ) -> Timeline:
        """Return what happens when it decides in a world; the policy is what an ablation of ourselves follows."""
        board = KINDS[self.kind].board
        return replay(
            demand, world, lambda workload: board(self.settings, workload, policy), name=self.name, progress=progress
        )


def parse_rivals(text: str) -> tuple[Rival, ...]:
    """Read rivals separated by commas; none from an empty text, each kind from `all`. Raises InputRefused."""
    text = EVERY if text.strip() == ALL else text
    rivals = tuple(_parse(each.strip()) for each in text.split(",")) if text.strip() else ()
    names = [rival.name for rival in rivals]
    if len(set(names)) != len(names):
        raise InputRefused(f"--rivals names one twice: {text}")
    return rivals


def swept(kind: str) -> tuple[Rival, ...]:
    """Return the rivals of one kind whose costs and violations make its curve."""
    return tuple(Rival(_named(kind, given), kind, _completed(KINDS[kind], given)) for given in KINDS[kind].sweep)


def _named(kind: str, given: Settings) -> str:
    return f"{kind}={'/'.join(f'{value:g}' for value in given)}" if given else kind


def _completed(kind: Kind, given: Settings) -> Settings:
    """Return what is given, and the usual values of the settings that are not."""
    return given + tuple(setting.usual for setting in kind.settings[len(given) :] if setting.usual is not None)


def _parse(text: str) -> Rival:
    name, separator, values = text.partition("=")
    kind = KINDS.get(name)
    if kind is None:
        raise InputRefused(f"--rivals: there is no {name!r}; there are {', '.join(KINDS)}, and {ALL} alone")
    parts = values.split("/") if separator else []
    try:
        given = tuple(float(part) for part in parts)
    except ValueError:
        raise InputRefused(f"--rivals: {text!r} cannot be read; {_shape(name, kind)}") from None
    if len(given) > len(kind.settings):
        raise InputRefused(f"--rivals: {text!r} has too many settings; {_shape(name, kind)}")
    for value, setting in zip(given, kind.settings, strict=False):
        _check(text, value, setting)
    return Rival(text, name, _completed(kind, given))


def _shape(name: str, kind: Kind) -> str:
    if not kind.settings:
        return f"write it like {name}"
    example = _named(name, _completed(kind, ()) or kind.sweep[0])
    names = "/".join(setting.name for setting in kind.settings)
    return f"write it like {example} ({names}; the last ones may be left out)"


def _check(text: str, value: float, setting: Setting) -> None:
    if not setting.lowest <= value <= setting.highest:
        raise InputRefused(
            f"--rivals: {text!r} has {setting.name} {value:g}; it lies from {setting.lowest:g} to {setting.highest:g}"
        )
    if setting.is_whole and value != int(value):
        raise InputRefused(f"--rivals: {text!r} has {setting.name} {value:g}; it is a whole number")
