"""The outbox's rows over their life: what is swept, and what a message leaves behind."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from bot import housekeeping
from pipeline.kinds.places import Places
from storage import outbox
from storage.db import Database
from storage.models import now
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
