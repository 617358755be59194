"""The worker of another machine, without a cluster: what it hands on, and when it ends itself."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.jobs import elsewhere as attempts
from tests.support.elsewhere import Elsewhere
from tests.support.queue import DOUBLE, until

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Elsewhere]:
    """A bot that listens; nobody is asked for a cluster."""
    place = Elsewhere(tmp_path, "http://127.0.0.1:9")
    place.open()
    yield place
    place.close()


@pytest.fixture
def start(place: Elsewhere, tmp_path: Path) -> Iterator[Start]:
    """Starts the worker as a cluster does; none is left."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(folder: Path, *, token: str = "", lease: float = 45) -> subprocess.Popen[bytes]:
        remote = attempts.load(folder) or attempts.create(folder)
        command = [sys.executable, "-P", "-m", "pipeline.worker.remote"]
        command += ["--cache", str(tmp_path / "cache"), "--lease", str(lease)]
        command += [f"http://127.0.0.1:{place.port}", remote.id, place.shared.root]
        command += ["--", sys.executable, str(DOUBLE)]
        secret = {"TAPTRAIN_ATTEMPT_TOKEN": token or remote.token or ""}
        begun.append(subprocess.Popen(command, env=os.environ | secret, start_new_session=True))
        return begun[-1]

    yield run
    for process in begun:
        process.terminate()
        process.wait()


def attempt(place: Elsewhere, *steps: list[Any]) -> Path:
    """A folder whose worker will play `steps`."""
    folder = place.jobs / "3" / "1"
    folder.mkdir(parents=True)
    spec = {"kind": "predict", "picture": json.dumps([list(steps)])}
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


def events(folder: Path) -> list[dict[str, Any]]:
    """What is told of an attempt so far."""
    file = folder / "events.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_everything_is_handed_on(place: Elsewhere, start: Start) -> None:
    """Events and log arrive whole, the exit code is the worker's, and nothing is left there."""
    folder = attempt(place, *(["progress", n] for n in range(30)), ["raise", "these words"])
    process = start(folder)
    await until(lambda: process.poll() is not None, seconds=60)
    assert process.returncode == 1
    assert [event.get("done") for event in events(folder)] == [None, *range(30)]
    assert "RuntimeError: these words" in (folder / "log.txt").read_text()
    assert not list((place.home / "cache" / "attempts").glob("*"))
    remote = attempts.load(folder)
    assert remote is not None
    assert remote.token is None, "the secret is kept no longer than it is needed"
    assert (folder / attempts.FILE).stat().st_mode & 0o777 == 0o600


async def test_the_bot_is_away_for_a_moment(place: Elsewhere, start: Start, tmp_path: Path) -> None:
    """What is said while nobody listens arrives later, once and in order."""
    go = tmp_path / "go"
    folder = attempt(place, ["progress", 1], ["wait", str(go)], ["progress", 2], ["progress", 3])
    process = start(folder)
    await until(lambda: len(events(folder)) == 2, seconds=60)
    place.close()
    go.touch()
    said = next((place.home / "cache" / "attempts").glob("*")) / "said.jsonl"
    await until(lambda: len(said.read_text().splitlines()) == 4)
    assert len(events(folder)) == 2
    place.open()
    await until(lambda: process.poll() is not None, seconds=60)
    assert process.returncode == 0
    assert [event.get("done") for event in events(folder)] == [None, 1, 2, 3]


async def test_without_a_lease_it_ends_itself(place: Elsewhere, start: Start) -> None:
    """A worker that cannot reach the bot for the length of its lease ends, children and all."""
    folder = attempt(place, ["children", 1], ["progress", 1], ["sleep", 600])
    process = start(folder, lease=1)
    await until(lambda: len(events(folder)) == 2, seconds=60)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 3
    place.close()
    await until(lambda: process.poll() is not None, seconds=60)
    assert process.returncode == 75
    await until(lambda: ended(family))


async def test_an_attempt_that_is_over_is_told_so(place: Elsewhere, start: Start) -> None:
    """A worker whose attempt was given up is told to end, and what it says is not kept."""
    folder = attempt(place, ["progress", 1], ["sleep", 2], ["progress", 2], ["sleep", 600])
    process = start(folder)
    await until(lambda: len(events(folder)) == 2, seconds=60)
    attempts.change(folder, ended=True)
    await until(lambda: process.poll() is not None, seconds=60)
    assert process.returncode == 75
    assert len(events(folder)) == 2


async def test_who_does_not_know_the_secret_gets_nothing(place: Elsewhere, start: Start) -> None:
    """A stranger hears of no attempt and writes nothing."""
    folder = attempt(place, ["progress", 1])
    process = start(folder, token="guessed")
    await until(lambda: process.poll() is not None, seconds=60)
    assert process.returncode == 75
    assert not events(folder)


async def test_a_worker_does_not_outlive_its_supervisor(place: Elsewhere, start: Start) -> None:
    """Where the process that reports is killed, the work ends too: nobody could hear of it."""
    folder = attempt(place, ["progress", 1], ["sleep", 600])
    process = start(folder)
    await until(lambda: len(events(folder)) == 2, seconds=60)
    worker = psutil.Process(events(folder)[0]["pid"])
    process.kill()
    process.wait()
    await until(lambda: ended([worker]))


def ended(family: list[psutil.Process]) -> bool:
    """Whether none of them lives."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)
