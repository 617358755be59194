"""Chats and members: who speaks, and which project their words mean."""

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, delete

from storage import outbox
from storage.models import (
    Bulk,
    Chat,
    Drawing,
    EditorTask,
    Job,
    Member,
    Message,
    Moved,
    Project,
    Round,
    Schedule,
    Sheet,
    Shelf,
    Upload,
)

PRIVATE = "private"


def chat(
    chat_id: int, *, type_: str, title: str = "", message_id: int = 0, session: Session
) -> Chat:
    """The chat's row, made or refreshed by what it just said."""
    row = session.get(Chat, chat_id)
    if row is None:
        row = Chat(id=chat_id, type=type_, title=title)
        session.add(row)
    last = max(row.last_message_id, message_id)
    _set(row, type=type_, title=title, reachable=True, last_message_id=last)
    return row


def member(member_id: int, *, name: str, username: str | None, session: Session) -> Member:
    """The member's row, made or refreshed."""
    row = session.get(Member, member_id)
    if row is None:
        row = Member(id=member_id, name=name, username=username)
        session.add(row)
    _set(row, name=name, username=username)
    return row


def _set(row: Chat | Member, **values: object) -> None:
    # What stays the same is not touched: else the session takes the row for changed.
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def name_of(member_id: int, *, session: Session) -> str:
    """What to call a member."""
    row = session.get(Member, member_id)
    return row.name if row else "someone"


def unreachable(chat_id: int, *, session: Session) -> None:
    """Telegram says that the bot may not write there any more."""
    row = session.get(Chat, chat_id)
    if row is not None:
        row.reachable = False


def now_at(chat_id: int, *, session: Session) -> int:
    """The chat's present id: a link to a group outlives its growing."""
    moved = session.get(Moved, chat_id)
    return moved.new_id if moved else chat_id


def migrate(old: int, new: int, *, session: Session) -> None:
    """A group became a supergroup: everything of the old id moves to the new one."""
    session.merge(Moved(old_id=old, new_id=new))
    was = session.get(Chat, old)
    is_new = session.get(Chat, new)
    if is_new is None:
        is_new = Chat(id=new, type="supergroup", title=was.title if was else "")
        session.add(is_new)
        session.flush()
    if was is not None:
        is_new.project_id = is_new.project_id or was.project_id
        session.delete(was)
    columns: list[Any] = [Project, Sheet, Drawing, Upload, Job, Round, Bulk, EditorTask]
    columns += [Shelf, Schedule]
    for table in columns:
        session.execute(update(table).where(col(table.chat_id) == old).values(chat_id=new))
    session.exec(
        delete(Message).where(
            col(Message.chat_id) == old, col(Message.key).startswith(outbox.RETIRED)
        )
    )
    # Messages of the old chat cannot be edited from the new one: those still wanted are sent anew.
    session.execute(
        update(Message)
        .where(col(Message.chat_id) == old)
        .values(chat_id=new, message_id=None, sent={})
    )
