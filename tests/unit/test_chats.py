"""Chats and the outbox's rows: who is meant, what moves along, what a wish becomes."""

import pytest
from sqlmodel import Session

from storage import chats, outbox, projects, seen
from storage.models import Chat, now
from tests.support.project import ANN, CHAT, make_project


def test_a_group_that_grows_keeps_everything(session: Session) -> None:
    """Project, choice of project and waiting messages move to the new id; twice is once."""
    project = make_project(session)
    outbox.put("card", CHAT, {"kind": "text"}, session=session)
    row = outbox.get("card", session=session)
    assert row is not None
    outbox.accepted(row.id or 0, version=1, sent={}, message_id=7, session=session)
    for _ in range(2):
        chats.migrate(CHAT, -1001, session=session)
        session.flush()
    session.expire_all()
    assert session.get(Chat, CHAT) is None
    current = projects.current(-1001, session=session)
    assert current is not None
    assert (current.id, current.chat_id) == (project.id, -1001)
    moved = outbox.get("card", session=session)
    assert moved is not None
    assert (moved.chat_id, moved.message_id) == (-1001, None)


def test_an_update_is_handled_once(session: Session) -> None:
    """A key is new the first time only."""
    assert seen.first_time("tap:1", session=session)
    assert not seen.first_time("tap:1", session=session)


def test_a_wish_that_changed_while_it_was_sent_waits_again(session: Session) -> None:
    """Accepting an older version leaves the newer one waiting."""
    row = outbox.put("card", CHAT, {"text": "one"}, session=session)
    outbox.put("card", CHAT, {"text": "two"}, session=session)
    outbox.accepted(row.id or 0, version=1, sent={"text": "one"}, message_id=5, session=session)
    session.flush()
    assert [waiting.key for waiting in outbox.due(CHAT, now(), limit=9, session=session)] == [
        "card"
    ]
    outbox.accepted(row.id or 0, version=2, sent={"text": "two"}, message_id=5, session=session)
    session.flush()
    assert outbox.due(CHAT, now(), limit=9, session=session) == []


def test_the_same_wish_again_is_nothing_to_do(session: Session) -> None:
    """Writing what is wished already costs no edit; a fresh one is sent anew."""
    row = outbox.put("card", CHAT, {"text": "one"}, session=session)
    outbox.accepted(row.id or 0, version=1, sent={"text": "one"}, message_id=5, session=session)
    outbox.put("card", CHAT, {"text": "one"}, session=session)
    assert row.state == "sent"
    outbox.put("card", CHAT, {"text": "one"}, fresh=True, session=session)
    assert (row.state, row.message_id) == ("waiting", None)


def test_urgent_messages_go_first(session: Session) -> None:
    """Answers before results before progress, each in order of writing."""
    for key, priority in (
        ("bar", outbox.PROGRESS),
        ("zip", outbox.RESULT),
        ("sheet", outbox.ANSWER),
        ("done", outbox.RESULT),
    ):
        outbox.put(key, CHAT, {}, priority=priority, session=session)
    order = [row.key for row in outbox.due(CHAT, now(), limit=9, session=session)]
    assert order == ["sheet", "zip", "done", "bar"]


def test_a_members_name_is_the_newest_one(session: Session) -> None:
    """Names are refreshed by what people send; an unknown member is someone."""
    chats.member(ANN, name="Ann", username=None, session=session)
    chats.member(ANN, name="Anna", username="anna", session=session)
    assert chats.name_of(ANN, session=session) == "Anna"
    assert chats.name_of(999, session=session) == "someone"


@pytest.mark.parametrize(
    ("name", "stem"),
    [("blood cells", "blood-cells"), ("../../etc", "etc"), ("Кошки", "Кошки"), ("🐈", "project")],
)
def test_a_projects_name_as_a_file(session: Session, name: str, stem: str) -> None:
    """Whatever a project is called, its files have a harmless name."""
    project = make_project(session)
    project.name = name
    assert projects.file_name(project) == stem
