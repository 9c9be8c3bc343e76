"""How commands show a Report: the page as a file, its summary in the terminal, the path last."""

from pathlib import Path

from rich.console import Console

from controller.errors import InputRefused
from controller.reporting.page import render_page
from controller.reporting.report import Report
from controller.reporting.terminal import print_report


def show_report(report: Report, output: Path) -> None:
    """Write the page and print the summary. Raises InputRefused where the file cannot be written."""
    try:
        output.write_text(render_page(report), encoding="utf-8")
    except OSError as problem:
        raise InputRefused(f"the page cannot be written: {problem}; choose another --output") from problem
    print_report(report, Console(highlight=False), page=output)
