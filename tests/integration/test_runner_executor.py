"""The executor alone: locks, environment, the real worker's command."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import WorkerError
from pipeline.jobs import feed
from pipeline.jobs.events import Failed
from pipeline.jobs.executor import NICENESS, LocalExecutor, worker_environment
from tests.support.queue import until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An attempt's folder; whoever works on it is gone afterwards."""
    folder = tmp_path / "1"
    folder.mkdir()
    yield folder
    LocalExecutor().kill(folder)


def test_a_worker_knows_no_secrets() -> None:
    """Of the bot's environment only what is known to be harmless is handed on."""
    given = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "HTTPS_PROXY": "http://proxy",
        "no_proxy": "localhost",
        "OMP_NUM_THREADS": "1",
        "TAPTRAIN_TOKEN": "123:secret",
        "TAPTRAIN_DATABASE_URL": "postgresql://u:secret@h/d",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "KAGGLE_KEY": "secret",
    }
    kept = worker_environment(given)
    assert "secret" not in json.dumps(kept)
    assert set(kept) == {"PATH", "LC_ALL", "HTTPS_PROXY", "no_proxy", "OMP_NUM_THREADS"}


async def test_the_environment_is_only_what_was_given(folder: Path) -> None:
    """A worker inherits nothing beside what it is handed."""
    code = "import json, os; open('env', 'w').write(json.dumps(dict(os.environ)))"
    executor = LocalExecutor([sys.executable, "-c", code], {"A": "1", "LC_CTYPE": "C.UTF-8"})
    executor.start(folder)
    await until(lambda: not executor.alive(folder))
    assert executor.exit_code(folder) == 0
    assert json.loads((folder / "env").read_text()) == {"A": "1", "LC_CTYPE": "C.UTF-8"}


async def test_a_second_worker_on_one_folder_is_refused(folder: Path) -> None:
    """The lock of a living worker keeps another from its folder."""
    executor = LocalExecutor(SLEEP)
    pid = executor.start(folder)
    with pytest.raises(WorkerError):
        LocalExecutor(SLEEP).start(folder)
    assert executor.pid(folder) == pid
    assert LocalExecutor().alive(folder)
    executor.kill(folder)
    await until(lambda: not executor.alive(folder))
    assert executor.exit_code(folder) == -9
    assert executor.start(folder) != pid


async def test_an_ended_child_does_not_look_alive(folder: Path) -> None:
    """A worker that ended is dead although its parent has not collected it, and is collected."""
    executor = LocalExecutor([sys.executable, "-c", "raise SystemExit(3)"])
    pid = executor.start(folder)
    other = LocalExecutor()
    await until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert not other.alive(folder)
    assert not executor.alive(folder)
    assert executor.exit_code(folder) == 3
    assert not psutil.pid_exists(pid)


async def test_output_goes_to_the_log(folder: Path) -> None:
    """What a worker prints, and whatever it fails on, stands in its log; it has no input."""
    code = "import sys; print('out', repr(sys.stdin.read()), flush=True); sys.exit('err')"
    executor = LocalExecutor([sys.executable, "-c", code])
    executor.start(folder)
    await until(lambda: not executor.alive(folder))
    assert (folder / "log.txt").read_text().split() == ["out", "''", "err"]


def test_a_folder_without_a_worker(folder: Path) -> None:
    """An attempt that never started is not alive, and ending it is no error."""
    executor = LocalExecutor(SLEEP)
    assert not executor.alive(folder)
    assert not executor.alive(folder / "absent")
    assert executor.pid(folder) is None
    assert executor.exit_code(folder) is None
    executor.terminate(folder)
    executor.kill(folder)


async def test_the_real_worker_answers(folder: Path) -> None:
    """The default command starts the worker, which says what is wrong with a spec."""
    (folder / "spec.json").write_text("{}")
    (folder / "json.py").write_text("raise SystemExit('imported from the folder')")
    executor = LocalExecutor(environment=worker_environment(os.environ))
    executor.start(folder)
    await until(lambda: not executor.alive(folder))
    final = feed.read(folder, 0).final
    assert isinstance(final, Failed)
    assert "ValidationError" in final.message
    assert executor.exit_code(folder) == 1


def test_workers_step_back(folder: Path) -> None:
    """A worker yields to the bot in time and memory, and hears nothing of the bot's terminal."""
    pid = LocalExecutor(SLEEP).start(folder)
    assert psutil.Process(pid).nice() == NICENESS
    score = Path(f"/proc/{pid}/oom_score_adj")
    assert not score.exists() or int(score.read_text()) > 0
    assert os.getsid(pid) == pid
