import json
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import TelemetryUnavailable
from controller.telemetry.answers import Expected, Grid, read_matrix, read_vector
from controller.telemetry.envelope import open_envelope
from tests.builders import NOON
from tests.telemetry.selectors import WEB

EXPECTED = Expected("app", [WEB])
GRID = Grid(NOON, timedelta(minutes=5), 4)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)
labels = st.fixed_dictionaries({"namespace": st.just("shop") | scalars, "app": st.just("web") | scalars}) | anything
times = st.sampled_from([NOON.timestamp() + 300 * number for number in range(-1, 6)]) | anything
numbers = st.sampled_from(["1", "-1", "NaN", "+Inf", "1e400", "x", ""]) | anything
pairs = st.tuples(times, numbers).map(list) | anything
series = st.fixed_dictionaries({"metric": labels, "value": pairs, "values": st.lists(pairs, max_size=4) | anything})
results = st.lists(series | anything, max_size=3)


@given(result=results)
def test_whatever_an_instant_answer_holds_it_is_read_or_refused(result: list[object]) -> None:
    try:
        values = read_vector(result, EXPECTED, at=NOON)
    except TelemetryUnavailable:
        return

    assert values.keys() <= {WEB}


@given(result=results)
def test_whatever_a_range_holds_it_is_read_or_refused(result: list[object]) -> None:
    try:
        rows = read_matrix(result, EXPECTED, grid=GRID)
    except TelemetryUnavailable:
        return

    for row in rows.values():
        assert row.shape == (4,)
        assert (np.isnan(row) | (np.isfinite(row) & (row >= 0))).all()


@given(content=st.dictionaries(st.sampled_from(["status", "data", "warnings", "error"]), anything))
def test_whatever_an_envelope_holds_it_is_opened_or_refused(content: dict[str, object]) -> None:
    try:
        opened = open_envelope(json.dumps(content).encode(), secret="x")  # noqa: S106  no password
    except TelemetryUnavailable:
        return

    assert isinstance(opened.json()["data"]["result"], list)
    assert not content.get("warnings")


@given(body=st.binary(max_size=200))
def test_whatever_bytes_come_they_are_refused(body: bytes) -> None:
    try:
        open_envelope(body, secret="")
    except TelemetryUnavailable:
        return

    raise AssertionError(f"opened {body!r}")
