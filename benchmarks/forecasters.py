"""Who forecasts at each origin: the engine, its members, the naive forecasts, and what others have published.

statsmodels and statsforecast get hourly means, on finer steps with the within-hour shape of the last week put back:
natively they take seconds to minutes a fit. They run with their own defaults on log(1 + y), which served all of them
better on first parts. None has a bound on the trace's own step, so only the engine and the naive forecasts are judged
by one.
"""

import subprocess
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.rolling import DAY, HOUR, HOURS_A_DAY, LEVEL, Forecasts, Rolling
from forecasting import Series, fit
from forecasting.series import Values

ENGINE, DAY_NAIVE, WEEK_NAIVE = "headroom", "day naive", "week naive"
STL_ETS, MSTL_ETS, MSTL_ELSEWHERE = "statsmodels STL+ETS", "statsmodels MSTL+ETS", "statsforecast MSTL"
MEMBER = "member"  # before the names of the engine's own
HOURS_A_WEEK = 7 * HOURS_A_DAY
WEEK = 7 * DAY
FEWEST_WEEKS = 2  # of history before a decomposition looks for a week
HIGHEST_GROWTH = 3.0  # times the largest value seen: no log forecast of others runs away further than the engine's
ELSEWHERE = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
_SCRIPT = Path(__file__).parent / "statsforecast_mstl.py"

HourlyModel = Callable[[Values, int], Values]  # gapless hourly history and how many hours ahead -> their forecast


def run_engine(rolling: Rolling) -> dict[str, Forecasts]:
    """Return what the engine says at each origin, fitted anew there, and what each of its members says alone."""
    begin = time.process_time()
    fitted = [fit(past) for past in rolling.pasts]
    made = [each.forecast(DAY, levels=(LEVEL,)) for each in fitted]
    seconds = (time.process_time() - begin) / len(made)
    points, bounds = np.stack([each.paths for each in made], axis=1)
    return {ENGINE: Forecasts(points, bounds, seconds), **_members([each.member_points(DAY) for each in fitted])}


def _members(spoken: Sequence[Mapping[str, Series]]) -> dict[str, Forecasts]:
    """Return the points of each member, NaN at an origin whose history was too short for it."""
    nothing = np.full(len(next(iter(spoken[0].values()))), np.nan)
    names = dict.fromkeys(name for each in spoken for name in each)
    paths = {name: [each[name].values if name in each else nothing for each in spoken] for name in names}
    return {f"{MEMBER} {name}": Forecasts(np.stack(points), None, np.nan) for name, points in paths.items()}


