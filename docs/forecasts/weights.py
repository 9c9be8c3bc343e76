"""Step: who counts how much, for each distance ahead."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads
from docs.forecasts.step import Step, listed, percent, span
from docs.marks import Axis, Bars, measured
from docs.tables import code, table
from forecasting import Weight
from forecasting.leads import EDGES
from forecasting.selection import POWER

COLUMNS = 3


def weights(loads: Loads) -> Step:
    """Return the weights of the first morning's fit."""
    fitted = loads.mornings[0]
    shares = {each.name: [share for _, share, _ in each.by_lead] for each in fitted.weights}
    nearest, farthest = _heaviest(shares, 0), _heaviest(shares, -1)
    windows = window_names(fitted.weights[0])
    return Step(
        figures={
            "half_as_good": str(2**POWER),
            "windows": listed(windows),
            "near": windows[0],
            "far": windows[-1],
            "heaviest_near": code(nearest),
            "share_near": percent(shares[nearest][0]),
            "heaviest_far": code(farthest),
            "share_far": percent(shares[farthest][-1]),
            "weights": table(["member", *windows], [[code(name), *map(percent, row)] for name, row in shares.items()]),
        },
        holds={
            "Nobody is thrown out.": all(share > 0 for row in shares.values() for share in row),
            "For each distance the weights add up to the whole.": bool(
                np.allclose(np.sum(list(shares.values()), axis=0), 1.0)
            ),
        },
        picture=drawn(
            "The weight of each member by how far ahead the forecast looks",
            _rows(shares, fitted.weights[0]),
        ),
    )


def _heaviest(shares: Mapping[str, Sequence[float]], window: int) -> str:
    return max(shares, key=lambda name: shares[name][window])


def window_names(weight: Weight) -> list[str]:
    """Return the windows of lead that a member was weighed in, such as: 1 to 4 h."""
    return [
        f"{low * 60:g} to {high * 60:g} min" if high <= 1 else f"{low:g} to {high:g} h"
        for low, high in window_edges(weight)
    ]


def window_edges(weight: Weight) -> list[tuple[float, float]]:
    """Return the windows in hours."""
    middles = [middle for middle, _, _ in weight.by_lead]
    windows = itertools.pairwise(EDGES)
    return [(low, high) for low, high in windows if any(low <= middle < high for middle in middles)]


def _rows(shares: Mapping[str, Sequence[float]], weight: Weight) -> list[list[Panel]]:
    ends = [span(timedelta(hours=edges[1])) for edges in window_edges(weight)]
    places = np.arange(len(ends), dtype=np.float64)
    across = Axis("", -0.6, len(ends) - 0.4, tuple(zip(places.tolist(), ends, strict=True)))
    up = measured("weight, up to so far ahead", np.array(list(shares.values())), percent=True)
    panels = [
        Panel(name, across, up, [Bars(places, np.array(row), width=0.6)], height=150) for name, row in shares.items()
    ]
    return [panels[first : first + COLUMNS] for first in range(0, len(panels), COLUMNS)]
