"""Runs a Chromium on a packaged page and collects what the page finds on pictures."""

import os
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pipeline.worker.matching import Box
from pipeline.worker.proof_host import Host

SILENCE_S = 90.0
"""So long the browser may say nothing: a start, a load of the model, or one picture."""
PICTURES_S = 60.0
"""After that no new picture is begun; what was looked at by then counts."""

_BOUND = (sys.executable, "-P", "-m", "pipeline.worker.bound")
_ENDING_S = 3.0
_LOOK_S = 0.2
_FLAGS = (
    "--headless",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    # Nothing is asked of the internet, and no other host is known.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--password-store=basic",
    # A container's shared memory is small.
    "--disable-dev-shm-usage",
    # The page is in front, whatever the window manager would think of it.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
_GPU = {"webgl": ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")}
_NO_SANDBOX = "--no-sandbox"


class NoAnswer(Exception):
    """The browser did not start, hung or broke; the first argument says which."""


@dataclass
class Seen:
    """What the page found: boxes by the picture's number, as many as there was time for.

    `selftest`: its own self-test passed; None when it was not asked. `compared`: boxes of that.
    """

    runtime: str = ""
    selftest: bool | None = None
    compared: int = 0
    boxes: dict[int, list[Box]] = field(default_factory=dict)


def look(
    program: str,
    page: Path,
    pictures: Sequence[Path],
    options: Mapping[str, object],
    folder: Path,
    *,
    runtime: str,
    selftest: bool = True,
    pictures_s: float = PICTURES_S,
    silence_s: float = SILENCE_S,
) -> Seen:
    """Let the page at `page` look at `pictures` in a real browser, which is gone afterwards.

    Args:
        program: a Chromium.
        page: an unpacked package.
        pictures: PNG files.
        options: of the page's `detect`.
        folder: of this attempt; the browser's profile goes into it.
        runtime: what is to compute, as `Detector.load` names it.
        selftest: whether the page is asked for its own self-test first.
        pictures_s: no new picture is begun after so many seconds.
        silence_s: a browser that says nothing for so long is given up.

    Raises:
        NoAnswer: the browser did not start, hung or broke.
    """
    work = {
        "runtime": runtime,
        "pictures": len(pictures),
        "options": dict(options),
        "selftest": selftest,
    }
    more = _GPU.get(runtime, ("--disable-gpu",))
    with Host(page, pictures, work).serving() as host:
        # Without root's rights or a container around it the sandbox is there, and is used.
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        for flags in ((_NO_SANDBOX,),) if root else ((), (_NO_SANDBOX,)):
            profile = folder / "chromium"
            with _running([program, *_FLAGS, *more, *flags], host.address, profile) as process:
                seen = _collect(host, process, pictures_s, silence_s)
            if seen is not None:
                return seen
    raise NoAnswer("the browser ended before it said anything")


def _collect(
    host: Host, process: "subprocess.Popen[bytes]", pictures_s: float, silence_s: float
) -> Seen | None:
    """All that is said; None when the browser ends before it says a word."""
    seen, heard = Seen(), False
    last, until = time.monotonic(), float("inf")
    while True:
        try:
            fact = host.said.get(timeout=_LOOK_S)
        except queue.Empty:
            if process.poll() is not None:
                if heard:
                    raise NoAnswer(f"the browser ended by itself ({process.returncode})") from None
                return None
            if time.monotonic() - last > silence_s:
                raise NoAnswer(f"the browser said nothing for {silence_s:.0f} s") from None
            continue
        heard, last = True, time.monotonic()
        _take(seen, fact)
        # What breaks after a self-test that failed makes that no better.
        if fact["type"] == "done" or seen.selftest is False:
            return seen
        if fact["type"] == "loaded":
            until = last + pictures_s
        if last > until:
            host.enough.set()


def _take(seen: Seen, fact: dict[str, Any]) -> None:
    if fact["type"] == "error":
        raise NoAnswer(f"the page broke: {fact['words']}")
    if fact["type"] == "selftest":
        if not fact["compared"] and not fact["passed"]:
            raise NoAnswer("the page could not run its self-test")
        seen.selftest, seen.compared = bool(fact["passed"]), int(fact["compared"])
    elif fact["type"] in ("loaded", "done"):
        seen.runtime = str(fact["runtime"])
    elif fact["type"] == "boxes":
        seen.boxes[int(fact["number"])] = [
            Box(int(index), float(sure), (x1, y1, x2, y2))
            for index, sure, x1, y1, x2, y2 in fact["boxes"]
        ]


@contextmanager
def _running(
    command: list[str], address: str, profile: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A browser in this very session, so that whoever ends the worker ends it as well."""
    profile.mkdir(parents=True, exist_ok=True)
    # What it keeps and complains of stays in its profile.
    environment = os.environ | {"HOME": str(profile), "XDG_CONFIG_HOME": str(profile)}
    environment |= {"XDG_CACHE_HOME": str(profile)}
    # Sockets want a short path, and stay where it is not removed.
    short = tempfile.TemporaryDirectory(prefix="taptrain-", ignore_cleanup_errors=True)
    environment |= {"TMPDIR": short.name}
    with (profile / "said.txt").open("ab") as log:
        process = subprocess.Popen(
            [*_BOUND, *command, f"--user-data-dir={profile}", address],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        yield process
    finally:
        _end(process)
        short.cleanup()


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    _, alive = psutil.wait_procs(family, timeout=_ENDING_S)
    for left in alive:
        try:
            left.kill()
        except psutil.NoSuchProcess:
            # It went with its parent.
            continue
    process.wait()
