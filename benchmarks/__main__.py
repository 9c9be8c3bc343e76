"""`python -m benchmarks [TOPIC ...]`: measure and write benchmarks/results/TOPIC.md; all topics when none is named."""

import os
from importlib import import_module
from pathlib import Path

import click

from benchmarks.tables import where_and_when

RESULTS = Path(__file__).parent / "results"
TOPICS = ("sweep", "decision", "forecasting", "replay", "wire", "telemetry")


@click.command(help=__doc__)
@click.argument("topics", nargs=-1, type=click.Choice(TOPICS))
def main(topics: tuple[str, ...]) -> None:
    """Measure one topic after the other."""
    # Inherited by the processes that measure: fits run side by side, each on one thread.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    RESULTS.mkdir(exist_ok=True)
    where = where_and_when()
    for topic in topics or TOPICS:
        click.echo(f"measuring {topic} ...", err=True)
        page = import_module(f"benchmarks.{topic}").table().markdown(where)
        (RESULTS / f"{topic}.md").write_text(page, encoding="utf-8")
        click.echo(page)


if __name__ == "__main__":
    main()
