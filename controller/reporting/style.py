"""Style: the colours and type that charts share with the page. Sizes of single charts live beside them."""

from bokeh.models import DatetimeTickFormatter
from bokeh.themes import Theme

# Okabe and Ito's palette: told apart by colour-blind readers, each at least 3:1 on white.
OURS = "#0072B2"
RIVAL = "#D55E00"
FORECAST = "#00805C"  # their green, darkened to keep 3:1 where it is a thin line
OTHERS = ("#A4487A", "#7A6A00", "#56616C")
POLICIES = (OURS, RIVAL, *OTHERS)
INK = "#1B2430"
QUIET = "#5B6673"
RULE = "#E3E7EC"

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"

THEME = Theme(
    json={
        "attrs": {
            "Plot": {"border_fill_color": None, "background_fill_color": None, "outline_line_color": None},
            "Axis": {
                "axis_line_color": RULE,
                "major_tick_line_color": RULE,
                "minor_tick_line_color": None,
                "major_label_text_color": QUIET,
                "major_label_text_font": FONT,
                "major_label_text_font_size": "12px",
                "axis_label_text_color": QUIET,
                "axis_label_text_font": FONT,
                "axis_label_text_font_size": "12px",
                "axis_label_text_font_style": "normal",
            },
            "Title": {"text_font": FONT, "text_font_size": "13px", "text_color": INK},
            "Grid": {"grid_line_color": RULE},
            "Legend": {
                "label_text_font": FONT,
                "label_text_font_size": "13px",
                "label_text_color": INK,
                "border_line_color": None,
                "background_fill_color": None,
                "padding": 0,
                "margin": 4,
                "spacing": 18,
                "glyph_width": 22,
            },
        }
    }
)


def time_ticks() -> DatetimeTickFormatter:
    """Return tick labels that name the hour, and where a day or a year begins that one, once and beneath."""
    day = "%a %d %b"
    beneath = DatetimeTickFormatter(seconds=day, minsec=day, minutes=day, hourmin=day, hours=day, days="%Y", months="")
    return DatetimeTickFormatter(
        seconds="%H:%M:%S",
        minsec="%H:%M:%S",
        minutes="%H:%M",
        hourmin="%H:%M",
        hours="%H:%M",
        days=day,
        months="%b %Y",
        context=beneath,
        context_which="start",
        hide_repeats=True,
    )
