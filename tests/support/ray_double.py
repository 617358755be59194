"""The Jobs REST interface of Ray as far as we use it, on processes of this machine.

Answers have the form that Ray 2.60 gave; jobs are shells in sessions of their own.
"""

import asyncio
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

LOOPBACK = "127.0.0.1"


class RayDouble:
    """A cluster of one machine; `cpus` of it are free. `submissions` counts what was handed in."""

    def __init__(self) -> None:
        self.jobs: dict[str, subprocess.Popen[bytes]] = {}
        self.lost: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.submissions = 0
        self.cpus = 2.0
        self._stopped: set[str] = set()
        with socket.socket() as place:
            place.bind((LOOPBACK, 0))
            self._port = place.getsockname()[1]

    @property
    def address(self) -> str:
        """Where jobs are handed in."""
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        for name in self.jobs:
            self._kill(name)

    def open(self) -> None:
        """Answer."""
        routes = [
            Route("/api/version", self._version),
            Route("/api/cluster_status", self._status),
            Route("/api/jobs/", self._submit, methods=["POST"]),
            Route("/api/jobs/{name}", self._job),
            Route("/api/jobs/{name}/stop", self._stop, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        place = socket.socket()
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((LOOPBACK, self._port))
        self._server = server
        self._thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[place])), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer no more; what runs goes on."""
        self._server.should_exit = True
        self._thread.join()

    def power_off(self, name: str) -> None:
        """The machine of the job is gone, with all that ran on it."""
        self._kill(name)
        self.lost.add(name)

    def _kill(self, name: str) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.jobs[name].pid, signal.SIGKILL)
        self.jobs[name].wait()

    async def _version(self, _request: Request) -> Response:
        return JSONResponse({"version": "4", "ray_version": "2.60.0"})

    async def _status(self, _request: Request) -> Response:
        node = {"CPU": [2.0 - self.cpus, 2.0], "memory": [0.0, 1e9]}
        report = {"loadMetricsReport": {"usageByNode": {"a": node, "head": {"memory": [0, 1]}}}}
        return JSONResponse({"result": True, "data": {"clusterStatus": report}})

    async def _submit(self, request: Request) -> Response:
        asked = await request.json()
        name = asked["submission_id"]
        if name in self.jobs:
            words = f"ValueError: Job with submission_id {name} already exists. Please use another."
            return PlainTextResponse(f"Traceback\n{words}\n.\n", status_code=500)
        self.asked.append(asked)
        self.submissions += 1
        self._run(name, asked)
        return JSONResponse({"job_id": name, "submission_id": name})

    def _run(self, name: str, asked: dict[str, Any]) -> None:
        self.jobs[name] = subprocess.Popen(
            ["/bin/sh", "-c", asked["entrypoint"]],
            env=os.environ | asked["runtime_env"]["env_vars"],
            start_new_session=True,
        )

    async def _job(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.jobs:
            return PlainTextResponse(f"Job {name} does not exist", status_code=404)
        code = self.jobs[name].poll()
        state = "RUNNING" if code is None else "SUCCEEDED" if code == 0 else "FAILED"
        if name in self._stopped and code is not None:
            state = "STOPPED"
        told = None if name in self.lost or code is None else code if code >= 0 else 128 - code
        return JSONResponse({"status": state, "driver_exit_code": told, "message": ""})

    async def _stop(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.jobs:
            return PlainTextResponse(f"Job {name} does not exist", status_code=404)
        if self.jobs[name].poll() is None:
            self._stopped.add(name)
            os.killpg(self.jobs[name].pid, signal.SIGTERM)
        return JSONResponse({"stopped": True})
