"""A Ray cluster of three machines, all of them on loopback: a head and two that do the work.

Each has an address and ports of its own, and they join one after the other: machines that share
Ray's usual ports take each other's places.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-ray" / "bin" / "python"
LOOPBACK = "127.0.0.1"
HEAD = "127.0.0.2"
"""Each machine has a loopback address of its own; for 127.0.0.1 Ray would put the real one."""
START_S = 120
MARK = "TAPTRAIN_TEST_MACHINE"
"""In the environment of all that runs on a machine; it outlives parents, unlike a family."""

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A machine that is gone refuses at once, and after 3 s is missed; a slow one may take its time.
    "RAY_health_check_initial_delay_ms": "10000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "10000",
    "RAY_health_check_failure_threshold": "3",
}


def installed() -> bool:
    """Whether `.ci/setup.py test` has made the environment that Ray stands in."""
    return PYTHON.exists()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as place:
        place.bind((LOOPBACK, 0))
        port: int = place.getsockname()[1]
        return port


class NoCluster(Exception):
    """It did not come up in time; its words are the last that Ray said."""


@dataclass
class Cluster:
    """Starts with `with`; afterwards nothing of it is left, whatever happened."""

    workers: int = 2
    port: int = field(default_factory=free_port)
    dashboard: int = field(default_factory=free_port)
    names: list[str] = field(default_factory=list)
    """The machines that do the work and still live."""
    _folder: Path = Path()
    _end: float = 0.0

    @property
    def address(self) -> str:
        """Where jobs are handed in."""
        return f"http://{LOOPBACK}:{self.dashboard}"

    def __enter__(self) -> Self:
        # Short, for the paths of sockets in it are limited to 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
        self._end = time.monotonic() + START_S
        try:
            self._head()
            for number in range(self.workers):
                self._join(f"worker{number}", f"127.0.0.{number + 3}")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def host_of(self, job: str) -> str | None:
        """The machine that the job runs on, or None while it has none."""
        told = httpx.get(f"{self.address}/api/jobs/{job}", timeout=30).raise_for_status().json()
        hosts = (one["nodeName"] for one in self._raylets() if one.get("nodeId") == _node(told))
        return next(hosts, None)

    def kill(self, name: str) -> None:
        """Power off a machine: all its processes are gone at once."""
        self.names.remove(name)
        _end_all(f"{self._folder}/{name}")

    def alive(self) -> list[str]:
        """The machines that the head takes for alive."""
        return [raylet["nodeName"] for raylet in self._raylets() if raylet.get("state") == "ALIVE"]

    def close(self) -> None:
        """End everything; safe to call twice."""
        _end_all(f"{self._folder}/")
        self.names.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _raylets(self) -> list[dict[str, str]]:
        answer = httpx.get(f"{self.address}/nodes?view=summary", timeout=30)
        answer.raise_for_status()
        return [node["raylet"] for node in answer.json()["data"]["summary"]]

    def _head(self) -> None:
        self._start(
            "head",
            "--head",
            f"--node-ip-address={HEAD}",
            f"--port={self.port}",
            "--num-cpus=0",
            "--include-dashboard=true",
            f"--dashboard-host={LOOPBACK}",
            f"--dashboard-port={self.dashboard}",
            f"--ray-client-server-port={free_port()}",
            f"--temp-dir={self._folder}/r",
        )
        self._wait(lambda: self.alive() == ["head"])

    def _join(self, name: str, place: str) -> None:
        self._start(
            name,
            f"--address={HEAD}:{self.port}",
            f"--node-ip-address={place}",
            "--num-cpus=1",
        )
        self.names.append(name)
        self._wait(lambda: name in self.alive())

    def _start(self, name: str, *words: str) -> None:
        settings = {"RAY_TMPDIR": str(self._folder), MARK: f"{self._folder}/{name}"}
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            try:
                subprocess.run(
                    [
                        *(str(PYTHON), "-m", "ray.scripts.scripts", "start", *words),
                        f"--node-name={name}",
                        "--object-store-memory=80000000",
                        "--disable-usage-stats",
                        # Those that Ray does not choose for itself.
                        f"--dashboard-agent-listen-port={free_port()}",
                        "--min-worker-port=0",
                        "--max-worker-port=0",
                    ],
                    env=os.environ | _SETTINGS | settings,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    timeout=max(1.0, self._end - time.monotonic()),
                    check=True,
                )
            except subprocess.SubprocessError as error:
                raise NoCluster(f"{name}: {log.read_text()[-1000:]}") from error

    def _wait(self, condition: Callable[[], bool]) -> None:
        while True:
            try:
                if condition():
                    return
            except (httpx.HTTPError, KeyError, json.JSONDecodeError):
                pass  # its dashboard is not up yet
            if time.monotonic() > self._end:
                logs = sorted(self._folder.glob("*.log"))
                raise NoCluster("\n".join(log.read_text()[-500:] for log in logs))
            time.sleep(0.2)


def _node(told: dict[str, str]) -> str:
    return told.get("driver_node_id") or ""


def _end_all(mark: str) -> None:
    """Kill what bears the mark and all below it, until nothing is left."""
    while family := _marked(mark):
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=5)


def _marked(mark: str) -> set[psutil.Process]:
    family: set[psutil.Process] = set()
    for process in psutil.process_iter():
        try:
            place = process.environ().get(MARK, "")
            if place == mark or (mark.endswith("/") and place.startswith(mark)):
                family |= {process, *process.children(recursive=True)}
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return {one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three machines for a file's tests, which take less time than starting them."""
    if not installed():
        pytest.skip("needs Ray in .venv-ray: python3 .ci/setup.py test")
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(Cluster())
        except NoCluster as error:
            pytest.skip(f"no Ray cluster came up within {START_S} s: {error}")
        yield cluster
