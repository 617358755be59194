"""The outbox: what messages should show, written in the transaction of the fact they tell.

A row is a message's wish; the sender makes Telegram agree with it. Writing the same key again
changes the wish: a message not sent yet is sent once with its newest content, one that was sent is
edited. Sent at least once; a kill between Telegram's yes and our commit can double a message.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func
from sqlmodel import Session, col, delete, select

from storage import quick
from storage.models import Chat, Json, Message, now

ANSWER, RESULT, PROGRESS = 0, 1, 2

LEFT_BEHIND = "left_behind"
"""In `sent` of a message about to be sent anew: chat, id and maybe sheet of the one it replaces."""
RETIRED = "retired:"
"""Begins the keys of replaced messages, whose wish (kind `bare`) is to have no buttons.

`about` in it is the sheet that the message goes on showing.
"""

_BY_KEY = select(Message.__table__).where(  # type: ignore[attr-defined]  # SQLModel types it as a class
    col(Message.key) == bindparam("key")
)

KEEP = timedelta(days=30)
"""A message untouched for so long is nobody's card any more; its next change is sent anew."""


def put(
    key: str,
    chat_id: int,
    payload: Json,
    *,
    priority: int = ANSWER,
    not_before: datetime | None = None,
    fresh: bool = False,
    row: Message | None = None,
    session: Session,
) -> Message:
    """Wish that the message `key` shows `payload`.

    Args:
        fresh: send a new message even if one was sent under this key; once it is there, the old
            one loses its buttons.
        row: the message as `get` gave it, where the caller has it already.
    """
    row = row or get(key, session=session)
    if row is None:
        row = Message(
            key=key, chat_id=chat_id, payload=payload, priority=priority, not_before=not_before
        )
        session.add(row)
        session.flush()
    elif row.payload != payload or fresh:
        # News of a message that nobody has seen yet does not make it less urgent.
        unseen = row.state == "waiting" and row.message_id is None
        wish = {
            "payload": payload,
            "priority": min(row.priority, priority) if unseen else priority,
            "version": row.version + 1,
            "state": "waiting",
            "not_before": not_before,
        }
        if fresh:
            sent = row.sent if LEFT_BEHIND in row.sent else {}
            if row.message_id and row.sent.get("keyboard"):
                sent = {LEFT_BEHIND: [row.chat_id, row.message_id, row.sent.get("sheet")]}
            wish |= {"sent": sent, "message_id": None, "chat_id": chat_id}
        quick.change(row, wish, session=session)
    return row


def strip(key: str, *, session: Session) -> None:
    """Take the buttons off the message: what it asked is answered."""
    row = get(key, session=session)
    if row is not None:
        put(
            key,
            row.chat_id,
            {**row.payload, "keyboard": []},
            priority=row.priority,
            session=session,
        )


def get(key: str, *, session: Session) -> Message | None:
    """The message with this key."""
    row: Message | None = quick.entity(Message, _BY_KEY, {"key": key}, session=session)
    return row


def due(chat_id: int, at: datetime, *, limit: int, session: Session) -> list[Message]:
    """What waits for the chat and may be sent now, most urgent first, else in order of writing."""
    query = (
        select(Message)
        .where(Message.chat_id == chat_id, *_may_go(at))
        .order_by(col(Message.priority), col(Message.id))
        .limit(limit)
    )
    return list(session.exec(query))


def due_by_chat(at: datetime, *, each: int, session: Session) -> dict[int, list[Message]]:
    """For each chat what `due` gives; the chat with the most urgent message comes first."""
    order = (col(Message.priority), col(Message.id))
    place = func.row_number().over(partition_by=col(Message.chat_id), order_by=order)
    ranked = select(col(Message.id), place.label("place")).where(*_may_go(at)).subquery()
    query = (
        select(Message)
        .join(ranked, ranked.c.id == col(Message.id))
        .where(ranked.c.place <= each)
        .order_by(*order)
    )
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for row in session.exec(query):
        found[row.chat_id].append(row)
    return found


def _may_go(at: datetime) -> tuple[ColumnElement[bool], ...]:
    soon = col(Message.not_before).is_(None) | (col(Message.not_before) <= at)
    return col(Message.state) == "waiting", soon


def accepted(row_id: int, *, version: int, sent: Json, message_id: int, session: Session) -> None:
    """Telegram took this version of the message."""
    row = session.get(Message, row_id)
    if row is None:
        return
    if LEFT_BEHIND in row.sent:
        _retire(*row.sent[LEFT_BEHIND], session=session)
    row.sent, row.message_id, row.sent_at = sent, message_id, now()
    if row.version == version:
        row.state = "sent"
    chat = session.get(Chat, row.chat_id)
    if chat is not None:
        chat.last_message_id = max(chat.last_message_id, message_id)


def _retire(chat_id: int, message_id: int, sheet: int | None = None, *, session: Session) -> None:
    key = f"{RETIRED}{chat_id}:{message_id}"
    wish: Json = {"kind": "bare", "keyboard": [], "about": sheet}
    row = put(key, chat_id, wish, priority=PROGRESS, session=session)
    row.message_id = message_id


def forget_message(row_id: int, *, session: Session) -> None:
    """The message is gone from the chat: the next try sends a new one."""
    row = session.get(Message, row_id)
    if row is not None:
        row.message_id, row.sent = None, {}


def failed(row_id: int, *, version: int, session: Session) -> None:
    """Telegram will never take this version."""
    row = session.get(Message, row_id)
    if row is not None and row.version == version:
        row.state = "failed"


def find(chat_id: int, message_id: int, *, session: Session) -> Message | None:
    """The message that a person replied to or tapped on."""
    query = select(Message).where(Message.chat_id == chat_id, Message.message_id == message_id)
    return session.exec(query.limit(1)).first()


def newest(chat_id: int, *, session: Session) -> Message | None:
    """The last message that was sent to the chat."""
    query = (
        select(Message)
        .where(Message.chat_id == chat_id, col(Message.message_id).is_not(None))
        .order_by(col(Message.message_id).desc())
        .limit(1)
    )
    return session.exec(query).first()


def forget_old(*, session: Session) -> None:
    """Remove rows whose message was sent, or given up, longer ago than `KEEP`."""
    touched = func.coalesce(Message.sent_at, Message.created_at)
    over = col(Message.state).in_(("sent", "failed"))
    session.exec(delete(Message).where(over, touched < now() - KEEP))
