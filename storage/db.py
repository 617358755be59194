"""The database: reads in threads, all writes through one writer thread.

One writer takes BEGIN IMMEDIATE, so a transaction never fails half-way for a lock that another of
ours holds, and no code can await Telegram inside one. Writes that come while another is being
written to the disk are committed together (docs/decisions/0009-group-commit.md): each is all or
nothing by itself, and none is told to be done before it lies on the disk.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlmodel import Session, create_engine

from storage import quick

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
READERS = 3
GROUP_S = 0.02
"""As long as further writes may join those that are about to be committed."""


class DatabaseUrlError(ValueError):
    """The database address cannot be used."""


def make_engine(url: str, *, reading: bool = False) -> Engine:
    """An engine whose SQLite connections are durable.

    Args:
        reading: its transactions begin with a snapshot, not with the writer's lock.

    Raises:
        DatabaseUrlError: the address is malformed or its driver is missing.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        # Threads are kept apart by the pool; sqlite3's own check would refuse the pool's reuse.
        args = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_S} if sqlite else {}
        # An error's text goes into the log, and what people wrote, keys among it, must not.
        engine = create_engine(
            url, connect_args=args, pool_pre_ping=not sqlite, hide_parameters=True
        )
    except (ArgumentError, ImportError) as error:
        raise DatabaseUrlError(str(error)) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        how = "BEGIN" if reading else "BEGIN IMMEDIATE"
        # Not by an event of the engine: with one, each statement of a tap looks for others.
        engine.dialect.do_begin = partial(_begin, how)  # type: ignore[method-assign]
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Autocommit in the driver: `make_engine` issues the BEGIN we want.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.close()


def _begin(how: str, dbapi_connection: Any) -> None:
    dbapi_connection.execute(how)


class _Session(Session):
    """A session that takes the short way to a row by its key."""

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """See Session."""
        keys = ident if isinstance(ident, tuple) else (ident,)
        if options or self.identity_map.get(self.identity_key(entity, keys)) is not None:
            return super().get(entity, ident, **options)
        values = {f"key{n}": key for n, key in enumerate(keys)}
        return quick.entity(entity, quick.by_key(entity), values, session=self)


class _Write:
    """A piece of work that waits for the writer, and what became of it."""

    def __init__(self, work: Callable[[Session], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.future: asyncio.Future[Any] = loop.create_future()
        self._work = work
        self._loop = loop
        self._result: Any = None
        self._error: BaseException | None = None

    def run_in(self, connection: Connection) -> None:
        """Run beside others of the same transaction; what it raises undoes only its own.

        Raises:
            OperationalError: the database itself is in trouble, so the others' may be undone too.
        """
        connection.exec_driver_sql("SAVEPOINT work")
        try:
            with _Session(
                connection, join_transaction_mode="rollback_only", expire_on_commit=False
            ) as session:
                self._result = self._work(session)
                session.flush()
        except OperationalError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, its caller is told
            connection.exec_driver_sql("ROLLBACK TO work")
            self._error = error
        connection.exec_driver_sql("RELEASE work")

    def run_alone(self, write_now: Callable[[Callable[[Session], Any]], Any]) -> None:
        """Run in a transaction of its own."""
        self._result = self._error = None
        try:
            self._result = write_now(self._work)
        except BaseException as error:  # noqa: BLE001  # whatever it is, its caller is told
            self._error = error

    def tell(self) -> None:
        """Let the caller go on, in its own event loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self.future.done():
            return
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)


class Database:
    """Transactions as plain functions of a session, run off the event loop."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="db-reader")
        self._reading = make_engine(url, reading=True)
        self._waiting: deque[_Write] = deque()

    def write_now(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction on this thread; all of it is committed, or none."""
        for last in (False, False, True):
            with _Session(self.engine, expire_on_commit=False) as session:
                try:
                    result = work(session)
                    session.commit()
                    return result
                except OperationalError as error:
                    # See _commit_group.
                    session.invalidate()
                    # Another process may hold the lock past the busy timeout (a backup, say).
                    if last or "locked" not in str(error):
                        raise
        raise AssertionError("the loop returns or raises")

    def read_now(self, work: Callable[[Session], T]) -> T:
        """Run `work` on this thread against one consistent snapshot; nothing is kept."""
        with _Session(self._reading, expire_on_commit=False) as session:
            return work(session)

    async def write(self, work: Callable[[Session], T]) -> T:
        """As `write_now`, in the writer thread, in order of the calls.

        What waits for the writer at the same time shares one commit. `work` can be called again
        where that commit fails.
        """
        write = _Write(work, asyncio.get_running_loop())
        self._waiting.append(write)
        self._writer.submit(self._commit_waiting)
        # Shielded: a cancelled handler must not leave its caller guessing about a commit.
        result: T = await asyncio.shield(write.future)
        return result

    def _commit_waiting(self) -> None:
        """Write, with one commit, what waits; in the writer thread, called once a write."""
        if not self._waiting:
            return
        group: list[_Write] = []
        try:
            with self.engine.connect() as connection:
                self._commit_group(group, connection)
        except Exception:  # noqa: BLE001  # each second try raises it again, to whom it concerns
            # Nothing of the group is kept.
            group = group or [self._waiting.popleft()]
            for write in group:
                write.run_alone(self.write_now)
        for write in group:
            write.tell()

    def _commit_group(self, group: list[_Write], connection: Connection) -> None:
        try:
            with connection.begin():
                until = time.monotonic() + GROUP_S
                while self._waiting and time.monotonic() < until:
                    group.append(self._waiting.popleft())
                    group[-1].run_in(connection)
        except Exception:
            # After a commit that failed it may still be in its transaction.
            connection.invalidate()
            raise

    async def read(self, work: Callable[[Session], T]) -> T:
        """As `read_now`, in a reader thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, work)

    def close(self) -> None:
        """Wait for transactions under way, then close every connection."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._reading.dispose()
        self.engine.dispose()
