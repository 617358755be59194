"""The project's pictures on their way to a collect job: one SQLite file in the attempt's folder.

A hundred thousand rows as JSON would keep the bot's process busy for seconds and need all of them
in memory twice; like this they stream.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pipeline.jobs.spec_collect import KnownImage

NAME = "known.db"
COLUMNS = ", ".join(f'"{name}"' for name in KnownImage._fields)


def write(path: Path, images: Iterable[KnownImage]) -> None:
    """Write them, in place of what an attempt that never began left there."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as file:
        # A machine that goes down takes the attempt along: there is nothing to make safe.
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute(f"CREATE TABLE known ({COLUMNS})")
        with file:
            places = ", ".join("?" * len(KnownImage._fields))
            file.executemany(f"INSERT INTO known VALUES ({places})", images)  # noqa: S608  # marks only


def read(path: Path) -> list[KnownImage]:
    """All of them, in the order in which they were written."""
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT * FROM known ORDER BY rowid")
        return [KnownImage._make((*row[:3], bool(row[3]), *row[4:])) for row in rows]
