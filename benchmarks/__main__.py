"""`python -m benchmarks [TOPIC ...]`: measure and write benchmarks/results/TOPIC.md.

Without a topic all of them, but for `choosing`, and for `replay` and `tuning`, which take hours and minutes.
"""

import os
from importlib import import_module
from pathlib import Path

import click

from benchmarks.tables import Table, where_and_when

RESULTS = Path(__file__).parent / "results"
JUDGING = (
    "sweep",
    "decision",
    "forecasting",
    "accuracy",
    "coverage",
    "replay_cost",
    "planning",
    "whatif",
    "outlook",
    "invariants",
    "wire",
    "telemetry",
)
TOPICS = (*JUDGING, "replay", "tuning", "choosing")


@click.command(help=__doc__)
@click.argument("topics", nargs=-1, type=click.Choice(TOPICS))
def main(topics: tuple[str, ...]) -> None:
    """Measure one topic after the other."""
    # Inherited by the processes that measure: fits run side by side, each on one thread.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    RESULTS.mkdir(exist_ok=True)
    where = where_and_when()
    for topic in topics or JUDGING:
        click.echo(f"measuring {topic} ...", err=True)
        table: Table = import_module(f"benchmarks.{topic}").table()
        page = table.markdown(where)
        for name, text in {f"{topic}.md": page, **table.pictures}.items():
            (RESULTS / name).write_text(text, encoding="utf-8")
        click.echo(page)


if __name__ == "__main__":
    main()
