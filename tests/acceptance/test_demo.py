"""`taptrain demo` as a person starts and ends it."""

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

QUICK = ("--epochs", "2", "--photos", "24", "--pace", "0", "--no-browser")


@contextmanager
def demo(folder: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo whose temporary files lie in `folder`; whatever it leaves running is ended."""
    scratch = folder / "tmp"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--folder", str(folder / "kept"), *QUICK, *options],
        env=os.environ | {"TMPDIR": str(scratch), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        for left in [*started_in(scratch), process]:
            left.kill()
        process.communicate()


def started_in(scratch: Path) -> list[psutil.Process]:
    """Bots and workers that run in a folder below `scratch`."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(scratch):
                found.append(process)
        except (psutil.Error, OSError):
            # It ended while we looked, or is another user's.
            continue
    return found


def told(process: "subprocess.Popen[str]", words: str) -> str:
    """Read what the demo tells until a line holds `words`; that line."""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="")
        if words in line:
            return line
    assert process.stderr is not None
    raise AssertionError(f"“{words}” was never told: {process.stderr.read()}")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_ends_with_a_package(tmp_path: Path) -> None:
    """`--once` plays everything by itself, says where the zip lies, and leaves nothing behind."""
    with demo(tmp_path, "--once") as process:
        for step in ("start a project", "circles the ducks", "looks at a sheet"):
            told(process, step)
        line = told(process, "The model for the browser")
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    package = Path(line.split(": ", 1)[1].strip())
    assert package == tmp_path / "kept" / "duck-v1-tfjs.zip"
    with zipfile.ZipFile(package) as archive:
        names = [Path(name).name for name in archive.namelist()]
    assert {"model.json", "metadata.json", "index.html", "detector.js"} <= set(names)
    assert list((tmp_path / "tmp").glob("taptrain-demo-*")) == []
    assert started_in(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminate"]
)
def test_an_ended_demo_leaves_in_peace(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """An interrupted demo says so by its code, without a traceback or processes left."""
    with demo(tmp_path) as process:
        told(process, "sends a video")
        process.send_signal(number)
        assert process.wait(60) == code
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert started_in(tmp_path) == []
    assert list((tmp_path / "tmp").glob("taptrain-demo-*")) == []


def test_a_bot_that_dies_is_told_with_its_log(tmp_path: Path) -> None:
    """The demo fails in one sentence that names the log, and stops the rest."""
    with demo(tmp_path) as process:
        told(process, "start a project")
        for bot in started_in(tmp_path):
            bot.kill()
        assert process.wait(60) == 1
        assert process.stderr is not None
        words = process.stderr.read()
    assert re.fullmatch(r"The bot has ended by itself: \S+/bot\.log says why\.\n", words)
    assert (tmp_path / "kept" / "bot.log").exists()
