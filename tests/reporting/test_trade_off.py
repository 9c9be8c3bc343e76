"""Settings on a page: what they cost and miss as dots and as figures, the one to take marked."""

from dataclasses import replace

import pytest
from bokeh.models import ColumnDataSource
from bokeh.models.renderers import GlyphRenderer

from controller.reporting.page import render_page
from controller.reporting.report import Report, TradeOff, TradeOffPoint
from controller.reporting.trade_off import draw_trade_off

POINTS = (
    TradeOffPoint("careful", 200, 1, on_front=True),
    TradeOffPoint("cheap", 100, 90, on_front=True),
    TradeOffPoint("balanced", 120, 9, on_front=True, is_recommended=True),
    TradeOffPoint("wasteful", 180, 40),
)
SETTINGS = TradeOff(POINTS, allowed_minutes=10, price=0.5)


def page_of(settings: TradeOff) -> str:
    return render_page(Report("web, what if", "", "Take balanced.", trade_off=settings))


def test_settings_are_listed_from_the_cheapest_on_with_their_price() -> None:
    rows = page_of(SETTINGS).split("<tbody>")[1].split("</tbody>")[0].split("</tr>")
    for row, (name, money, verdict) in zip(
        rows,
        [
            ("cheap", "50.00", "on the front"),
            ("balanced", "60.00", "the one to take"),
            ("wasteful", "90.00", "dominated"),
            ("careful", "100.00", "on the front"),
        ],
        strict=False,
    ):
        assert all(part in row for part in (name, money, verdict))


def test_without_a_price_no_money_is_shown() -> None:
    assert "money" not in page_of(replace(SETTINGS, price=None))


def test_the_line_joins_the_front_and_a_ring_marks_the_one_to_take() -> None:
    glyphs = [each for each in draw_trade_off(SETTINGS).renderers if isinstance(each, GlyphRenderer)]
    tables = [each.data_source for each in glyphs if isinstance(each.data_source, ColumnDataSource)]
    line, ring, others, front = (table.data for table in tables)
    assert line["x"] == [100, 120, 200]
    assert ring["name"] == ["balanced"]
    assert others["name"] == ["wasteful"]
    assert front["name"] == ["cheap", "balanced", "careful"]


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_a_setting_with_a_hostile_name_stays_words(name: str) -> None:
    assert name not in page_of(replace(SETTINGS, points=(*POINTS, TradeOffPoint(name, 1, 1))))
