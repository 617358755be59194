"""The database: reads in threads, all writes through one writer thread.

One writer takes BEGIN IMMEDIATE, so a transaction never fails half-way for a lock that another of
ours holds, and no code can await Telegram inside one.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlmodel import Session, create_engine

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
READERS = 3


class DatabaseUrlError(ValueError):
    """The database address cannot be used."""


def make_engine(url: str) -> Engine:
    """An engine whose SQLite connections are durable and begin immediately.

    Raises:
        DatabaseUrlError: the address is malformed or its driver is missing.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        # Threads are kept apart by the pool; sqlite3's own check would refuse the pool's reuse.
        args = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_S} if sqlite else {}
        engine = create_engine(url, connect_args=args, pool_pre_ping=not sqlite)
    except (ArgumentError, ImportError) as error:
        raise DatabaseUrlError(str(error)) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Autocommit in the driver: SQLAlchemy's "begin" event below issues the BEGIN we want.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.close()


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """Transactions as plain functions of a session, run off the event loop."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="db-reader")
        self._reading = self.engine.execution_options(reading=True)

    def write_now(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction on this thread; all of it is committed, or none."""
        for last in (False, False, True):
            with Session(self.engine, expire_on_commit=False) as session:
                try:
                    result = work(session)
                    session.commit()
                    return result
                except OperationalError as error:
                    # Another process may hold the lock past the busy timeout (a backup, say).
                    if last or "locked" not in str(error):
                        raise
        raise AssertionError("the loop returns or raises")

    def read_now(self, work: Callable[[Session], T]) -> T:
        """Run `work` on this thread against one consistent snapshot; nothing is kept."""
        with Session(self._reading, expire_on_commit=False) as session:
            return work(session)

    async def write(self, work: Callable[[Session], T]) -> T:
        """As `write_now`, in the writer thread, in order of the calls."""
        loop = asyncio.get_running_loop()
        # Shielded: a cancelled handler must not leave its caller guessing about a commit.
        return await asyncio.shield(loop.run_in_executor(self._writer, self.write_now, work))

    async def read(self, work: Callable[[Session], T]) -> T:
        """As `read_now`, in a reader thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, work)

    def close(self) -> None:
        """Wait for transactions under way, then close every connection."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()
