"""`headroom report`: a ForecastReport of a cluster, or of a file that kubectl wrote, in the terminal and as a page."""

from pathlib import Path

import click

from controller.cli.reading.reports import fetch_report, pick, read_objects
from controller.cli.reading.values import FILE
from controller.cli.showing.pages import show_report
from controller.reporting.forecast_report import from_forecast_report


@click.command()
@click.argument("name", required=False)
@click.option("--namespace", "-n", default="default", show_default=True, help="Namespace of the ForecastReport.")
@click.option("--kubeconfig", type=FILE, help="Kubeconfig. Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--file", "source", type=FILE, help="Read what `kubectl get fr,spol NAME -o yaml` wrote instead.")
@click.option("--output", "-o", type=FILE, help="Where the page goes. Default: NAME.html here.")
def report(name: str | None, namespace: str, kubeconfig: Path | None, source: Path | None, output: Path | None) -> None:
    """Show what Headroom expects of policy NAME, hours and months ahead, and write it as a page with charts."""
    if source is not None:
        found, policy = pick(read_objects(source), name, where=str(source))
    elif name is not None:
        found, policy = fetch_report(namespace, name, kubeconfig=kubeconfig)
    else:
        raise click.UsageError("name the ForecastReport (it is named like its policy), or give --file")
    show_report(from_forecast_report(found, policy), output or Path(f"{found.key.name}.html"))
