"""What is swept once a day: attempts, checkpoints, inbox files, scripts, rows nothing needs."""

import shutil
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from pipeline.kinds import pages
from pipeline.kinds.places import Places
from storage import editor, jobs, outbox, seen
from storage.db import Database
from storage.models import Job, Upload, now

KEEP = timedelta(days=7)
"""Long enough to look into what went wrong: the log of an attempt lies in its folder."""


def sweep(db: Database, places: Places) -> int:
    """Remove what is over for a week; returns how many folders went. Blocks: run it in a thread."""
    db.write_now(_forget)
    pages.sweep(places.pages)
    old = db.read_now(_over)
    # A training that is over goes on from nowhere, and a large model's checkpoints are gigabytes.
    for job_id in db.read_now(_trained):
        for folder in (places.jobs / str(job_id)).glob("*/checkpoint/"):
            shutil.rmtree(folder)
    folders = [folder for name, ids in old.items() for folder in _folders(places, name, ids)]
    for folder in folders:
        shutil.rmtree(folder)
    return len(folders)


def _forget(session: Session) -> None:
    seen.forget_old(session=session)
    outbox.forget_old(session=session)
    editor.forget_old(session=session)


def _trained(session: Session) -> list[int]:
    query = select(Job.id).where(Job.kind == "train", col(Job.state).in_(jobs.TERMINAL))
    return [i for i in session.exec(query) if i]


def _over(session: Session) -> dict[str, list[int]]:
    before = now() - KEEP
    ended = session.exec(
        select(Job.id).where(col(Job.state).in_(jobs.TERMINAL), col(Job.finished_at) < before)
    )
    # A source's files are needed until its collecting is over; by then they are in the store.
    taken = session.exec(
        select(Upload.id).where(col(Upload.done).is_(True), col(Upload.created_at) < before)
    )
    return {"jobs": [i for i in ended if i], "inbox": [i for i in taken if i]}


def _folders(places: Places, name: str, ids: list[int]) -> list[Path]:
    root = places.jobs if name == "jobs" else places.inbox
    return [root / str(i) for i in ids if (root / str(i)).is_dir()]
