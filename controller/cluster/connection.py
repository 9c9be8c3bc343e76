"""How the API server is found and who we are there: a kubeconfig, or the ServiceAccount of our own pod."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from controller import __version__
from controller.errors import InputRefused

IN_CLUSTER_VARIABLE = "KUBERNETES_SERVICE_HOST"
DEFAULT = "~/.kube/config"
REMEDY = "set KUBECONFIG, or --kubeconfig, to the path of a kubeconfig"
POOL_SIZE = 64  # connections: what one sweep writes at a time, and room for lease and reads


@asynccontextmanager
async def connect(kubeconfig: Path | None = None) -> AsyncIterator[ApiClient]:
    """Give the one ApiClient of this process while the block runs.

    Taken from `kubeconfig`, else from the file that KUBECONFIG names, else from the pod's ServiceAccount, else from
    the user's own `~/.kube/config`. InputRefused where none of them can be read.
    """
    settings = Configuration()
    settings.connection_pool_maxsize = POOL_SIZE
    named = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG")
    try:
        if not named and IN_CLUSTER_VARIABLE in os.environ:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]  # partial stubs
        else:
            _check_there(named or DEFAULT)
            await config.load_kube_config(  # type: ignore[no-untyped-call]  # partial stubs
                config_file=named, client_configuration=settings, persist_config=False
            )
    except (config.ConfigException, OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputRefused(f"no cluster to connect to: {error}; {REMEDY}") from error
    async with ApiClient(settings) as client:
        client.user_agent = f"headroom/{__version__}"
        yield client


def _check_there(named: str) -> None:
    """Raise InputRefused where none of the files is there, which the library would take for one without content."""
    if not any(Path(each).expanduser().is_file() for each in named.split(os.pathsep)):
        raise InputRefused(f"no cluster to connect to: there is no file {named}; {REMEDY}")
