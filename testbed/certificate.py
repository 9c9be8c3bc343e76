"""A fresh key with a certificate that vouches for itself. helm makes it: Python's standard library makes none."""

import subprocess
from pathlib import Path

import yaml

from testbed.binaries import find
from testbed.errors import CommandFailed

TEMPLATE = """{{ with genCA "testbed" 1 }}
key: {{ .Key | quote }}
certificate: {{ .Cert | quote }}
{{ end }}"""


def make_certificate(directory: Path) -> Path:
    """Return a new file with a key and its certificate, for servers and clients, good for a day."""
    chart = directory / "certificate"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: certificate\nversion: 0.0.0\n", encoding="utf-8")
    (chart / "templates" / "made.yaml").write_text(TEMPLATE, encoding="utf-8")
    done = subprocess.run([find("helm"), "template", chart], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"helm made no certificate: {done.stderr.strip()}")
    made = yaml.safe_load(done.stdout)
    path = directory / "made.pem"
    path.touch(mode=0o600)
    path.write_text(made["key"] + made["certificate"], encoding="utf-8")
    return path
