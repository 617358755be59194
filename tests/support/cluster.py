"""A Ray cluster of three machines, all of them on loopback: a head and two that do the work."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
RAY = ROOT / ".venv-ray" / "bin" / "ray"
LOOPBACK = "127.0.0.1"
HEAD = "127.0.0.2"
"""Each machine has a loopback address of its own; for 127.0.0.1 Ray would put the real one."""
START_S = 240

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A machine that is gone refuses at once, and after 3 s is missed; a slow one may take its time.
    "RAY_health_check_initial_delay_ms": "10000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "10000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_DISABLE_IMPORT_WARNING": "1",
}


def installed() -> bool:
    """Whether `.ci/setup.py ray` has made the environment that Ray stands in."""
    return RAY.exists()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as place:
        place.bind((LOOPBACK, 0))
        port: int = place.getsockname()[1]
        return port


@dataclass
class Cluster:
    """Starts with `with`; afterwards nothing of it is left, whatever happened."""

    workers: int = 2
    head_cpus: int = 0
    port: int = field(default_factory=free_port)
    dashboard: int = field(default_factory=free_port)
    _folder: Path = Path()
    _places: dict[str, str] = field(default_factory=dict)
    _nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where jobs are handed in."""
        return f"http://{LOOPBACK}:{self.dashboard}"

    @property
    def names(self) -> list[str]:
        """The machines that do the work and still live."""
        return [name for name in self._nodes if name != "head"]

    def __enter__(self) -> Self:
        # Short, for the paths of sockets in it are limited to 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
        try:
            self._head()
            for number in range(self.workers):
                # One after the other, or they take each other's places.
                self.join(f"worker{number}")
                self._wait(self._whole)
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

    def join(self, name: str) -> None:
        """One more machine with room for one job."""
        self._start(
            name,
            f"--address={HEAD}:{self.port}",
            f"--node-ip-address={self._place(name)}",
            f"--node-name={name}",
            "--num-cpus=1",
            f'--resources={{"worker": 1, "{name}": 1}}',
        )

    def host_of(self, job: str) -> str:
        """The machine that the job runs on."""
        told = httpx.get(f"{self.address}/api/jobs/{job}", timeout=5).raise_for_status().json()
        return next(
            raylet["nodeName"]
            for raylet in self._raylets()
            if raylet.get("nodeId") == told["driver_node_id"]
        )

    def kill(self, name: str) -> None:
        """Power off a machine: all its processes are gone at once."""
        process = self._nodes.pop(name)
        _end(process)

    def alive(self) -> list[str]:
        """The machines that the head takes for alive."""
        return [raylet["nodeName"] for raylet in self._raylets() if raylet.get("state") == "ALIVE"]

    def _raylets(self) -> list[dict[str, str]]:
        answer = httpx.get(f"{self.address}/nodes?view=summary", timeout=5)
        answer.raise_for_status()
        return [node["raylet"] for node in answer.json()["data"]["summary"]]

    def close(self) -> None:
        """End everything; safe to call twice."""
        while self._nodes:
            _end(self._nodes.popitem()[1])
        shutil.rmtree(self._folder, ignore_errors=True)

    def _whole(self) -> bool:
        for name in self.names:
            if self._nodes[name].poll() is not None:
                # On a busy machine Ray's own patience may end before it has started.
                self.join(name)
        return len(self.alive()) == len(self._nodes)

    def _place(self, name: str) -> str:
        self._places[name] = f"127.0.0.{len(self._places) + 3}"
        return self._places[name]

    def _head(self) -> None:
        self._start(
            "head",
            "--head",
            f"--node-ip-address={HEAD}",
            f"--port={self.port}",
            "--node-name=head",
            f"--num-cpus={self.head_cpus}",
            "--include-dashboard=true",
            f"--dashboard-host={LOOPBACK}",
            f"--dashboard-port={self.dashboard}",
            f"--temp-dir={self._folder}/r",
        )
        self._wait(lambda: httpx.get(f"{self.address}/api/version", timeout=2).is_success)

    def _start(self, name: str, *words: str) -> None:
        environment = os.environ | _SETTINGS | {"RAY_TMPDIR": str(self._folder)}
        with (self._folder / f"{name}.log").open("wb") as log:
            self._nodes[name] = subprocess.Popen(
                [
                    str(RAY),
                    "start",
                    *words,
                    "--object-store-memory=80000000",
                    f"--dashboard-agent-listen-port={free_port()}",
                    "--disable-usage-stats",
                    "--block",
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + START_S
        while True:
            try:
                if condition():
                    return
            except (httpx.HTTPError, KeyError, json.JSONDecodeError):
                pass
            if time.monotonic() > end:
                logs = sorted(self._folder.glob("*.log"))
                raise TimeoutError("\n".join(log.read_text()[-1000:] for log in logs))
            time.sleep(0.5)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three machines for all tests that want them; starting them takes longer than the tests."""
    if not installed():
        pytest.skip("needs Ray in .venv-ray: python3 .ci/setup.py ray")
    with Cluster() as cluster:
        yield cluster
