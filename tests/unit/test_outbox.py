"""The outbox's rows over their life: what is swept, and what a message leaves behind."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from bot import housekeeping
from pipeline.kinds.places import Places
from storage import chats, outbox
from storage.db import Database
from storage.models import Message, now
from tests.support.project import CHAT

LONG_AGO = now() - outbox.KEEP - timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "sent", "stays"),
    [
        ("sent", LONG_AGO, False),
        ("sent", now(), True),
        ("failed", None, False),
        ("waiting", None, True),
    ],
)
def test_rows_are_swept_a_month_after_their_last_sending(
    db: Database, places: Places, state: str, sent: object, stays: bool
) -> None:
    """The daily sweep removes what was sent or given up a month ago, never what still waits."""

    def fill(session: Session) -> None:
        row = outbox.put("card", CHAT, {"text": "one"}, session=session)
        row.created_at, row.state, row.sent_at = LONG_AGO, state, sent

    db.write_now(fill)
    housekeeping.sweep(db, places)
    kept = db.read_now(lambda session: outbox.get("card", session=session))
    assert (kept is not None) == stays


def shown(session: Session, key: str, message_id: int) -> Message:
    """A message with a button that Telegram took."""
    row = outbox.put(key, CHAT, {"kind": "text", "text": key, "keyboard": [[1]]}, session=session)
    outbox.accepted(
        row.id or 0, version=1, sent=row.payload, message_id=message_id, session=session
    )
    return row


def test_a_replaced_message_loses_its_buttons_once_the_new_one_is_there(session: Session) -> None:
    """However often the new one is wished, the old one is retired when it was accepted."""
    row = shown(session, "card", 5)
    for text in ("two", "three"):
        outbox.put("card", CHAT, {"text": text}, fresh=True, session=session)
    outbox.put("card", CHAT, {"text": "four"}, session=session)
    assert outbox.find(CHAT, 5, session=session) is None
    outbox.accepted(row.id or 0, version=4, sent=row.payload, message_id=9, session=session)
    old = outbox.find(CHAT, 5, session=session)
    assert old is not None
    assert (old.payload["keyboard"], old.priority, old.state) == ([], outbox.PROGRESS, "waiting")
    assert (row.message_id, row.state) == (9, "sent")


def test_a_replaced_sheet_is_still_known(session: Session) -> None:
    """The picture stays in the chat, so that a reply to it finds what it is about."""
    wish = {"kind": "photo", "text": "cat?", "keyboard": [[1]], "sheet": 7}
    row = outbox.put("round", CHAT, wish, session=session)
    outbox.accepted(row.id or 0, version=1, sent=wish, message_id=5, session=session)
    outbox.put("round", CHAT, {**wish, "sheet": 8}, fresh=True, session=session)
    outbox.accepted(row.id or 0, version=2, sent=row.payload, message_id=9, session=session)
    old = outbox.find(CHAT, 5, session=session)
    assert old is not None
    assert old.payload["about"] == 7


def test_a_message_without_buttons_just_stays(session: Session) -> None:
    """Nothing is spent on a replaced message that nobody can tap."""
    row = outbox.put("card", CHAT, {"text": "one", "keyboard": []}, session=session)
    outbox.accepted(row.id or 0, version=1, sent=row.payload, message_id=5, session=session)
    outbox.put("card", CHAT, {"text": "two"}, fresh=True, session=session)
    outbox.accepted(row.id or 0, version=2, sent=row.payload, message_id=9, session=session)
    assert outbox.find(CHAT, 5, session=session) is None


def test_a_group_that_grew_forgets_its_replaced_messages(session: Session) -> None:
    """They lie in the chat that is gone, where nothing can be edited."""
    row = shown(session, "card", 5)
    outbox.put("card", CHAT, {"text": "two"}, fresh=True, session=session)
    outbox.accepted(row.id or 0, version=2, sent=row.payload, message_id=9, session=session)
    chats.migrate(CHAT, CHAT - 1, session=session)
    assert [row.key for row in session.exec(select(Message))] == ["card"]
