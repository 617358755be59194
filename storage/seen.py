"""Updates already handled, so that one that Telegram repeats changes nothing."""

from datetime import timedelta

from sqlalchemy import DateTime, String, bindparam, exists, insert
from sqlalchemy import select as columns
from sqlmodel import Session, col, delete

from storage import quick
from storage.models import Seen, now

# Telegram keeps an update for 24 hours at most.
KEEP = timedelta(days=2)

# Written once: each tap runs it, and making a statement takes longer than running one.
_NEW = insert(Seen).from_select(
    ["key", "created_at"],
    columns(bindparam("new", type_=String()), bindparam("at", type_=DateTime())).where(
        ~exists().where(col(Seen.key) == bindparam("new"))
    ),
)


def first_time(key: str, *, session: Session) -> bool:
    """Whether `key` was never seen before; it is from now on, with this transaction."""
    return quick.run(_NEW, {"new": key, "at": now()}, session=session) == 1


def forget_old(*, session: Session) -> None:
    """Drop keys that can no longer come back."""
    session.exec(delete(Seen).where(col(Seen.created_at) < now() - KEEP))
