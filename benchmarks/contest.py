"""All forecasters on all traces, side by side in processes; how their scores are summed up is standings.py's business.

Both the judging and the choosing of parameters run this: they differ in what they hand in.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context

import numpy as np

from benchmarks.forecasters import (
    DAY_NAIVE,
    ENGINE,
    HOURLY_MODELS,
    HOURS_A_WEEK,
    MSTL_ELSEWHERE,
    WEEK,
    WEEK_NAIVE,
    HourlyModel,
    in_logs,
    mstl_elsewhere,
    run_elsewhere,
    run_engine,
    run_hourly,
    run_naive,
)
from benchmarks.m4 import Standing, standing
from benchmarks.rolling import DAY, HOUR, HOURS_A_DAY, LONGEST_HISTORY, Rolling, Scores, score
from benchmarks.traces import Competition
from forecasting import Series, fit_batch
from forecasting.series import Values

ScoresByTrace = Mapping[str, Mapping[str, Scores]]  # trace -> forecaster -> scores

UNDATED = datetime(2020, 1, 6, tzinfo=UTC)  # where M4's series are put, since none tells its hour: a Monday


def hold(traces: Sequence[Rolling], *, others: bool) -> ScoresByTrace:
    """Return what everybody scored on each trace; `others` are statsmodels and statsforecast."""
    with _processes() as pool:
        elsewhere = pool.submit(run_elsewhere, traces) if others else None
        scores = dict(zip([each.name for each in traces], pool.map(partial(_here, others=others), traces), strict=True))
        if elsewhere:
            for rolling, forecasts in zip(traces, elsewhere.result(), strict=True):
                scores[rolling.name][MSTL_ELSEWHERE] = score(rolling, forecasts)
    return scores


def hold_m4(series: Sequence[Competition], *, others: bool) -> dict[str, Standing]:
    """Return how everybody stands in M4, learning from at most the last 28 days of each series."""
    ahead = len(series[0].truth)
    pasts = [each.past[-(LONGEST_HISTORY // HOUR) :] for each in series]
    with _processes() as pool:
        elsewhere = pool.submit(mstl_elsewhere, pasts, ahead) if others else None
        forecasts = {
            ENGINE: pool.submit(_engine_on_hours, pasts, ahead).result(),
            DAY_NAIVE: [np.resize(past[-HOURS_A_DAY:], ahead) for past in pasts],
            WEEK_NAIVE: [np.resize(past[-HOURS_A_WEEK:], ahead) for past in pasts],
        }
        for name, model in HOURLY_MODELS.items() if others else ():
            forecasts[name] = list(pool.map(partial(_on_hours, model, ahead), pasts, chunksize=10))
        if elsewhere:
            forecasts[MSTL_ELSEWHERE] = elsewhere.result()[0]
    return {name: standing(points, series) for name, points in forecasts.items()}


def _processes() -> ProcessPoolExecutor:
    """Return one process a core, each started afresh: none inherits another's caches."""
    return ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))


def _here(rolling: Rolling, *, others: bool) -> dict[str, Scores]:
    """Return what everybody who lives in this environment scored on one trace."""
    forecasts = run_engine(rolling) | {
        DAY_NAIVE: run_naive(rolling, DAY),
        WEEK_NAIVE: run_naive(rolling, WEEK),
    }
    if others:
        forecasts |= {name: run_hourly(rolling, model) for name, model in HOURLY_MODELS.items()}
    return {name: score(rolling, each) for name, each in forecasts.items()}


def _on_hours(model: HourlyModel, ahead: int, past: Values) -> Values:
    return in_logs(model, past, ahead)


def _engine_on_hours(pasts: Sequence[Values], ahead: int) -> list[Values]:
    fitted = fit_batch([Series(UNDATED, HOUR, past) for past in pasts])
    return [each.forecast(ahead * HOUR, levels=()).point.values for each in fitted]
