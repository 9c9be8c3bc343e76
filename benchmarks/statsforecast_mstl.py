"""statsforecast's MSTL over many hourly histories, run by the interpreter of .venv-bench: ASKED.npz ANSWERED.npz.

It knows nothing of Headroom. Seconds are CPU time of a fit with its forecast, after one that warms the caches.
"""

import sys
import time

import numpy as np
from statsforecast.models import MSTL  # type: ignore[import-not-found]  # installed in .venv-bench alone

DAY, WEEK = 24, 168  # hours
FEWEST_WEEKS = 2


def forecast(hours: "np.ndarray[tuple[int], np.dtype[np.float64]]", ahead: int) -> object:
    """Return so many hours ahead, with a week's season where the history holds two of them."""
    seasons = [DAY, WEEK] if len(hours) > FEWEST_WEEKS * WEEK else [DAY]
    return MSTL(season_length=seasons).forecast(y=hours, h=ahead)["mean"]


def main() -> None:
    """Answer what one file asks in another."""
    asked, answered = sys.argv[1:]
    with np.load(asked) as question:
        ahead = int(question["ahead"])
        histories = np.split(question["values"], np.cumsum(question["lengths"])[:-1])
    forecast(histories[0], ahead)
    begin = time.process_time()
    points = [forecast(hours, ahead) for hours in histories]
    np.savez(answered, points=np.array(points), seconds=np.array((time.process_time() - begin) / len(points)))


if __name__ == "__main__":
    main()
