"""The browser that proves packages: it is heard out, given up in time, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.worker.proof_browser import NoAnswer, look
from tests.support import seeing_page
from tests.support.seeing_page import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
FOREVER = "await new Promise(() => {});"
AT_MOST_S = 60


def browsers(folder: Path) -> list[psutil.Process]:
    """Living processes of the browser whose profile is in `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_what_the_page_finds_is_heard(chromium: str, tmp_path: Path) -> None:
    """Boxes of every picture, from the very pixels of the file, and the page's own self-test."""
    page = seeing_page.write(tmp_path / "page")
    pictures = seeing_page.pictures(tmp_path / "pictures", 3)
    seen = look(chromium, page, pictures, OPTIONS, tmp_path, runtime="wasm")
    assert (seen.selftest, seen.compared, seen.runtime) == (True, 7, "wasm")
    assert {n: boxes[0].xyxy for n, boxes in seen.boxes.items()} == {
        number: (10.0 + number, 20.0, 30.0, 50.0) for number in range(3)
    }
    assert {boxes[0].score for boxes in seen.boxes.values()} == {0.75}
    assert browsers(tmp_path) == []


def test_a_failed_selftest_is_told(chromium: str, tmp_path: Path) -> None:
    """The page's own judgement comes back as it is."""
    page = seeing_page.write(tmp_path / "page", passed=False)
    seen = look(chromium, page, [], OPTIONS, tmp_path, runtime="wasm")
    assert seen.selftest is False


def test_a_page_that_breaks_is_told_in_its_words(chromium: str, tmp_path: Path) -> None:
    """An error of the scripts is no silence: it ends at once and stands in the log."""
    page = seeing_page.write(tmp_path / "page", load='throw new Error("no such runtime");')
    with pytest.raises(NoAnswer, match="no such runtime"):
        look(chromium, page, [], OPTIONS, tmp_path, runtime="wasm")
    assert browsers(tmp_path) == []


def test_a_page_that_hangs_is_given_up(chromium: str, tmp_path: Path) -> None:
    """After its silence nothing of the browser is left."""
    page = seeing_page.write(tmp_path / "page", detect=FOREVER)
    pictures = seeing_page.pictures(tmp_path / "pictures", 1)
    with pytest.raises(NoAnswer, match="said nothing"):
        look(chromium, page, pictures, OPTIONS, tmp_path, runtime="wasm", silence_s=8)
    assert browsers(tmp_path) == []


def test_when_the_time_is_over_what_was_seen_counts(chromium: str, tmp_path: Path) -> None:
    """No further picture is begun, and the boxes so far come back."""
    page = seeing_page.write(tmp_path / "page")
    pictures = seeing_page.pictures(tmp_path / "pictures", 5)
    seen = look(chromium, page, pictures, OPTIONS, tmp_path, runtime="wasm", pictures_s=-1)
    assert len(seen.boxes) in (1, 2)


def test_a_program_that_is_no_browser_is_no_answer(tmp_path: Path) -> None:
    """One that ends at once, as a broken package of a browser does."""
    page = seeing_page.write(tmp_path / "page")
    with pytest.raises(NoAnswer, match="before it said anything"):
        look("/bin/false", page, [], OPTIONS, tmp_path, runtime="wasm")


def test_the_browser_goes_with_a_killed_worker(chromium: str, tmp_path: Path) -> None:
    """A worker that is killed outright takes the browser with it."""
    page = seeing_page.write(tmp_path / "page", detect=FOREVER)
    pictures = seeing_page.pictures(tmp_path / "pictures", 1)
    code = (
        "from pathlib import Path; from pipeline.worker.proof_browser import look; "
        f"look({chromium!r}, Path({str(page)!r}), [Path({str(pictures[0])!r})], {OPTIONS!r}, "
        f"Path({str(tmp_path)!r}), runtime='wasm')"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        renderer = _until(lambda: [p for p in browsers(tmp_path) if _is_renderer(p)])
        assert renderer
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert _until(lambda: not browsers(tmp_path))


def _is_renderer(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.Error:
        return False


def _until(condition):
    """What `condition` says once it is true; the last word after a minute."""
    end = time.monotonic() + AT_MOST_S
    while not (said := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return said
