"""Programs under measurement: started with clean settings, ended whatever happens."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import psutil

STOP_S = 20
TOKEN = "1000001:bench-token-of-no-real-bot-0000000"  # the loopback server takes any of this shape


class NotStarted(RuntimeError):
    """A program under measurement ended before it was ready."""


@contextmanager
def started(
    command: list[str], sign: str, folder: Path, settings: dict[str, str] | None = None
) -> Iterator[tuple[psutil.Process, str, float]]:
    """The process, its first line that begins with `sign`, and the seconds until that line."""
    # A setting of the machine that runs the bench must not change what is measured.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TAPTRAIN_")}
    environment = clean | {"TAPTRAIN_HOME": str(folder / "home")} | (settings or {})
    log = folder / "log.txt"
    began = monotonic()
    with log.open("a") as errors:
        process = subprocess.Popen(
            command,
            env=environment | {"PYTHONPATH": str(Path.cwd())},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith(sign)), None)
        seconds = monotonic() - began
        if line is None:
            last = "".join(log.read_text().splitlines(keepends=True)[-5:])
            raise NotStarted(f"{' '.join(command[:4])} ended before it said '{sign}':\n{last}")
        yield psutil.Process(process.pid), line.strip(), seconds
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
