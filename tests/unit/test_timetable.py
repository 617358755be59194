"""What looks at schedules and curves while the bot runs, and goes on after it was ended."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select

from bot import charts
from bot.listener import JobListener
from bot.painter import Painter
from bot.services import Services
from bot.settings import Settings
from bot.timetable import Timetable
from pipeline.kinds import scheduled, schedules, train
from pipeline.kinds.places import Places
from pipeline.kinds.schedules import Terms
from pipeline.pool import PicturePool
from storage import outbox, registry
from storage import schedules as rows
from storage.db import Database
from storage.models import DatasetVersion, Job, Message, Model, Project, Setting, now
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


@pytest.fixture
def services(db: Database, places: Places, tmp_path: Path) -> Services:
    """The running parts around a database, without anything that waits for rows."""
    token = SecretStr("123456:a_token_of_the_right_length_x")
    return Services(
        settings=Settings(token=token, home=tmp_path),
        db=db,
        places=places,
        listener=JobListener(places, "http://127.0.0.1:1", ""),
    )


def due_now(session: Session) -> Project:
    """A project whose night came just now."""
    project = make_project(session, "cat")
    terms = Terms(rows.NIGHTLY, train.choose("quick"), hour=time(2))
    schedule = schedules.put(project, terms, member_id=ANN, at=now(), session=session)
    schedule.next_at = now() - timedelta(seconds=5)
    return project


async def test_what_is_due_is_queued_and_told(services: Services, db: Database) -> None:
    """One look queues the training with its card; the next finds nothing to do."""
    with Session(db.engine) as session:
        source = make_source(session, due_now(session), trust="yes")
        for _ in range(12):
            make_image(session, source, boxes=2)
        session.commit()
    for _ in range(2):
        await Timetable(services).tick()
    with Session(db.engine) as session:
        [job] = session.exec(select(Job)).all()
        [card] = session.exec(select(Message)).all()
        assert (job.kind, card.key, card.chat_id) == ("train", f"job:{job.id}", CHAT)
        assert "⏰ scheduled: 🌙 every night at 02:00" in card.payload["text"]


async def test_one_schedule_that_breaks_holds_back_no_other(
    services: Services, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is logged, and tried again; the schedule behind it has its turn."""
    with Session(db.engine) as session:
        due_now(session)
        due_now(session)
        session.commit()
    looked: list[int] = []
    run = scheduled.run

    def broken(schedule_id: int, *arguments: Any, **named: Any) -> Any:
        looked.append(schedule_id)
        if schedule_id == 1:
            raise RuntimeError("broken")
        return run(schedule_id, *arguments, **named)

    monkeypatch.setattr(scheduled, "run", broken)
    await Timetable(services).tick()
    assert looked == [1, 2]
    with Session(db.engine) as session:
        [told] = session.exec(select(Message)).all()
        assert "Nothing is labelled yet" in told.payload["text"]
        assert scheduled.due(now(), session=session) == [1]


def two_models(session: Session) -> int:
    """A project with two models that could be judged."""
    project = make_project(session, "cat")
    assert project.id is not None
    session.add(DatasetVersion(project_id=project.id, number=1, digest="d", key="k"))
    for number in (1, 2):
        job = Job(project_id=project.id, chat_id=CHAT, member_id=ANN, kind="train")
        session.add(job)
        session.flush()
        figures = {"part": "val", "images": 9, "boxes": 20, "precision": 0.5, "recall": 0.5}
        session.add(
            Model(
                project_id=project.id,
                number=number,
                job_id=job.id or 0,
                dataset_id=1,
                architecture="yolov8n",
                imgsz=320,
                weights_key="w",
                metrics={"val": {**figures, "map50": 0.3 * number, "map50_95": 0.2 * number}},
                page_token=str(number),
            )
        )
    charts.ask(project.id, CHAT, "msg:1", session=session)
    session.commit()
    return project.id


async def test_a_curve_that_was_asked_for_comes_once(services: Services, db: Database) -> None:
    """The wish is a row: whoever ends the bot before it was painted gets it from the next."""
    with Session(db.engine) as session:
        project_id = two_models(session)
        assert registry.current(project_id, session=session) is not None
    pool = PicturePool()
    try:
        for _ in range(2):
            await Painter(services, pool).paint()
    finally:
        await pool.close()
    with Session(db.engine) as session:
        row = outbox.get("chart:msg:1", session=session)
        assert row is not None
        assert row.payload["kind"] == "photo"
        picture = services.places.files.read(row.payload["file"])
        assert picture.startswith(b"\x89PNG")
        left = select(Setting).where(col(Setting.key).startswith(charts.PREFIX))
        assert session.exec(left).all() == []
