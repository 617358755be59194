"""Ray's Jobs REST interface, as much of it as is needed; Ray itself is never imported.

A driver of Ray ends with its cluster's head, and has to be of the same version: the bot is neither.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
OVER = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})


class RayUnreachable(Exception):
    """Nobody answers, or not as Ray does; it may be back later."""


class RayRefused(Exception):
    """Ray is there and does not take the job."""


@dataclass(frozen=True)
class Ask:
    """What a job needs of one machine."""

    cpus: float
    gpus: float


@dataclass(frozen=True)
class Room:
    """Free and all (CPUs, GPUs) of each machine of the cluster."""

    free: list[Ask] = field(default_factory=list)
    whole: list[Ask] = field(default_factory=list)

    def fits(self, ask: Ask) -> bool:
        """Whether a job can start now, or no machine could ever take it: one that grows may."""
        return _any(self.free, ask) or not _any(self.whole, ask)


@dataclass(frozen=True)
class Status:
    """`state`: PENDING, RUNNING or one of OVER; None where Ray knows no such job."""

    state: str | None
    exit_code: int | None = None


class RayApi:
    """One cluster, by the address of its dashboard; every method may raise RayUnreachable."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def version(self) -> str:
        """Of the cluster's Ray."""
        return str(self._json("GET", "/api/version").get("ray_version", ""))

    def submit(self, name: str, entrypoint: str, *, ask: Ask, environment: dict[str, str]) -> None:
        """Hand a job in; once more under the same name changes nothing.

        Raises:
            RayRefused: it was not taken, and would not be the next time.
        """
        answer = self._send(
            "POST",
            "/api/jobs/",
            {
                "submission_id": name,
                "entrypoint": entrypoint,
                "entrypoint_num_cpus": ask.cpus,
                "entrypoint_num_gpus": ask.gpus,
                "runtime_env": {"env_vars": environment},
            },
        )
        if answer.is_success or "already exists" in answer.text:
            return
        if answer.status_code in (400, 401, 403, 422):
            raise RayRefused(_last_line(answer))
        raise RayUnreachable(_last_line(answer))

    def status(self, name: str) -> Status:
        """How the job does."""
        answer = self._send("GET", f"/api/jobs/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return Status(None)
        told = self._read(answer)
        return Status(str(told["status"]), told.get("driver_exit_code"))

    def stop(self, name: str) -> None:
        """End the job and what it started; nothing happens if it has ended or is unknown."""
        answer = self._send("POST", f"/api/jobs/{name}/stop")
        if answer.status_code >= 500:
            raise RayUnreachable(_last_line(answer))

    def room(self) -> Room | None:
        """What is free on each machine; None where the cluster does not tell."""
        told = self._json("GET", "/api/cluster_status").get("data") or {}
        status = told.get("clusterStatus") or {}
        usage = (status.get("loadMetricsReport") or {}).get("usageByNode")
        if not isinstance(usage, dict):
            return None
        room = Room()
        for node in usage.values():
            used, whole = zip(*(node.get(name, (0, 0)) for name in ("CPU", "GPU")), strict=True)
            room.whole.append(Ask(*whole))
            room.free.append(Ask(whole[0] - used[0], whole[1] - used[1]))
        return room

    def _json(self, method: str, path: str) -> dict[str, Any]:
        return self._read(self._send(method, path))

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RayUnreachable(str(error) or type(error).__name__) from error

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            told = answer.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError) as error:
            raise RayUnreachable(f"an answer that is not Ray's ({answer.status_code})") from error
        if not isinstance(told, dict):
            raise RayUnreachable("an answer that is not Ray's")
        return told


def _any(machines: list[Ask], ask: Ask) -> bool:
    return any(one.cpus >= ask.cpus and one.gpus >= ask.gpus for one in machines)


def _last_line(answer: httpx.Response) -> str:
    lines = answer.text.strip().splitlines() or [""]
    return f"{answer.status_code}: {next((line for line in reversed(lines) if len(line) > 1), '')}"
