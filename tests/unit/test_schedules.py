"""Trainings that are set beforehand: once an occasion, whatever the clock and the bot do."""

from datetime import datetime, time, timedelta

import pytest
from sqlmodel import Session, col, select

from bot import timetable
from pipeline.errors import SpecError
from pipeline.kinds import scheduled, schedules, train
from pipeline.kinds.places import Places
from pipeline.kinds.scheduled import Cannot, Missed, Outcome, Queued
from pipeline.kinds.schedules import Terms
from storage import chats, jobs, settings
from storage import schedules as rows
from storage.models import Box, Job, Message, Project, Schedule, Source
from tests.support.project import ANN, CHAT, make_image, make_project, make_source

NOON = datetime(2026, 3, 27, 12)
QUICK = train.choose("quick")
NIGHTLY = Terms(rows.NIGHTLY, QUICK, hour=time(2))


def labelled(session: Session, count: int = 12, zone: str = "Europe/Berlin") -> Project:
    """A project with so many trusted pictures of two boxes each."""
    project = make_project(session, "cat")
    settings.change(project, zone=zone)
    more(session, make_source(session, project, trust="yes"), count)
    return project


def more(session: Session, source: Source, count: int = 1) -> None:
    """Labelled pictures come in."""
    for _ in range(count):
        make_image(session, source, boxes=2)


def put(session: Session, project: Project, terms: Terms, at: datetime = NOON) -> Schedule:
    """Set a schedule."""
    return schedules.put(project, terms, member_id=ANN, at=at, session=session)


def look(session: Session, places: Places, at: datetime) -> list[Outcome | None]:
    """One look at what is due, as the timetable has it."""
    return [
        scheduled.run(number, at, files=places.files, session=session)
        for number in scheduled.due(at, session=session)
    ]


def trainings(session: Session) -> list[Job]:
    """All train jobs, oldest first."""
    return list(session.exec(select(Job).where(Job.kind == "train").order_by(col(Job.id))))


def finish(session: Session) -> None:
    """Every training is over."""
    for job in trainings(session):
        job.state = "succeeded"
    session.flush()


def source_of(session: Session) -> Source:
    """The first source."""
    return session.exec(select(Source).order_by(col(Source.id))).first()  # type: ignore[return-value]  # there is one


def test_a_night_trains_once(session: Session, places: Places) -> None:
    """At two by the project's clock one training is queued; it is due again the next night."""
    schedule = put(session, labelled(session), NIGHTLY)
    assert schedule.next_at == datetime(2026, 3, 28, 1)
    assert look(session, places, datetime(2026, 3, 28, 0, 59)) == []
    [outcome] = look(session, places, datetime(2026, 3, 28, 1, 0, 20))
    assert isinstance(outcome, Queued)
    assert outcome.late is None
    assert outcome.job.request["schedule"] == schedule.id
    assert (outcome.job.chat_id, outcome.job.member_id) == (CHAT, ANN)
    assert look(session, places, datetime(2026, 3, 28, 1, 1)) == []
    # That night has no 2:00 to 3:00 in Berlin.
    assert schedule.next_at == datetime(2026, 3, 29, 1)


def test_an_autumn_night_trains_once(session: Session, places: Places) -> None:
    """An hour that comes twice trains once."""
    project = labelled(session)
    half_past = Terms(rows.NIGHTLY, QUICK, hour=time(2, 30))
    put(session, project, half_past, datetime(2026, 10, 24, 12))
    night = [datetime(2026, 10, 25) + timedelta(minutes=30 * number) for number in range(8)]
    queued = [outcome for at in night for outcome in look(session, places, at)]
    assert len(queued) == len(trainings(session)) == 1


@pytest.mark.parametrize("hours", [-30, -1, 1, 1000])
def test_a_clock_that_is_set_trains_nothing_twice(
    session: Session, places: Places, hours: int
) -> None:
    """Set back or forth and right again, each night has its training at most once, and goes on."""
    project = labelled(session, zone="Asia/Ho_Chi_Minh")
    schedule = put(session, project, NIGHTLY)
    start = datetime(2026, 3, 27, 19, 1)
    source = source_of(session)
    for at in (start, start + timedelta(hours=hours), start + timedelta(minutes=2)):
        look(session, places, at)
        look(session, places, at)
        finish(session)
        more(session, source)
    for night in range(1, 5):
        look(session, places, start + timedelta(days=night))
        finish(session)
        more(session, source)
    keys = [job.idempotency_key for job in trainings(session)]
    assert len(keys) == len(set(keys))
    assert {f"schedule:{schedule.id}:2026-03-{day}" for day in (28, 29, 30, 31)} <= set(keys)
    assert schedule.next_at == datetime(2026, 4, 1, 19)


@pytest.mark.parametrize("missed", [schedules.ONCE, schedules.SKIP])
def test_nights_while_the_bot_was_off(session: Session, places: Places, missed: str) -> None:
    """Five of them are made up for once, or left out; both is said."""
    project = labelled(session)
    schedule = put(session, project, Terms(rows.NIGHTLY, QUICK, hour=time(2), missed=missed))
    [outcome] = look(session, places, datetime(2026, 4, 2, 9))
    assert isinstance(outcome, Missed if missed == schedules.SKIP else Queued)
    assert len(trainings(session)) == (0 if missed == schedules.SKIP else 1)
    assert schedule.next_at == datetime(2026, 4, 3, 0)
    timetable.tell(outcome, session=session)
    told = session.exec(select(Message)).one().payload["text"]
    assert "Sat 02:00" in told
    assert ("is left out" if missed == schedules.SKIP else "⏰ scheduled: 🌙 every night") in told


