"""The share of samples below p50, p90 and p95 by how far ahead they are, on traces that are handed in."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import numpy as np

from benchmarks.curves import Curve, drawn
from benchmarks.rolling import DAY, Rolling
from benchmarks.tables import Table
from forecasting import fit
from forecasting.series import Values

LEVELS = (0.5, 0.9, 0.95)
EDGES = tuple(timedelta(minutes=minutes) for minutes in (0, 15, 60, 4 * 60, 10 * 60, 24 * 60))
LEADS = ("0 to 15 min", "15 to 60 min", "1 to 4 h", "4 to 10 h", "10 to 24 h")


def by_lead(traces: Sequence[Rolling], *, picture: str | None = None) -> Table:
    """Return the mean share over traces, a row for each lead, and with a file name a picture of it.

    At least one of the traces must have steps of 15 min or less, else nothing can be said of the first lead.
    """
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        shares = np.stack(list(pool.map(covered, traces)))  # (traces, leads, levels)
    counted = np.sum(~np.isnan(shares[:, :, 0]), axis=0)
    return Table(
        title="Coverage",
        intro=(
            "The share of samples at or below a quantile, mean over traces, by lead. A sample's lead is that of the "
            "middle of its step, so traces of 30 min and 1 h have none in the first quarter of an hour. In brackets, "
            "the lowest and the highest trace."
        ),
        header=("lead", "traces", *(f"p{level * 100:.0f}" for level in LEVELS)),
        rows=[
            (lead, f"{counted[row]}", *(_cell(shares[:, row, column]) for column in range(len(LEVELS))))
            for row, lead in enumerate(LEADS)
        ],
        pictures={picture: drawn("Share of samples at or below a quantile, by lead", LEADS, _curves(shares))}
        if picture
        else {},
    )


def covered(rolling: Rolling) -> Values:
    """Return the share of a trace's samples at or below each quantile, (leads, levels), NaN where a lead has none."""
    made = [fit(past).forecast(DAY, levels=LEVELS) for past in rolling.pasts]
    quantiles = np.stack([each.paths[1:] for each in made])  # (origins, levels, steps)
    known = ~np.isnan(rolling.truth)
    below = (rolling.truth[:, None] <= quantiles).sum(axis=0).T  # (steps, levels); NaN is below nothing
    middles = (np.arange(rolling.truth.shape[1]) + 0.5) * rolling.step.total_seconds()
    bucket = np.searchsorted([edge.total_seconds() for edge in EDGES[1:-1]], middles, side="right")
    inside = (np.arange(len(LEADS))[:, None] == bucket).astype(np.float64)  # (leads, steps)
    with np.errstate(invalid="ignore"):
        shares: Values = (inside @ below) / (inside @ known.sum(axis=0))[:, None]
    return shares


def _cell(shares: Values) -> str:
    known = shares[~np.isnan(shares)]
    return f"{known.mean():.3f} ({known.min():.2f} to {known.max():.2f})"


def _curves(shares: Values) -> list[Curve]:
    means = np.nanmean(shares, axis=0)
    return [Curve(f"p{level * 100:.0f}", tuple(means[:, column]), target=level) for column, level in enumerate(LEVELS)]
