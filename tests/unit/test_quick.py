"""The short ways to the database say and keep the same as the long ones."""

import pytest
from sqlalchemy import bindparam, event, insert
from sqlalchemy import select as columns
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, col

from storage import outbox, quick
from storage.db import Database
from storage.models import Chat, Job, Joined, Membership, Message, Project, Setting

_KEYS = columns(col(Setting.key)).where(col(Setting.key) > bindparam("after"))
_SOME = columns(col(Setting.value)).where(
    col(Setting.key).in_(bindparam("some", expanding=True)), col(Setting.key) != "not"
)
_NEW = insert(Setting).values(key=bindparam("named"), value={})
_FILLED = insert(Setting).values(key=bindparam("named"), value=bindparam("value"))
_JOBS = columns(col(Job.request), col(Job.created_at))


def test_rows_include_what_the_session_has_not_written_yet(session: Session) -> None:
    """What was added a moment ago is found."""
    session.add(Setting(key="b"))
    assert quick.rows(_KEYS, {"after": "a"}, session=session) == [("b",)]


def test_a_change_is_seen_in_memory_and_by_the_next_transaction(db: Database) -> None:
    """The row holds the new values at once, and others read them after the commit."""

    def change(session: Session) -> Message:
        row = outbox.put("card", 1, {"kind": "text"}, session=session)
        quick.change(row, {"payload": {"kind": "photo"}, "version": 7}, session=session)
        assert (row.payload, row.version) == ({"kind": "photo"}, 7)
        assert not session.dirty
        return row

    db.write_now(change)
    kept = db.read_now(lambda s: outbox.get("card", session=s))
    assert kept is not None
    assert (kept.payload, kept.version, kept.key) == ({"kind": "photo"}, 7, "card")


def test_a_change_keeps_what_was_changed_the_long_way_before(db: Database) -> None:
    """Both kinds of change of one row in one transaction are kept."""

    def change(session: Session) -> None:
        row = outbox.put("card", 1, {"kind": "text"}, session=session)
        row.message_id = 5
        quick.change(row, {"version": 2}, session=session)
        row.state = "sent"

    db.write_now(change)
    kept = db.read_now(lambda s: outbox.get("card", session=s))
    assert kept is not None
    assert (kept.message_id, kept.version, kept.state) == (5, 2, "sent")


def test_rows_are_found_by_their_keys(db: Database) -> None:
    """One key or two, there or not: `get` finds a row, and the same one again."""

    def write(session: Session) -> None:
        session.add(Setting(key="a", value={"n": 1}))

    def look(session: Session) -> None:
        found = session.get(Setting, "a")
        assert found is not None
        assert found.value == {"n": 1}
        assert session.get(Setting, "a") is found
        assert session.get(Setting, "b") is None
        assert session.get(Joined, (1, 1)) is None
        assert session.get(Membership, (1, 1)) is None

    db.write_now(write)
    db.read_now(look)


def test_a_row_is_read_again_once_it_is_expired(db: Database) -> None:
    """`get` does not hand out what is known to be old."""
    db.write_now(lambda s: s.add(Setting(key="a", value={"n": 1})))

    def look(session: Session) -> None:
        found = session.get(Setting, "a")
        assert found is not None
        db.write_now(lambda other: quick_set(other, 2))
        session.rollback()
        assert session.get(Setting, "a") is found
        assert found.value == {"n": 2}

    db.read_now(look)


def quick_set(session: Session, number: int) -> None:
    """Change the setting."""
    row = session.get(Setting, "a")
    assert row is not None
    row.value = {"n": number}


@pytest.mark.parametrize("count", [0, 1, 9, quick.MOST + 1])
def test_a_list_of_any_length_is_looked_for(count: int, session: Session) -> None:
    """None, some, or more than texts are kept for: each is found once, as Python's values."""
    keys = [f"key {number:02}" for number in range(count)]
    session.add_all(Setting(key=key, value={"is": key}) for key in [*keys, "another", "not"])
    for _ in range(2):
        found = quick.rows(_SOME, {"some": [*keys, "not"] if keys else []}, session=session)
        assert [value for (value,) in found] == [{"is": key} for key in keys]


def test_a_list_is_kept_as_a_value(session: Session) -> None:
    """Where a column holds a list, one is written, and read by the other way too."""
    session.add(Chat(id=1, type="group"))
    session.flush()
    quick.change(session.get_one(Chat, 1), {"admins": [5, 6]}, session=session)
    session.expire_all()
    assert session.get_one(Chat, 1).admins == [5, 6]


def test_times_and_what_is_unset_come_back(session: Session) -> None:
    """A row read the short way is the row that was written, and what it may do stays."""
    project = Project(chat_id=1, name="cats", classes=["cat"], created_by=7)
    session.add(project)
    session.commit()
    session.refresh(project)
    written = project.model_dump()
    session.expunge_all()
    found = quick.entity(Project, quick.by_key(Project), {"key0": written["id"]}, session=session)
    assert found.model_dump() == written
    assert found not in session.dirty
    found.name = "dogs"
    session.commit()
    session.expunge_all()
    assert session.get_one(Project, written["id"]).name == "dogs"


def test_a_row_that_was_changed_here_is_not_read_over(session: Session) -> None:
    """What the session holds is what it gets, with what it changed."""
    held = outbox.put("card", 1, {"kind": "text"}, session=session)
    held.message_id = 5
    assert outbox.get("card", session=session) is held
    assert held.message_id == 5


def test_errors_come_as_they_do_the_long_way(db: Database, session: Session) -> None:
    """A row that is there already, a table that is gone."""
    assert quick.run(_NEW, {"named": "a"}, session=session) == 1
    with pytest.raises(IntegrityError):
        quick.run(_NEW, {"named": "a"}, session=session)
    session.rollback()
    with db.engine.connect() as other:
        other.exec_driver_sql("DROP TABLE job")
        other.commit()
    with pytest.raises(OperationalError, match="no such table"):
        quick.rows(_JOBS, {}, session=session)


def test_nothing_is_added_to_what_sqlite_took_back(db: Database) -> None:
    """On a full disk all of a piece of work is undone, also what it went on to do."""
    pages = db.write_now(lambda s: s.connection().exec_driver_sql("PRAGMA page_count").scalar())
    event.listen(
        db.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages + 6}")
    )
    db.engine.dispose()

    def fill(session: Session) -> None:
        for number in range(12):
            values = {"named": f"{number}", "value": {"long": "x" * 2500}}
            quick.run(_FILLED, values, session=session)

    with pytest.raises(OperationalError, match="full"):
        db.write_now(fill)
    assert db.read_now(lambda s: quick.rows(_KEYS, {"after": ""}, session=s)) == []
