"""The same input gives the same output: again, in threads and in other processes; and nothing else changes."""

import hashlib
import locale
import os
import pickle
import random
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecasting import Calendar, Event, FittedForecast, MarkedDay, Series, fit, fit_batch
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_series, noisy_week

DAYS = 16
END = MONDAY + timedelta(days=DAYS)
BERLIN = Calendar(
    "Europe/Berlin",
    events=(Event(MONDAY + timedelta(days=3), MONDAY + timedelta(days=3, hours=5)), Event(END, END + HOUR, 2.0)),
    marked_days=(MarkedDay(date(2026, 1, 6), "a feast"), MarkedDay(date(2026, 1, 21), "a feast")),
)


def loads() -> list[Series]:
    """Three loads: one as it is, one with holes, and one on a grid of its own."""
    whole = noisy_week(DAYS, seed=1)
    holes = np.where(np.arange(len(whole)) % 700 < 30, np.nan, noisy_week(DAYS, seed=2))
    return [a_series(whole), a_series(holes), a_series(noisy_week(DAYS, seed=3, step=HOUR), HOUR)]


def newer(fitted: FittedForecast) -> Series:
    """Two hours of samples after a fit, and some of the next step."""
    return Series(fitted.origin, fitted.step / 5, np.linspace(50.0, 400.0, 2 * HOUR // (fitted.step / 5) + 3))


def contents(value: object, where: str = "") -> dict[str, bytes]:
    """What a value is made of, bit by bit, by the path of fields to it."""
    if isinstance(value, np.ndarray):
        return {where: value.tobytes()}
    if is_dataclass(value):
        inner = [(field.name, getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, tuple | list):
        inner = [(str(position), each) for position, each in enumerate(value)]
    elif isinstance(value, dict):
        inner = list(value.items())
    else:
        return {where: repr(value).encode()}
    return {path: bits for name, each in inner for path, bits in contents(each, f"{where}.{name}").items()}


def digest() -> str:
    """A fingerprint of all that comes of fitting, updating and asking."""
    fitted = fit_batch(loads(), calendar=BERLIN)
    updated = [each.update(newer(each)) for each in fitted]
    again = fit_batch(loads(), calendar=BERLIN, earlier=updated)
    said = [each.forecast(timedelta(days=8)) for each in (*fitted, *updated, *again)]
    return hashlib.sha256(repr(sorted(contents([fitted, updated, again, said]).items())).encode()).hexdigest()


def world() -> dict[str, object]:
    """What of a process anybody may change, and nobody should."""
    generator, keys, *position = np.random.get_state(legacy=True)  # noqa: NPY002 -- the global one is what is watched
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "numpy errors": np.geterr(),
        "numpy print options": np.get_printoptions(),
        "numpy random state": (generator, np.asarray(keys).tolist(), position),
        "random state": random.getstate(),
        "recursion limit": sys.getrecursionlimit(),
        "threads": threading.active_count(),
        "warning filters": list(warnings.filters),
    }


# ── The same again ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_input_gives_the_same_bits_again() -> None:
    first = digest()
    fit(a_series(noisy_week(DAYS, seed=9)))  # whatever happens in between

    assert digest() == first


def test_four_threads_at_once_get_the_same_bits() -> None:
    alone = digest()
    together = threading.Barrier(4)

    def race(_: int) -> str:
        together.wait()
        return digest()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(race, range(4))) == {alone}


def test_threads_may_share_a_fitted_forecast() -> None:
    fitted = fit(loads()[0], calendar=BERLIN)
    recent = newer(fitted)
    alone = fitted.update(recent).forecast().paths.tobytes()
    shared: FittedForecast = pickle.loads(pickle.dumps(fitted))  # noqa: S301 -- our own; nothing in it was asked for yet

    with ThreadPoolExecutor(4) as threads:
        said = threads.map(lambda _: shared.update(recent).forecast().paths.tobytes(), range(40))

    assert set(said) == {alone}


PROGRAM = """
import multiprocessing
import sys

from tests.forecasting.test_same_everywhere import digest


def tell(connection):
    connection.send(digest())


def elsewhere(method):
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=tell, args=(theirs,))
    process.start()
    answer = ours.recv()
    process.join()
    return answer


if __name__ == "__main__":
    print(digest(), *(elsewhere(method) for method in sys.argv[1:]))
"""


@pytest.mark.slow
def test_forked_and_spawned_processes_get_the_same_bits(tmp_path: Path) -> None:
    # In a program of its own: a fork of a process with threads, as a test runner may be, is unsafe whoever calls it.
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")

    said = subprocess.run(
        [sys.executable, program, "fork", "forkserver", "spawn"],
        env=os.environ | {"PYTHONPATH": str(Path.cwd()), "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == [digest()] * 4


# ── Nothing else changes ─────────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_global_changes() -> None:
    before = world()

    digest()

    assert world() == before


@pytest.mark.parametrize("seed", [0, 1])
def test_no_global_generator_has_a_say(seed: int) -> None:
    expected = fit(loads()[0]).forecast().paths
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 -- that it does not matter is what is shown

    np.testing.assert_array_equal(fit(loads()[0]).forecast().paths, expected)


@pytest.mark.parametrize(
    "use",
    [
        lambda fitted: fitted.forecast(timedelta(days=9), (0.9, 0.1)),
        lambda fitted: fitted.member_points(),
        lambda fitted: fitted.update(newer(fitted)).forecast(),
        lambda fitted: fitted.update(newer(fitted)).update(Series(fitted.origin, FIVE_MINUTES, np.full(900, 9e5))),
        lambda fitted: fit(loads()[0], calendar=BERLIN, earlier=fitted),
        pickle.dumps,
    ],
    ids=["a forecast", "member points", "an update", "a record", "a refit", "a journey"],
)
def test_no_use_changes_a_fitted_forecast(use: Callable[[FittedForecast], object]) -> None:
    fitted = fit(loads()[0], calendar=BERLIN)
    before = contents(fitted)

    use(fitted)

    assert contents(fitted) == before


def test_inputs_stay_as_they_were() -> None:
    values = noisy_week(DAYS)
    values[::97] = np.nan
    given, recent = Series(MONDAY, FIVE_MINUTES, values), newer(fit(a_series(values)))
    before = contents([values, given, recent, BERLIN])

    fit(given, calendar=BERLIN).update(recent).forecast()

    assert contents([values, given, recent, BERLIN]) == before


def test_forecasts_share_no_memory_with_what_made_them() -> None:
    fitted = fit(loads()[0])
    before = contents(fitted)

    fitted.forecast().paths[:] = -1.0

    assert contents(fitted) == before


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint8])
def test_how_samples_are_stored_does_not_matter(kind: type[np.generic]) -> None:
    whole = np.floor(noisy_week(DAYS) / 2)
    stored = np.repeat(whole.astype(kind), 2)[::2]  # nor that they do not lie next to each other

    np.testing.assert_array_equal(fit(a_series(whole)).forecast().paths, fit(a_series(stored)).forecast().paths)


def test_a_journey_changes_nothing_that_follows() -> None:
    fitted = fit(loads()[0], calendar=BERLIN)
    travelled: FittedForecast = pickle.loads(pickle.dumps(fitted))  # noqa: S301 -- our own

    one, other = (contents(each.update(newer(each))) for each in (fitted, travelled))

    assert one == other
