"""Executors for the contract's tests: on this machine, and on a cluster with all it needs here."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bot.webapp.attempts import Attempts
from pipeline.jobs.executor import Executor, LocalExecutor, worker_environment
from pipeline.jobs.ray_api import RayApi
from pipeline.jobs.ray_executor import RayExecutor, Site
from pipeline.jobs.reception import Reception
from storage.files import FileStore
from storage.shared import SharedStore
from tests.support.queue import DOUBLE

LOOPBACK = "127.0.0.1"


async def always(_folder: Path) -> bool:
    """Every attempt is wanted."""
    return True


@dataclass
class Elsewhere:
    """What the bot has of a cluster; `close` and `open` are a bot that stops and starts."""

    home: Path
    cluster: str
    counts: Callable[[Path], Awaitable[bool]] = always
    clock: Callable[[], float] | None = None
    worker: tuple[str, ...] = (sys.executable, str(DOUBLE))
    files: FileStore = field(init=False)
    shared: SharedStore = field(init=False)
    executor: RayExecutor = field(init=False)
    reception: Reception = field(init=False)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.files = FileStore(self.home / "files")
        self.shared = SharedStore(f"file://{self.home / 'shared'}")
        with socket.socket() as place:
            place.bind((LOOPBACK, 0))
            self.port = place.getsockname()[1]

    @property
    def jobs(self) -> Path:
        """Where attempts have their folders."""
        return self.home / "jobs"

    def open(self) -> None:
        """Listen, and know nothing but what is on the disk."""
        clock = {} if self.clock is None else {"clock": self.clock}
        self.reception = Reception(self.jobs, files=self.files, shared=self.shared, **clock)
        site = Site(
            events_url=f"http://{LOOPBACK}:{self.port}",
            python=sys.executable,
            cache=str(self.home / "cache"),
            worker=self.worker,
        )
        self.api = RayApi(self.cluster)
        self.executor = RayExecutor(
            self.api,
            site,
            self.reception,
            files=self.files,
            shared=self.shared,
            **clock,
        )
        app = Starlette(routes=Attempts(self.reception, self.counts).routes())
        place = socket.socket()
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((LOOPBACK, self.port))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[place])), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what runs on the cluster is left alone."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None
            self.api.close()


@contextmanager
def elsewhere(
    home: Path, cluster: str, worker: tuple[str, ...] = (sys.executable, str(DOUBLE))
) -> Iterator[Elsewhere]:
    """A bot's part of a cluster; its attempts are called off at the end."""
    place = Elsewhere(home, cluster, worker=worker)
    place.open()
    try:
        yield place
    finally:
        for folder in place.jobs.glob("*/*/"):
            place.executor.kill(folder)
        place.close()


def here() -> Executor:
    """Workers of this machine, doubles."""
    return LocalExecutor([sys.executable, str(DOUBLE)], worker_environment(os.environ))
