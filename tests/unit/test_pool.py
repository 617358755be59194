"""The process that works on pictures: warm, apart, and replaced when it dies."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import DrawingError, LostWorker
from pipeline.pool import PicturePool

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def pool() -> AsyncIterator[PicturePool]:
    """A pool that is closed at the end."""
    pool = PicturePool()
    yield pool
    await pool.close()


async def test_work_runs_in_one_warm_process_apart(pool: PicturePool) -> None:
    """Every call runs in the same process, which is not the caller's."""
    first = await pool.run("os:getpid")
    assert first != os.getpid()
    assert await pool.run("os:getpid") == first


async def test_arguments_and_errors_travel(pool: PicturePool) -> None:
    """Arguments arrive, and an error of ours comes back as it was raised."""
    assert await pool.run("builtins:sorted", [3, 1, 2], reverse=True) == [3, 2, 1]
    with pytest.raises(DrawingError, match="draw"):
        await pool.run(f"{__name__}:refuse")


async def test_a_dead_process_is_replaced(pool: PicturePool) -> None:
    """When the process dies between calls, the next call starts another one."""
    first = await pool.run("os:getpid")
    os.kill(first, signal.SIGKILL)
    assert await pool.run("os:getpid") not in {first, os.getpid()}


async def test_a_crash_is_tried_once_more(pool: PicturePool, tmp_path: Path) -> None:
    """A call that kills its process the first time gives its result the second time."""
    others = [pool.run("os:getpid") for _ in range(3)]
    answer, *pids = await asyncio.gather(
        pool.run(f"{__name__}:die_once", tmp_path / "died"), *others
    )
    assert answer == "alive"
    assert len(pids) == 3


async def test_a_call_that_always_crashes_is_refused_in_words(pool: PicturePool) -> None:
    """A call that kills every process ends in one sentence, and the pool still works."""
    with pytest.raises(LostWorker, match="another"):
        await pool.run("os:abort")
    assert await pool.run("os:getpid") != os.getpid()


async def test_ctrl_c_does_not_reach_the_process(pool: PicturePool) -> None:
    """SIGINT leaves the process alive: the bot ends it in its own order."""
    pid = await pool.run("os:getpid")
    os.kill(pid, signal.SIGINT)
    assert await pool.run("os:getpid") == pid


async def test_closing_ends_the_process() -> None:
    """After closing, the process is gone and further calls are refused."""
    pool = PicturePool()
    pid = await pool.run("os:getpid")
    await pool.close()
    await pool.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(RuntimeError, match="closed"):
        await pool.run("os:getpid")


def test_the_process_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A parent that is killed without a word takes the picture process with it."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from pipeline.pool import PicturePool\n"
        "async def main():\n"
        "    print(await PicturePool().run('os:getpid'), flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    deadline = time.monotonic() + 20
    while runs(child):
        assert time.monotonic() < deadline, "the picture process outlives its parent"
        time.sleep(0.05)


def test_the_caller_stays_light() -> None:
    """Preparing a call loads neither Pillow nor numpy nor OpenCV."""
    code = (
        "import sys; import pipeline.pool, pipeline.labelling.tiles, pipeline.labelling.ink,"
        " pipeline.labelling.request; print(sorted({'PIL', 'numpy', 'cv2'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def runs(process: psutil.Process) -> bool:
    """Whether it lives; one that whoever adopted it has not buried yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def refuse() -> None:
    """Raise an error of the project's own tree."""
    raise DrawingError("Please draw again.")


def die_once(marker: Path) -> str:
    """Kill this process at the first call; answer at the second."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"
