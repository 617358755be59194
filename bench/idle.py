"""An idle bot: how soon it is ready, how much memory it holds, what it has loaded.

The other side is the obvious way to write such a bot: one process that imports ultralytics.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import sleep

import psutil

from bench import Row
from bench.programs import TOKEN, started

MEMORY_LIMIT_MB = 250
START_LIMIT_S = 3
STACK = ("/torch/", "/tensorflow/", "/ultralytics/", "/tensorflowjs/")
SETTLE_S = 5  # the first polls, the scheduler's first rounds
IMPORTING = "import ultralytics; from ultralytics import YOLO; print('ready', flush=True); input()"
SANDBOX = [sys.executable, "-m", "bot.sandbox", "--port", "0"]
BOT = [sys.executable, "-m", "bot", "run"]
OTHER = [sys.executable, "-c", IMPORTING]


def run() -> Iterator[Row]:
    """Rows of seconds, megabytes and loaded libraries of the training stack.

    Starts are taken in turns and told by their median: on a busy machine one says little.
    """
    bot_starts, other_starts = [], []
    bot_memory = other_memory = 0.0
    bot_loaded = other_loaded = 0
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        folder = Path(home)
        with started(SANDBOX, "http", folder) as (_, address, _seconds):
            settings = {"TAPTRAIN_TOKEN": TOKEN, "TAPTRAIN_API_URL": address, "TAPTRAIN_PORT": "0"}
            for last in (False, False, True):
                with started(BOT, "ready", folder, settings) as (process, _, seconds):
                    bot_starts.append(seconds)
                    if last:
                        bot_memory, bot_loaded = _measure(process)
                # Else ultralytics writes into the person's own settings.
                quiet = {"YOLO_CONFIG_DIR": str(folder)}
                with started(OTHER, "ready", folder, quiet) as (process, _, seconds):
                    other_starts.append(seconds)
                    if last:
                        other_memory, other_loaded = _measure(process)
    yield Row.at_most(
        "seconds until ready",
        ours=median(bot_starts),
        other=median(other_starts),
        unit="s",
        limit=START_LIMIT_S,
    )
    yield Row.at_most(
        "resident memory", ours=bot_memory, other=other_memory, unit="MB", limit=MEMORY_LIMIT_MB
    )
    yield Row.at_most(
        "training libraries", ours=bot_loaded, other=other_loaded, unit="files", limit=0
    )


def _measure(process: psutil.Process) -> tuple[float, int]:
    """Resident megabytes once it has settled, and how many files of the training stack are mapped.

    Every one of those packages but ultralytics maps libraries, and ultralytics imports torch.
    """
    sleep(SETTLE_S)
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    files = {line.split(maxsplit=5)[-1] for line in maps.splitlines()}
    loaded = [name for name in files if any(part in name for part in STACK)]
    return process.memory_info().rss / 1e6, len(loaded)
