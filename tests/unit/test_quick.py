"""The short ways to the database say and keep the same as the long ones."""

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage import outbox, quick
from storage.db import Database
from storage.models import Joined, Membership, Message, Setting

_KEYS = columns(col(Setting.key)).where(col(Setting.key) > bindparam("after"))


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
