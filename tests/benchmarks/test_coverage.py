from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from benchmarks.curves import Curve, drawn
from benchmarks.leads import EDGES, LEADS, LEVELS, by_lead, covered
from benchmarks.rolling import DAY, HOUR, Rolling
from forecasting import Series

START = datetime(2026, 1, 5, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def a_rolling(truth: float, step: timedelta = HOUR) -> Rolling:
    """Return one origin after a week of noise around 100, and a day at one level."""
    past = Series(START, step, np.random.default_rng(1).normal(100, 3, 7 * DAY // step))
    return Rolling("noise", (past,), np.full((1, DAY // step), truth))


def test_what_lies_far_below_is_covered_and_what_lies_far_above_is_not() -> None:
    low, high = covered(a_rolling(10.0)), covered(a_rolling(1000.0))

    assert low.shape == (len(LEADS), len(LEVELS))
    assert (low[1:] == 1).all()
    assert (high[1:] == 0).all()


def test_an_hourly_trace_says_nothing_of_the_first_quarter_of_an_hour() -> None:
    assert np.isnan(covered(a_rolling(10.0))[0]).all()


def test_a_higher_quantile_covers_no_less() -> None:
    shares = covered(a_rolling(100.0))[1:]
    assert (np.diff(shares, axis=1) >= 0).all()


def test_leads_are_named_after_their_edges() -> None:
    assert len(LEADS) == len(EDGES) - 1


@pytest.mark.slow
def test_a_table_has_a_row_for_each_lead_and_the_share_of_every_quantile() -> None:
    table = by_lead([a_rolling(10.0, timedelta(minutes=5)), a_rolling(1000.0)], picture="here.svg")

    assert [row[0] for row in table.rows] == list(LEADS)
    assert list(table.rows[0])[1:] == ["1", *["1.000 (1.00 to 1.00)"] * 3]
    assert list(table.rows[1])[1:] == ["2", *["0.500 (0.00 to 1.00)"] * 3]
    assert list(table.pictures) == ["here.svg"]


def test_a_picture_has_a_curve_and_a_target_for_each_quantile() -> None:
    curves = [Curve("p50", (0.4, 0.6), target=0.5), Curve("p90 & more", (0.9, 1.0), target=0.9)]
    picture = ET.fromstring(drawn("Shares", ("near", "far"), curves))  # noqa: S314  made a line above

    paths = [each.attrib["points"] for each in picture.iter(f"{SVG}polyline")]
    texts = [each.text for each in picture.iter(f"{SVG}text")]
    dashed = [each for each in picture.iter(f"{SVG}line") if "stroke-dasharray" in each.attrib]
    assert (len(paths), len(dashed)) == (2, 2)
    assert {"Shares", "near", "far", "p50", "p90 & more"} <= set(texts)


def test_a_higher_share_stands_higher() -> None:
    picture = ET.fromstring(drawn("", ("a", "b"), [Curve("p50", (0.2, 0.8), target=0.5)]))  # noqa: S314  made here
    (path,) = [each.attrib["points"] for each in picture.iter(f"{SVG}polyline")]
    low, high = (float(point.split(",")[1]) for point in path.split())

    assert high < low
