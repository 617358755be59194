"""A real `taptrain run` beside a sandbox, and what the acceptance tests ask of both."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.jobs.executor import LocalExecutor

TOKEN = "123456:" + "acceptance-tests-token" + "A" * 12
START_SECONDS = 120


class BotProcess:
    """`taptrain run` with a home of its own; its settings are attributes, as `TAPTRAIN_NAME`.

    Args:
        folder: where its home and its log lie.
        api_url: the sandbox's address.
        settings: what differs from a bot that follows loopback links and downloads nothing.
    """

    def __init__(self, folder: Path, api_url: str, **settings: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.log_file = folder / "bot.log"
        self.settings = {
            "TOKEN": TOKEN,
            "API_URL": api_url,
            "HOME": str(self.home),
            "PORT": "0",
            "ALLOW_PRIVATE_HOSTS": "1",
            "OFFLINE": "1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self.web_url = ""

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start it without waiting; what it prints goes to `out-N.txt`, its log to `bot.log`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        env = {k: v for k, v in os.environ.items() if not k.startswith("TAPTRAIN_")}
        env |= {f"TAPTRAIN_{name}": value for name, value in self.settings.items() if value}
        # Several workers share the machine with other tests.
        env["OMP_NUM_THREADS"] = "1"
        self._starts += 1
        with self._out.open("wb") as out, self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("taptrain")), "run"],
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )
        return self._process

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            AssertionError: it ended, or did not become ready in time.
        """
        process = self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not (said := self._out.read_text()).startswith("ready"):
            assert process.poll() is None, f"the bot ended at its start:\n{self.log}"
            assert time.monotonic() < deadline, f"the bot is not ready yet:\n{self.log}"
            time.sleep(0.02)
        self.web_url = said.split()[-1]

    @property
    def _out(self) -> Path:
        return self.folder / f"out-{self._starts}.txt"

    @property
    def log(self) -> str:
        """What it logged so far, over all its starts."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    def kill(self) -> None:
        """Kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """End it as a service manager does; returns its exit code, None when it did not run."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(number)
        return process.wait(60)

    def close(self) -> None:
        """End it and every worker that it started."""
        self.stop()
        for attempt in self.home.glob("jobs/*/*/"):
            LocalExecutor().kill(attempt)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What the bot's database holds now."""
        with closing(self._database()) as db:
            return [dict(row) for row in db.execute(query, values)]

    def at_once(self, queries: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
        """The rows of several queries at one moment, whatever the bot writes meanwhile."""
        with closing(self._database()) as db:
            db.execute("BEGIN")
            return {name: [dict(row) for row in db.execute(q)] for name, q in queries.items()}

    def _database(self) -> sqlite3.Connection:
        address = f"file:{self.home / 'taptrain.db'}?mode=ro"
        db = sqlite3.connect(address, uri=True, timeout=30)
        db.row_factory = sqlite3.Row
        return db

    def value(self, query: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(query, *values)
        return next(iter(found[0].values())) if found else None

    def change(self, statement: str, *values: object) -> None:
        """Change the database of a bot that does not run."""
        assert self._process is None
        with closing(sqlite3.connect(self.home / "taptrain.db")) as db, db:
            db.execute(statement, values)

    def written(self) -> str:
        """Everything it and its workers wrote for people who look for faults."""
        files = [self.log_file, *self.folder.glob("out-*.txt")]
        files += [path for path in self.home.glob("jobs/*/*/*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files if path.exists())
