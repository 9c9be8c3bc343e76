"""A kubeconfig for a pretend API server."""

from pathlib import Path

import yaml


def kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig of one cluster and no credentials."""
    path = folder / "kubeconfig"
    context = {"name": "here", "context": {"cluster": "here", "user": "me"}}
    clusters = [{"name": "here", "cluster": {"server": server}}]
    users = [{"name": "me", "user": {}}]
    config = {"current-context": "here", "contexts": [context], "clusters": clusters, "users": users}
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config"} | config), encoding="utf-8")
    return path
