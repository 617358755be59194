"""What screening left out and a person may bring back, and the messages that show it."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.models import Dropped, Shelf, now

A_PAGE = 9


def there(source_id: int, shas: Sequence[str], *, session: Session) -> set[str]:
    """Which of these digests the source has among its dropped pictures."""
    query = select(Dropped.sha256).where(
        Dropped.source_id == source_id, col(Dropped.sha256).in_(shas)
    )
    return set(session.exec(query))


def counts(source_id: int, *, session: Session) -> Counter[str]:
    """How many lie on the source's shelf, by reason, the most first."""
    query = (
        columns(col(Dropped.reason), func.count())
        .where(col(Dropped.source_id) == source_id, col(Dropped.image_id).is_(None))
        .group_by(col(Dropped.reason))
        .order_by(func.count().desc(), col(Dropped.reason))
    )
    return Counter({reason: number for reason, number in session.execute(query)})


def brought_back(source_id: int, *, session: Session) -> int:
    """How many pictures of the source came back."""
    query = select(func.count()).select_from(Dropped)
    return session.exec(
        query.where(Dropped.source_id == source_id, col(Dropped.image_id).is_not(None))
    ).one()


def page(source_id: int, reason: str, number: int, *, session: Session) -> list[Dropped]:
    """The pictures of a page, in the order in which they came."""
    query = _waiting(source_id, reason).offset(number * A_PAGE).limit(A_PAGE)
    return list(session.exec(query))


def of_reason(source_id: int, reason: str, *, limit: int, session: Session) -> list[Dropped]:
    """The first of what lies on the shelf for a reason."""
    return list(session.exec(_waiting(source_id, reason).limit(limit)))


def get(dropped_id: int, *, session: Session) -> Dropped:
    """The dropped picture.

    Raises:
        LookupError: there is none with this id.
    """
    row = session.get(Dropped, dropped_id)
    if row is None:
        raise LookupError(dropped_id)
    return row


def shelf(shelf_id: int, *, session: Session) -> Shelf:
    """The message that shows a source's dropped pictures.

    Raises:
        LookupError: there is none with this id.
    """
    row = session.get(Shelf, shelf_id)
    if row is None:
        raise LookupError(shelf_id)
    return row


def shelf_of(source_id: int, chat_id: int, *, session: Session) -> Shelf | None:
    """The message about a source in a chat, if there is one."""
    query = select(Shelf).where(Shelf.source_id == source_id, Shelf.chat_id == chat_id)
    return session.exec(query.order_by(col(Shelf.id).desc())).first()


def turn_to(
    source_id: int,
    reason: str,
    number: int,
    *,
    project_id: int,
    chat_id: int,
    session: Session,
) -> Shelf:
    """Have a page painted for a chat, in its message about the source."""
    row = shelf_of(source_id, chat_id, session=session)
    if row is None:
        row = Shelf(project_id=project_id, source_id=source_id, chat_id=chat_id, reason=reason)
    row.reason, row.page, row.painted, row.changed_at = reason, number, False, now()
    session.add(row)
    session.flush()
    return row


def to_paint(*, session: Session) -> Shelf | None:
    """The message that waits longest for its picture."""
    query = select(Shelf).where(col(Shelf.painted).is_(False)).order_by(col(Shelf.changed_at))
    return session.exec(query).first()


def _waiting(source_id: int, reason: str) -> SelectOfScalar[Dropped]:
    return (
        select(Dropped)
        .where(
            Dropped.source_id == source_id,
            Dropped.reason == reason,
            col(Dropped.image_id).is_(None),
        )
        .order_by(col(Dropped.id))
    )
