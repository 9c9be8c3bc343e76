"""A real Prometheus on loopback: scrapes given targets, may start with weeks of made history, and can be stopped."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from testbed.binaries import find
from testbed.clock import wait_until
from testbed.endpoints import LOOPBACK, answers, free_port, session
from testbed.errors import CommandFailed, NotReady
from testbed.history import SampledSeries, write_openmetrics
from testbed.processes import READY_DEADLINE, Process
from testbed.stoppable import Stoppable

RETENTION = "500d"  # a year of made history and some; the default of 15 d drops it
LONGEST_BLOCK = "64d"  # promtool reads the whole file once for each block: so one block
QUERY_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class ScrapeTarget:
    """An exporter to scrape: `job` and `instance` become labels, so that history made with them continues."""

    address: str
    """Host and port."""
    job: str
    instance: str = "exporter"
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels put on every series of this target."""
    native_histograms: bool = False
    """Keep classic histograms and store each as a native one (with custom buckets) as well."""

    def config(self) -> dict[str, Any]:
        """Return the entry of `scrape_configs`."""
        return {
            "job_name": self.job,
            "honor_labels": True,  # an exporter stands for many workloads, and says for which one it speaks
            "convert_classic_histograms_to_nhcb": self.native_histograms,
            "always_scrape_classic_histograms": True,
            "static_configs": [{"targets": [self.address], "labels": {**self.labels, "instance": self.instance}}],
        }


class Prometheus(Stoppable):
    """A running Prometheus in a folder of its own. Use it as a context manager, or call `stop`.

    `stop` and `start` simulate an outage: the data and the address stay.
    """

    def __init__(
        self,
        directory: Path,
        targets: Sequence[ScrapeTarget] = (),
        *,
        scrape_interval: timedelta = timedelta(seconds=1),
        history: Sequence[SampledSeries] = (),
    ) -> None:
        """Store the history, then start; raise NotReady with the log when it does not answer."""
        self._directory = directory
        self._address = f"{LOOPBACK}:{free_port()}"
        self.url = f"http://{self._address}"
        self.log = directory / "prometheus.log"
        directory.mkdir(parents=True, exist_ok=True)
        if history:
            self._backfill(history)
        self._write_config(targets, scrape_interval)
        self._process = self._run()

    def start(self) -> None:
        """Start again after `stop`, with the same data at the same address."""
        self._process = self._run()

    def stop(self) -> None:
        """Stop it: nobody answers at its address."""
        self._process.stop()

    def query(self, promql: str, *, at: datetime | None = None) -> dict[str, Any]:
        """Return the API's whole answer to an instant query, warnings and infos included, whatever its status."""
        moment = {} if at is None else {"time": str(at.timestamp())}
        answer = session().post(
            f"{self.url}/api/v1/query", data={"query": promql, **moment}, timeout=QUERY_TIMEOUT_SECONDS
        )
        parsed: dict[str, Any] = answer.json()
        return parsed

    def value(self, promql: str, *, at: datetime | None = None) -> float | None:
        """Return the value of the first series in the answer to an instant query, or None when there is none."""
        result = self.query(promql, at=at)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def wait_until(self, promql: str, deadline: timedelta = READY_DEADLINE) -> None:
        """Wait until an instant query has an answer that is not empty; raise NotReady after the deadline."""
        if not wait_until(lambda: self.value(promql) is not None, deadline):
            raise NotReady(f"prometheus has no answer to {promql} after {deadline.total_seconds():.0f} s")

    def _run(self) -> Process:
        flags = [
            f"--config.file={self._directory / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self._data}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--web.listen-address={self._address}",
            "--scrape.discovery-reload-interval=200ms",  # the first scrape would come up to 5 s late
        ]
        process = Process(find("prometheus"), flags, log=self.log)
        try:
            process.wait_until_ready(lambda: answers(f"{self.url}/-/ready"))
        except BaseException:
            process.stop()
            raise
        return process

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _backfill(self, history: Sequence[SampledSeries]) -> None:
        text = self._directory / "history.openmetrics"
        write_openmetrics(text, history)
        command = [str(find("promtool")), "tsdb", "create-blocks-from", "openmetrics"]
        arguments = [f"--max-block-duration={LONGEST_BLOCK}", str(text), str(self._data)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CommandFailed(f"promtool did not take the history in {text}: {done.stderr.strip()}")
        text.unlink()

    def _write_config(self, targets: Sequence[ScrapeTarget], scrape_interval: timedelta) -> None:
        interval = f"{int(scrape_interval / timedelta(milliseconds=1))}ms"
        config = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval},
            "scrape_configs": [target.config() for target in targets],
        }
        (self._directory / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
