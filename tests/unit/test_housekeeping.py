"""What the daily sweep takes, and what it leaves."""

from pathlib import Path

import pytest
from sqlmodel import Session

from bot import housekeeping
from pipeline.kinds.places import Places
from storage.db import Database
from storage.models import Job, now


@pytest.mark.parametrize(("state", "stays"), [("succeeded", False), ("retry_wait", True)])
def test_checkpoints_go_with_their_training(
    db: Database, places: Places, state: str, stays: bool
) -> None:
    """One that is over needs none of its attempts' checkpoints; its log stays for a week."""

    def fill(session: Session) -> int:
        job = Job(chat_id=1, member_id=1, kind="train", state=state, finished_at=now())
        session.add(job)
        session.flush()
        assert job.id is not None
        return job.id

    attempts: Path = places.jobs / str(db.write_now(fill))
    for attempt in ("1", "2"):
        (attempts / attempt / "checkpoint/7").mkdir(parents=True)
        (attempts / attempt / "log.txt").write_text("x")
    housekeeping.sweep(db, places)
    assert len(list(attempts.glob("*/checkpoint"))) == (2 if stays else 0)
    assert len(list(attempts.glob("*/log.txt"))) == 2
