"""One bot a database: two would answer twice and run every job twice, from whatever homes.

The lock ends with the process, however that ends, so a bot that crashed starts again at once: of
SQLite it is the kernel's, on a file beside the database; of Postgres it is the server's, and goes
with the connection that took it.
"""

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from storage.db import DatabaseUrlError, make_engine

TRY = text("SELECT pg_try_advisory_lock(hashtext(current_database()), :app)")
"""Advisory locks are the whole server's, so the database's name is part of this one."""

APP = 7461
"""Any number, the same for ever: tells our lock from other programs' in the same database."""


class DatabaseInUse(Exception):
    """Another bot uses this database: stop that one first."""

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip())


class DatabaseLock:
    """Held as long as the process lives, or until `release`.

    Args:
        url: the database's address; one in memory is nobody else's and is not locked.

    Raises:
        DatabaseInUse: another process holds it.
        DatabaseUrlError: the database, or the folder of its file, can't be used.
    """

    def __init__(self, url: str) -> None:
        self._handle: int | None = None
        self._connection: Connection | None = None
        file = lock_file(url)
        if file is not None:
            self._handle = _lock_file(file)
        elif make_url(url).get_backend_name() == "postgresql":
            self._connection = _lock_server(url)

    def release(self) -> None:
        """Let another bot use the database."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._connection is not None:
            engine = self._connection.engine
            # Not back into a pool: the lock is the connection's.
            self._connection.detach()
            self._connection.close()
            engine.dispose()
            self._connection = None


def lock_file(url: str) -> Path | None:
    """The file beside an SQLite database that is locked; the same by whatever way it is named.

    Raises:
        DatabaseUrlError: the address is malformed.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise DatabaseUrlError(str(error)) from error
    name = parsed.database
    if parsed.get_backend_name() != "sqlite" or not name or name == ":memory:":
        return None
    file = Path(name.removeprefix("file:").partition("?")[0]).resolve()
    return file.with_name(f"{file.name}.lock")


def _lock_file(file: Path) -> int:
    try:
        # Not inherited by workers: they outlive the bot and must not hold its place.
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUrlError(f"{file.parent} can't be written.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise DatabaseInUse from error
    return handle


def _lock_server(url: str) -> Connection:
    engine = make_engine(url)
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        free = bool(connection.execute(TRY, {"app": APP}).scalar())
    except SQLAlchemyError as error:
        engine.dispose()
        raise DatabaseUrlError("the database can't be reached.") from error
    if not free:
        connection.close()
        engine.dispose()
        raise DatabaseInUse
    return connection
