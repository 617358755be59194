"""The database: whole transactions in order, reads beside them, addresses that cannot be used."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel, select

from storage import db as module
from storage.db import Database, DatabaseUrlError, make_engine
from storage.models import Box, Setting


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database file with all tables."""
    db = Database(f"sqlite:///{tmp_path / 'db.sqlite'}")
    SQLModel.metadata.create_all(db.engine)
    yield db
    db.close()


def put(key: str) -> Setting:
    """A row to write."""
    return Setting(key=key)


def keys(session: Session) -> list[str]:
    """Every key that is there, in order."""
    return sorted(session.exec(select(Setting.key)))


def test_a_transaction_is_all_or_nothing(db: Database) -> None:
    """What raises half-way leaves nothing."""

    def half(session: Session) -> None:
        session.add(put("a"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.write_now(half)
    assert db.read_now(keys) == []


def test_rows_can_be_read_after_their_transaction(db: Database) -> None:
    """A row that was returned keeps its values."""

    def write(session: Session) -> Setting:
        row = Setting(key="a", value={"n": 1})
        session.add(row)
        return row

    assert db.write_now(write).value == {"n": 1}


def test_a_reading_transaction_keeps_nothing(db: Database) -> None:
    """What is added in a read is not written."""
    db.read_now(lambda session: session.add(put("a")))
    assert db.read_now(keys) == []


async def test_writes_come_in_order(db: Database) -> None:
    """Many at once are written one after another, in the order of the calls."""
    seen: list[int] = []

    def write(number: int) -> None:
        def work(session: Session) -> None:
            session.add(put(f"{number:03}"))
            seen.append(number)

        return db.write(work)

    await asyncio.gather(*(write(number) for number in range(100)))
    assert seen == list(range(100))
    assert len(await db.read(keys)) == 100


class Commits:
    """Counts the commits of a database, and looks at who was told before them."""

    def __init__(self, db: Database) -> None:
        self.count = 0
        self.told_early = 0
        self.tasks: list[asyncio.Task[object]] = []
        self.refuse = 0
        event.listen(db.engine, "commit", self._commit)

    def _commit(self, _: object) -> None:
        self.count += 1
        self.told_early += sum(task.done() for task in self.tasks)
        if self.refuse:
            self.refuse -= 1
            raise OperationalError("COMMIT", {}, Exception("disk is full"))


async def at_the_writer(
    db: Database, *works: Callable[[Session], object]
) -> tuple[list[asyncio.Task[object]], threading.Event]:
    """Writes that run together once the event is set: one that waits for it, and `works`."""
    began, go = threading.Event(), threading.Event()

    def hold(_: Session) -> None:
        began.set()
        go.wait(10)

    tasks = [asyncio.create_task(db.write(hold))]
    await asyncio.to_thread(began.wait, 10)
    tasks += [asyncio.create_task(db.write(work)) for work in works]
    await asyncio.sleep(0.01)
    return tasks, go


async def test_writes_that_wait_together_are_committed_together(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty writes that wait cost one commit, and none is told before it."""
    monkeypatch.setattr(module, "GROUP_S", 10)
    commits = Commits(db)
    works = [lambda s, n=n: s.add(put(f"{n:02}")) or n for n in range(50)]
    tasks, go = await at_the_writer(db, *works)
    commits.tasks = tasks
    go.set()
    assert await asyncio.gather(*tasks) == [None, *range(50)]
    assert (commits.count, commits.told_early) == (1, 0)
    assert await db.read(keys) == [f"{n:02}" for n in range(50)]


async def test_what_raises_in_a_group_undoes_only_its_own(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error reaches its own caller; the others' rows are kept."""
    monkeypatch.setattr(module, "GROUP_S", 10)

    def half(session: Session) -> None:
        session.add(put("half"))
        session.flush()
        raise ZeroDivisionError

    box = Box(project_id=1, image_id=1, label="", x1=0, y1=0, x2=1, y2=1, origin="")
    tasks, go = await at_the_writer(
        db, lambda s: s.add(put("a")), half, lambda s: s.add(box), lambda s: s.add(put("b")), keys
    )
    go.set()
    _, added, halved, boxed, _, seen = await asyncio.gather(*tasks, return_exceptions=True)
    assert added is None
    assert isinstance(halved, ZeroDivisionError)
    assert isinstance(boxed, IntegrityError)
    assert seen == ["a", "b"]
    assert await db.read(keys) == ["a", "b"]


async def test_a_group_that_cannot_be_committed_is_tried_one_by_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble of the database meets only those whom it still meets when they run alone."""
    monkeypatch.setattr(module, "GROUP_S", 10)
    commits = Commits(db)
    tasks, go = await at_the_writer(db, *(lambda s, n=n: s.add(put(f"{n}")) for n in range(3)))
    # The group's commit, then that of the first row by itself.
    commits.refuse = 2
    go.set()
    _, *results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], OperationalError)
    assert results[1:] == [None, None]
    await db.write(lambda s: s.add(put("3")))
    assert await db.read(keys) == ["1", "2", "3"]


async def test_a_group_waits_for_a_lock_of_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes that meet somebody else's lock are written once it is gone."""
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
    db = Database(f"sqlite:///{tmp_path / 'db.sqlite'}")
    SQLModel.metadata.create_all(db.engine)
    other = sqlite3.connect(tmp_path / "db.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    tasks = [asyncio.create_task(db.write(lambda s, n=n: s.add(put(f"{n}")))) for n in range(3)]
    await asyncio.sleep(0.08)
    other.execute("ROLLBACK")
    await asyncio.gather(*tasks)
    assert await db.read(keys) == ["0", "1", "2"]
    other.close()
    db.close()


async def test_a_cancelled_caller_does_not_undo(db: Database) -> None:
    """A transaction under way is finished although nobody waits for it any more."""
    began, go = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        began.set()
        go.wait(10)
        session.add(put("a"))

    task = asyncio.create_task(db.write(work))
    await asyncio.to_thread(began.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    await db.write(lambda session: session.add(put("b")))
    assert await db.read(keys) == ["a", "b"]


async def test_readers_do_not_wait_for_a_writer(db: Database) -> None:
    """A long write is invisible, and in nobody's way, until it is done."""
    began, go = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        session.add(put("a"))
        session.flush()
        began.set()
        go.wait(10)

    task = asyncio.create_task(db.write(work))
    await asyncio.to_thread(began.wait, 10)
    assert await db.read(keys) == []
    go.set()
    await task
    assert await db.read(keys) == ["a"]


def test_a_read_is_one_snapshot(db: Database) -> None:
    """What is written meanwhile does not appear in the middle of a read."""

    def read(session: Session) -> tuple[list[str], list[str]]:
        before = keys(session)
        db.write_now(lambda other: other.add(put("a")))
        return before, keys(session)

    assert db.read_now(read) == ([], [])


@pytest.mark.parametrize(("freed_at", "calls"), [(2, 2), (3, 3), (None, 3)])
def test_a_lock_of_another_process_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freed_at: int | None, calls: int
) -> None:
    """A write tries three times before it gives up on somebody else's lock."""
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
    db = Database(f"sqlite:///{tmp_path / 'db.sqlite'}")
    SQLModel.metadata.create_all(db.engine)
    other = sqlite3.connect(tmp_path / "db.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    called = 0

    def work(session: Session) -> None:
        nonlocal called
        called += 1
        if called == freed_at:
            other.execute("ROLLBACK")
        session.add(put(f"{called}"))

    if freed_at is None:
        with pytest.raises(OperationalError, match="locked"):
            db.write_now(work)
    else:
        db.write_now(work)
        assert db.read_now(keys) == [f"{freed_at}"]
    assert called == calls
    other.close()
    db.close()


def test_references_are_checked(db: Database) -> None:
    """A row cannot name a project that is not there."""
    box = Box(project_id=1, image_id=1, label="a", x1=0, y1=0, x2=1, y2=1, origin="import")
    with pytest.raises(IntegrityError):
        db.write_now(lambda session: session.add(box))


def test_commits_are_durable(db: Database) -> None:
    """Facts survive a loss of power: WAL with full synchronisation."""
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


@pytest.mark.parametrize("url", ["", "nonsense", "nonsense://x", "mysql+absent://x/y"])
def test_an_address_that_cannot_be_used(url: str) -> None:
    """A malformed address or one without a driver is refused by name."""
    with pytest.raises(DatabaseUrlError):
        make_engine(url)