def run_naive(rolling: Rolling, season: timedelta) -> Forecasts:
    """Return the newest season repeated; its bound adds the quantile of its own season-to-season differences."""
    begin = time.process_time()
    made = [_naive(past, season // rolling.step, rolling.truth.shape[1]) for past in rolling.pasts]
    seconds = (time.process_time() - begin) / len(made)
    points, bounds = np.stack(made, axis=1)
    return Forecasts(points, bounds, seconds)


def run_hourly(rolling: Rolling, model: HourlyModel) -> Forecasts:
    """Return what a model of hourly means says at each origin."""
    begin = time.process_time()
    points = [_from_hours(past, in_logs(model, hourly_means(past), HOURS_A_DAY)) for past in rolling.pasts]
    return Forecasts(np.stack(points), None, (time.process_time() - begin) / len(points))


def run_elsewhere(traces: Sequence[Rolling]) -> list[Forecasts]:
    """Return what statsforecast's MSTL says at each origin of each trace."""
    pasts = [past for rolling in traces for past in rolling.pasts]
    hours, seconds = mstl_elsewhere([hourly_means(past) for past in pasts], HOURS_A_DAY)
    paths = iter([_from_hours(past, each) for past, each in zip(pasts, hours, strict=True)])
    return [Forecasts(np.stack([next(paths) for _ in rolling.pasts]), None, seconds) for rolling in traces]


def in_logs(model: HourlyModel, hours: Values, ahead: int) -> Values:
    """Return what a model of log values expects, at most three times what was ever seen."""
    return _from_logs(model(np.log1p(hours), ahead), hours)


def stl_ets(hours: Values, ahead: int) -> Values:
    """Return the last day's season of statsmodels' STL and its ETS of the rest."""
    from statsmodels.tsa.seasonal import STL  # noqa: PLC0415  slow to import, and most measurements do without

    decomposed = STL(hours, period=HOURS_A_DAY).fit()
    season = np.resize(decomposed.seasonal[-HOURS_A_DAY:], ahead)
    return np.asarray(_ets(hours - decomposed.seasonal, ahead) + season)


def mstl_ets(hours: Values, ahead: int) -> Values:
    """Return the last seasons of statsmodels' MSTL, day and week, and its ETS of the rest."""
    from statsmodels.tsa.seasonal import MSTL  # noqa: PLC0415  as above

    if len(hours) < FEWEST_WEEKS * HOURS_A_WEEK + 1:
        return stl_ets(hours, ahead)
    seasons = MSTL(hours, periods=(HOURS_A_DAY, HOURS_A_WEEK)).fit().seasonal
    daily = np.resize(seasons[-HOURS_A_DAY:, 0], ahead)
    weekly = np.resize(seasons[-HOURS_A_WEEK:, 1], ahead)
    return np.asarray(_ets(hours - seasons.sum(axis=1), ahead) + daily + weekly)


HOURLY_MODELS: Mapping[str, HourlyModel] = {STL_ETS: stl_ets, MSTL_ETS: mstl_ets}


def mstl_elsewhere(histories: Sequence[Values], ahead: int) -> tuple[list[Values], float]:
    """Return the hours ahead of each hourly history by statsforecast's MSTL, and the seconds of a fit.

    statsforecast needs an older pandas than what is shipped, so it runs in an environment of its own: numbers go in and
    out in files.
    """
    with TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.npz", Path(folder) / "answered.npz"
        lengths = [len(hours) for hours in histories]
        np.savez(asked, ahead=np.array(ahead), values=np.log1p(np.concatenate(histories)), lengths=lengths)
        subprocess.run([ELSEWHERE, _SCRIPT, asked, answered], check=True)
        with np.load(answered) as answer:
            logs, seconds = answer["points"], float(answer["seconds"])
    return [_from_logs(each, hours) for each, hours in zip(logs, histories, strict=True)], seconds


def hourly_means(past: Series) -> Values:
    """Return means of the whole hours before the origin, gaps filled along straight lines."""
    means: Values = _by_hours(past).mean(axis=1)
    return means


def _by_hours(past: Series) -> Values:
    """Return the samples of whole hours before the origin, gaps filled, (hours, samples of an hour)."""
    known = ~np.isnan(past.values)
    filled = np.interp(np.arange(len(past)), np.flatnonzero(known), past.values[known])
    per_hour = HOUR // past.step
    hours: Values = filled[len(filled) % per_hour :].reshape(-1, per_hour)
    return hours


def _from_hours(past: Series, hours: Values) -> Values:
    """Return an hourly forecast on the step of the past, with the within-hour shape of its last week."""
    recent = _by_hours(past)[-HOURS_A_WEEK:]
    days = recent[len(recent) % HOURS_A_DAY :].reshape(-1, HOURS_A_DAY, recent.shape[1])
    means = np.broadcast_to(days.mean(axis=2, keepdims=True), days.shape)
    shape = np.median(np.divide(days, means, out=np.ones_like(days), where=means > 0), axis=0)
    spread: Values = hours[:, None] * shape[np.arange(len(hours)) % HOURS_A_DAY]
    return spread.ravel()


def _from_logs(logs: Values, hours: Values) -> Values:
    return np.asarray(np.expm1(np.clip(logs, 0.0, np.log1p(HIGHEST_GROWTH * hours.max()))))


def _ets(rest: Values, ahead: int) -> Values:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415  as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an optimiser gave up early is the other library's affair
        fitted = ETSModel(rest).fit(disp=False)
    return np.asarray(fitted.forecast(ahead))


def _naive(past: Series, season: int, ahead: int) -> tuple[Values, Values]:
    """Return point and bound; without a whole season the day is repeated, and without two it gives the spread."""
    day = DAY // past.step
    shown = season if len(past) >= season else day
    compared = season if len(past) >= 2 * season else day
    seasons = past.values[len(past) % shown :].reshape(-1, shown)
    point = np.resize(_newest(seasons), ahead)
    differences = past.values[compared:] - past.values[:-compared]
    return point, point + np.nanquantile(differences, LEVEL)


def _newest(seasons: Values) -> Values:
    """Return the newest known value of each slot, (seasons, slots) -> (slots,); the median where none is known."""
    newest = np.full(seasons.shape[1], np.nanmedian(seasons))
    for season in seasons:
        newest = np.where(np.isnan(season), newest, season)
    return newest
