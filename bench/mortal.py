"""A bot for benches that kill it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from bench.programs import TOKEN, NotStarted
from pipeline.jobs.executor import LocalExecutor

BOT = [sys.executable, "-m", "bot", "run"]


class Bot:
    """A bot's process that can be killed, and started again in the same home."""

    def __init__(self, folder: Path, api_url: str) -> None:
        self.home = folder / "home"
        self._folder = folder
        clean = {name: v for name, v in os.environ.items() if not name.startswith("TAPTRAIN_")}
        self._environment = clean | {
            "TAPTRAIN_HOME": str(self.home),
            "TAPTRAIN_TOKEN": TOKEN,
            "TAPTRAIN_API_URL": api_url,
            "TAPTRAIN_PORT": "0",
            "TAPTRAIN_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path.cwd()),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns when it listens.

        Raises:
            NotStarted: it ended instead; with the end of its log.
        """
        log = self._folder / "log.txt"
        with log.open("a") as errors:
            self._process = subprocess.Popen(
                BOT,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        if not any(line.startswith("ready") for line in self._process.stdout):
            raise NotStarted(log.read_text()[-2000:])

    def kill(self) -> None:
        """Kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def close(self) -> None:
        """End it and every worker of its home."""
        if self._process is not None:
            self.kill()
        for attempt in self.home.glob("jobs/*/*/"):
            LocalExecutor().kill(attempt)

    def rows(self, query: str) -> list[dict[str, object]]:
        """What its database holds now."""
        with closing(sqlite3.connect(self.home / "taptrain.db", timeout=30)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query)]
