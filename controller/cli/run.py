"""`headroom run`: the operator. Flags win over HEADROOM_* environment variables."""

import asyncio
from pathlib import Path
from typing import Any

import click

from controller.settings import load_settings


@click.command()
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Kubeconfig. Default: KUBECONFIG, else the pod's.")
@click.option("--namespace", help="Namespace of the operator's Lease.")
@click.option("--sweep-seconds", type=float, help="Time between two sweeps over all policies.")
@click.option("--refit-seconds", type=float, help="Age at which a forecast is fitted again.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where history is kept.")
@click.option("--record", "record_dir", type=click.Path(path_type=Path), help="Write every decision here, a line each.")
@click.option("--host", help="Address of probes and metrics.")
@click.option("--port", type=int, help="Port of probes and metrics; 0 takes a free one.")
@click.option("--log-level", help="debug, info, warning or error.")
def run(**flags: Any) -> None:  # noqa: ANN401  click hands over what was typed
    """Run the operator against a cluster."""
    settings = load_settings(**flags)
    from controller.live.run import run_operator  # noqa: PLC0415  the operator's libraries are an extra

    asyncio.run(run_operator(settings))