def test_too_little_to_train_with_is_told_once(session: Session, places: Places) -> None:
    """Night after night the same is said once; after a training it would be news again."""
    project = make_project(session, "cat")
    put(session, project, NIGHTLY, NOON)
    nights = [NOON + timedelta(days=number) for number in range(1, 4)]
    outcomes = [outcome for at in nights for outcome in look(session, places, at)]
    assert isinstance(outcomes[0], Cannot)
    assert outcomes[1:] == [None, None]
    timetable.tell(outcomes[0], session=session)
    assert "Nothing is labelled yet" in session.exec(select(Message)).one().payload["text"]
    more(session, make_source(session, project, trust="yes"), 12)
    [outcome] = look(session, places, nights[-1] + timedelta(days=1))
    assert isinstance(outcome, Queued)
    assert "told" not in outcome.schedule.state


def test_what_it_should_begin_with_is_gone(
    session: Session, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A choice that makes no sense any more is told once, like too little data."""
    put(session, labelled(session), NIGHTLY)

    def refuse(*_: object, **__: object) -> Job:
        raise SpecError("There is no v3 to start from.")

    monkeypatch.setattr(train, "queue", refuse)
    nights = [NOON + timedelta(days=number) for number in (1, 2)]
    outcomes = [outcome for at in nights for outcome in look(session, places, at)]
    assert isinstance(outcomes[0], Cannot)
    assert outcomes[0].why == "There is no v3 to start from."
    assert outcomes[1] is None


def test_a_night_without_news_trains_nothing(session: Session, places: Places) -> None:
    """The same data and choice would make the same model; one that failed is tried again."""
    project = labelled(session)
    schedule = put(session, project, NIGHTLY)
    look(session, places, NOON + timedelta(days=1))
    finish(session)
    assert look(session, places, NOON + timedelta(days=2)) == [None]
    assert schedule.state["same"]
    trainings(session)[0].state = "failed"
    [outcome] = look(session, places, NOON + timedelta(days=3))
    assert isinstance(outcome, Queued)
    assert "same" not in schedule.state


def test_another_clock_moves_the_nights(session: Session) -> None:
    """Who chooses a zone hears when it is night there."""
    project = labelled(session)
    schedule = put(session, project, NIGHTLY)
    settings.change(project, zone="Asia/Ho_Chi_Minh")
    schedules.set_clock(project, at=NOON, session=session)
    assert schedule.next_at == datetime(2026, 3, 27, 19)


def test_every_so_many_labels(session: Session, places: Places) -> None:
    """Labels count from the last training, whoever asked for it; one is not queued over another."""
    project = labelled(session)
    schedule = put(session, project, Terms(rows.LABELS, QUICK, every=10))
    source = source_of(session)
    more(session, source, 4)
    assert look(session, places, NOON) == []
    assert schedules.progress(schedule, session=session) == 8
    more(session, source, 1)
    [outcome] = look(session, places, NOON)
    assert isinstance(outcome, Queued)
    more(session, source, 6)
    assert look(session, places, NOON) == []
    finish(session)
    [outcome] = look(session, places, NOON)
    assert isinstance(outcome, Queued)
    finish(session)
    more(session, source, 4)
    jobs.create(
        kind="train",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"dataset_id": 1},
        session=session,
    )
    assert look(session, places, NOON) == [None]
    assert schedules.progress(schedule, session=session) == 0
    assert len(trainings(session)) == 3


def test_a_sources_news(session: Session, places: Places) -> None:
    """New pictures of that source train once nine in ten of them are labelled."""
    project = labelled(session)
    source = make_source(session, project, trust="no")
    put(session, project, Terms(rows.SOURCE, QUICK, source_id=source.id))
    assert look(session, places, NOON) == []
    boxes: list[Box] = []
    for _ in range(4):
        image, rows_ = make_image(session, source, boxes=1)
        image.answer = "complete"
        boxes += rows_
    more(session, source_of(session), 3)
    for box in boxes:
        session.flush()
        assert look(session, places, NOON) == []
        box.verdict = "right"
    session.flush()
    [outcome] = look(session, places, NOON)
    assert isinstance(outcome, Queued)
    finish(session)
    assert look(session, places, NOON) == []


def test_one_schedule_an_occasion(session: Session) -> None:
    """A new night takes the place of the old one, and leaves the others."""
    project = labelled(session)
    old = put(session, project, NIGHTLY)
    put(session, project, Terms(rows.LABELS, QUICK, every=100))
    new = put(session, project, Terms(rows.NIGHTLY, QUICK, hour=time(4)))
    active = rows.of_project(project.id or 0, session=session)
    assert [one.trigger for one in active] == [rows.LABELS, rows.NIGHTLY]
    assert new in active
    assert not old.active


def test_a_group_that_grows_keeps_its_schedule(session: Session, places: Places) -> None:
    """A supergroup has another id; a chat that cannot be told is not trained for."""
    schedule = put(session, labelled(session), NIGHTLY)
    chats.migrate(CHAT, -200, session=session)
    assert schedule.chat_id == -200
    chats.unreachable(-200, session=session)
    session.flush()
    assert look(session, places, NOON + timedelta(days=1)) == []


def test_a_choice_of_a_later_release(session: Session) -> None:
    """Words that this release does not know are passed by."""
    schedule = put(session, labelled(session), NIGHTLY)
    schedule.request = {**schedule.request, "train": {**schedule.request["train"], "lr": 1}}
    assert schedules.choice_of(schedule) == QUICK
