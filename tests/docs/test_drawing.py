"""Pictures: what is drawn, where, and that the same numbers make the same bytes."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from docs.drawing import WIDTH, Panel, drawn
from docs.marks import Axis, Band, Bars, Dots, Ink, Line, Mark, Span, measured, stairs

HOURS = Axis("", 0.0, 4.0, ((0.0, "00:00"), (4.0, "04:00")))
UNITS = Axis("requests/s", 0.0, 10.0, ((0.0, "0"), (10.0, "10")))
XS, YS = np.arange(5.0), np.array([1.0, 2.0, np.nan, 4.0, 10.0])


def a_picture(*marks: Mark) -> str:
    return drawn("A load", [[Panel("Load", HOURS, UNITS, marks)]])


def shapes(picture: str, tag: str) -> list[ET.Element]:
    """What marks drew: shapes that are neither paper nor grid."""
    found = ET.fromstring(picture).iter(f"{{http://www.w3.org/2000/svg}}{tag}")  # noqa: S314 -- made above
    return [each for each in found if each.get("class") not in ("paper", "grid")]


def test_the_same_numbers_make_the_same_bytes() -> None:
    assert a_picture(Line(XS, YS)) == a_picture(Line(XS, YS + 1e-12))


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    (path,) = shapes(a_picture(Line(XS, YS)), "path")

    assert re.sub(r"[\d. ]", "", path.attrib["d"]) == "MLML"


@pytest.mark.parametrize(
    ("mark", "tag", "count"),
    [
        pytest.param(Band(XS, np.zeros(5), np.ones(5)), "polygon", 1, id="a band"),
        pytest.param(Span(1.0, 2.0), "rect", 1, id="a span"),
        pytest.param(Bars(XS, np.ones(5), width=0.5), "rect", 5, id="bars"),
        pytest.param(Dots(XS, YS), "circle", 4, id="dots, none where nothing is known"),
        pytest.param(stairs(np.arange(6.0), np.ones(5)), "path", 1, id="stairs"),
    ],
)
def test_each_mark_has_its_shape(mark: Mark, tag: str, count: int) -> None:
    assert len(shapes(a_picture(mark), tag)) == count


def test_what_lies_outside_of_the_axes_is_drawn_at_their_ends() -> None:
    inside, outside = (a_picture(Dots(np.array([x]), np.array([y]))) for x, y in ((4.0, 10.0), (9.0, 99.0)))

    assert inside == outside


def test_only_named_marks_stand_in_the_legend() -> None:
    texts = [each.text for each in shapes(a_picture(Line(XS, YS, name="came"), Line(XS, YS, Ink.BLUE)), "text")]

    assert texts == ["Load", "requests/s", "came", "0", "10", "00:00", "04:00"]


def test_no_label_leaves_the_picture() -> None:
    places = [float(each.attrib["x"]) for each in shapes(a_picture(), "text") if each.text == "04:00"]

    assert places[0] + 5 * 6.3 / 2 <= WIDTH


def test_titles_may_hold_what_would_end_them() -> None:
    picture = drawn("a < b & c", [[Panel("<Load>", HOURS, UNITS, ())]])

    assert [each.text for each in shapes(picture, "title")] == ["a < b & c"]
    assert shapes(picture, "text")[0].text == "<Load>"


def test_panels_of_a_row_share_its_width() -> None:
    panel = Panel("Load", HOURS, UNITS, (Span(0.0, 4.0),))

    left, right = shapes(drawn("Loads", [[panel, panel]]), "rect")

    assert float(left.attrib["x"]) + float(left.attrib["width"]) < WIDTH / 2 < float(right.attrib["x"])


@pytest.mark.parametrize(
    ("values", "low", "labels"),
    [
        pytest.param([3.0, 9.0], 0.0, ["0", "5", "10"], id="from zero"),
        pytest.param([1200.0, 4000.0], 0.0, ["0", "1,000", "2,000", "3,000", "4,000"], id="thousands"),
        pytest.param([3000.0, 5200.0, np.nan], None, ["3,000", "4,000", "5,000", "6,000"], id="from the least"),
        pytest.param([0.1, 0.42], 0.0, ["0", "0.2", "0.4", "0.6"], id="parts"),
    ],
)
def test_an_axis_has_round_ticks_and_room_for_all(values: list[float], low: float | None, labels: list[str]) -> None:
    axis = measured("units", np.array(values), low=low)

    assert [label for _, label in axis.ticks] == labels
    assert axis.low <= np.nanmin(values)
    assert axis.high >= np.nanmax(values)


def test_shares_are_told_in_percent() -> None:
    assert [label for _, label in measured("weight", np.array([0.5]), percent=True).ticks][-1] == "60 %"
