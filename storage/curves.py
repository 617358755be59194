"""Curves that somebody asked to see, until they are drawn."""

from sqlmodel import Session, col, select

from storage.models import Setting, now

PREFIX = "curve:"


def want(job_id: int, chat_id: int, *, session: Session) -> None:
    """A chat asks for the curve of a job, as it is now."""
    session.merge(
        Setting(
            key=f"{PREFIX}{job_id}:{chat_id}",
            value={"job": job_id, "chat": chat_id, "at": now().isoformat()},
        )
    )


def wanted(*, session: Session) -> tuple[int, int] | None:
    """The job and the chat of a curve to draw, if there is one."""
    row = first(PREFIX, session=session)
    return (row.value["job"], row.value["chat"]) if row is not None else None


def first(prefix: str, *, session: Session) -> Setting | None:
    """The first row whose key begins so; `prefix` ends with a colon."""
    # A range of the primary key: this is asked every second.
    query = select(Setting).where(
        col(Setting.key) > prefix, col(Setting.key) < prefix.replace(":", ";")
    )
    return session.exec(query.limit(1)).first()


def drawn(job_id: int, chat_id: int, *, session: Session) -> None:
    """It is drawn, or cannot be."""
    row = session.get(Setting, f"{PREFIX}{job_id}:{chat_id}")
    if row is not None:
        session.delete(row)
