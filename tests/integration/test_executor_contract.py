"""What the runner may rely on, whoever runs the attempts: this machine or a cluster."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.jobs import feed
from pipeline.jobs.events import Done, Progress
from pipeline.jobs.executor import Executor
from tests.support.cluster import Cluster, cluster
from tests.support.elsewhere import elsewhere, here
from tests.support.queue import until
from tests.support.ray_double import RayDouble

__all__ = ["cluster"]

SLOW_S = 120
"""A cluster on a busy machine takes its time; nothing waits for longer than it has to."""


@dataclass
class Ground:
    """An executor and a place for attempts. `restart` forgets all that is not on the disk."""

    executor: Executor
    jobs: Path
    restart: Callable[[], Executor]

    def attempt(self, *steps: list[Any], number: int = 1) -> Path:
        """A folder whose worker will play `steps`."""
        folder = self.jobs / "1" / str(number)
        folder.mkdir(parents=True)
        spec = {"kind": "predict", "picture": json.dumps([list(steps)] * number)}
        (folder / "spec.json").write_text(json.dumps(spec))
        return folder

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it."""
        await until(condition, seconds=SLOW_S)


@pytest.fixture
def double() -> Iterator[RayDouble]:
    """Ray's interface without Ray, for machines that have no time for a cluster."""
    with RayDouble() as double:
        yield double


@pytest.fixture(params=["local", "double", "ray"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """Either executor; none of its workers is left."""
    if request.param == "local":
        ground = Ground(here(), tmp_path / "jobs", here)
        yield ground
        for folder in ground.jobs.glob("*/*/"):
            ground.executor.kill(folder)
        return
    if request.param == "double":
        machines: RayDouble | Cluster = request.getfixturevalue("double")
    else:
        machines = request.getfixturevalue("cluster")
    with elsewhere(tmp_path, machines.address) as place:

        def restart() -> Executor:
            place.close()
            place.open()
            return place.executor

        yield Ground(place.executor, place.jobs, restart)


def events(folder: Path) -> list[dict[str, Any]]:
    """What is told of an attempt so far."""
    file = folder / "events.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_an_attempt_is_started_once(ground: Ground) -> None:
    """A worker says that it lives, does its work, and ends; each event is told once, in order."""
    steps = [["progress", number] for number in range(40)]
    folder = ground.attempt(*steps, ["done"])
    assert ground.executor.pid(folder) is None
    assert not ground.executor.alive(folder)
    ground.executor.start(folder)
    assert ground.executor.pid(folder) is not None
    await ground.until(lambda: not ground.executor.alive(folder))
    batch = feed.read(folder, 0)
    assert isinstance(batch.final, Done)
    assert [event["type"] for event in events(folder)][:1] == ["started"]
    told = [event["done"] for event in events(folder) if event["type"] == "progress"]
    assert told == list(range(40))
    assert isinstance(batch.progress, Progress)


async def test_a_cancel_ends_child_and_grandchild(ground: Ground) -> None:
    """Whoever a worker started goes with it, even those who do not want to hear of it."""
    folder = ground.attempt(["children", 1], ["progress", 1], ["sleep", 600])
    ground.executor.start(folder)
    await ground.until(lambda: len(events(folder)) == 2)
    family = workers_of(events(folder)[0]["pid"])
    assert len(family) == 3
    ground.executor.terminate(folder)
    await ground.until(lambda: not ground.executor.alive(folder) or ended(family[:1]))
    ground.executor.kill(folder)
    await ground.until(lambda: not ground.executor.alive(folder))
    await ground.until(lambda: ended(family))


async def test_a_worker_that_is_killed_is_missed(ground: Ground) -> None:
    """A worker that vanishes is not alive, and how it ended is known."""
    folder = ground.attempt(["progress", 1], ["sleep", 600])
    ground.executor.start(folder)
    await ground.until(lambda: len(events(folder)) == 2)
    os.kill(events(folder)[0]["pid"], signal.SIGKILL)
    await ground.until(lambda: not ground.executor.alive(folder))
    assert ground.executor.exit_code(folder) == -signal.SIGKILL


async def test_a_worker_that_breaks_leaves_its_log(ground: Ground) -> None:
    """The last words of a worker that broke are in the attempt's log."""
    folder = ground.attempt(["raise", "these words"])
    ground.executor.start(folder)
    await ground.until(lambda: not ground.executor.alive(folder))
    assert ground.executor.exit_code(folder) == 1
    assert "RuntimeError: these words" in (folder / "log.txt").read_text()


async def test_a_bot_that_starts_anew_goes_on(ground: Ground, tmp_path: Path) -> None:
    """A worker lives on while nobody looks, is known again, and tells everything once."""
    go = tmp_path / "go"
    folder = ground.attempt(["progress", 1], ["wait", str(go)], ["progress", 2], ["done"])
    ground.executor.start(folder)
    await ground.until(lambda: len(events(folder)) == 2)
    executor = ground.restart()
    assert executor.alive(folder)
    assert executor.pid(folder) is not None
    go.touch()
    await ground.until(lambda: not executor.alive(folder))
    assert [event["type"] for event in events(folder)] == [
        "started",
        "progress",
        "progress",
        "done",
    ]


def workers_of(pid: int) -> list[psutil.Process]:
    """The process and all below it."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def ended(family: list[psutil.Process]) -> bool:
    """Whether none of them lives."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)
