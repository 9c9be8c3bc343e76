"""Style: the colours and type that charts share with the page. Sizes of single charts live beside them."""

from bokeh.models import DatetimeTickFormatter
from bokeh.themes import Theme

# Okabe and Ito's palette: told apart by colour-blind readers, each at least 3:1 on white.
OURS = "#0072B2"
RIVAL = "#D55E00"
FORECAST = "#00805C"  # their green, darkened to keep 3:1 where it is a thin line
OTHERS = ("#A4487A", "#7A6A00", "#56616C")
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


def line_colors(count: int) -> tuple[str, ...]:
    """Return a colour for each of `count` lines; the first is ours, the second the rival's."""
    palette = (OURS, RIVAL, *OTHERS)
    return tuple(palette[i % len(palette)] for i in range(count))


def time_ticks() -> DatetimeTickFormatter:
    """Return tick labels that name the hour, and the day once beneath where it begins."""
    return DatetimeTickFormatter(
        seconds="%H:%M:%S",
        minutes="%H:%M",
        hourmin="%H:%M",
        hours="%H:%M",
        days="%a %d %b",
        months="%b %Y",
        context=DatetimeTickFormatter(
            seconds="%a %d %b", minutes="%a %d %b", hourmin="%a %d %b", hours="%a %d %b", days="%Y", months=""
        ),
        context_which="start",
        hide_repeats=True,
    )
