"""A process that runs the queue in a folder until it is killed, as the bot does.

`python runner_host.py FOLDER [die-in-chunk]`: with the second word it kills itself in the middle of
the first result it takes in, once.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session

from pipeline.jobs.listener import Chunk
from pipeline.jobs.runner import Runner
from pipeline.jobs.spec import Result
from storage.db import Database
from storage.models import Job
from tests.support.queue import Account, make_executor

TICK_S = 0.05


class Mortal(Account):
    """Dies once, with one chunk kept and the next half-way."""

    def __init__(self, marker: Path) -> None:
        super().__init__()
        self.chunk_count = 2
        self._marker = marker

    def chunks(self, job: Job, result: Result, folder: Path) -> Iterator[Chunk]:
        """See Listener."""
        first, second = super().chunks(job, result, folder)

        def deadly(session: Session) -> None:
            second(session)
            if not self._marker.exists():
                self._marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)

        yield first
        yield deadly


async def main(folder: Path, *, mortal: bool) -> None:
    """Tick until killed."""
    account = Mortal(folder / "died") if mortal else Account()
    db = Database(f"sqlite:///{folder / 'db.sqlite'}")
    runner = Runner(db, folder / "jobs", make_executor(), account, delays=(0.0, 0.0))
    while True:
        await runner.tick()
        await asyncio.sleep(TICK_S)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), mortal="die-in-chunk" in sys.argv[2:]))
