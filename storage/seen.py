"""Updates already handled, so that one that Telegram repeats changes nothing."""

from datetime import timedelta

from sqlmodel import Session, col, delete

from storage.models import Seen, now

# Telegram keeps an update for 24 hours at most.
KEEP = timedelta(days=2)


def first_time(key: str, *, session: Session) -> bool:
    """Whether `key` was never seen before; it is from now on, with this transaction."""
    if session.get(Seen, key) is not None:
        return False
    session.add(Seen(key=key))
    session.flush()
    return True


def forget_old(*, session: Session) -> None:
    """Drop keys that can no longer come back."""
    session.exec(delete(Seen).where(col(Seen.created_at) < now() - KEEP))
