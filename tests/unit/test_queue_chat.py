"""`/queue` in a chat: what it shows, what its buttons do, and for whom."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session

from bot.groups import Groups
from bot.handlers import queue
from bot.services import Services
from bot.turn import Turn
from pipeline.errors import UserError
from storage import chats, jobs, outbox
from storage.models import Job, Message
from tests.support.project import ANN, BEN, make_project, open_database

OWNER = 99
OTHER = -200
TAPPED = 5


class Listener:
    """Keeps which jobs it was told to be cancelled."""

    def __init__(self) -> None:
        self.told: list[int | None] = []

    def cancelled(self, job: Job, *, session: Session) -> None:
        """See pipeline.jobs.listener.Listener."""
        self.told.append(job.id)


Make = Callable[..., Turn]


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Make]:
    """Makes turns of Ann or others in Ann's private chat, which has a project."""
    db = open_database(tmp_path)
    listener = Listener()
    with Session(db.engine) as session:
        make_project(session, chat_id=ANN)
        for who in (ANN, BEN, OWNER):
            chats.member(who, name=f"M{who}", username=None, session=session)
        session.flush()

        def make(who: int = ANN, chat: int = ANN) -> Turn:
            parts = SimpleNamespace(
                settings=SimpleNamespace(owner_ids=frozenset({OWNER}), executor="local"),
                groups=Groups(),
                listener=listener,
            )
            row = chats.chat(chat, type_="private", session=session)
            member = chats.member(who, name=f"M{who}", username=None, session=session)
            session.flush()
            if outbox.find(chat, TAPPED, session=session) is None:
                session.add(Message(key=f"queue:{chat}", chat_id=chat, message_id=TAPPED))
            return Turn(session, cast(Services, parts), "tap:1", row, member, None, tapped=TAPPED)

        yield make
    db.close()


def add(turn: Turn, chat: int = ANN, state: str = "queued") -> int:
    """A training's number."""
    job = jobs.create(
        kind="train",
        project_id=turn.project.id if chat == ANN else None,
        chat_id=chat,
        member_id=ANN if chat == ANN else BEN,
        request={"dataset_id": 0},
        session=turn.session,
    )
    job.state = state
    turn.session.flush()
    assert job.id is not None
    return job.id


def shown(turn: Turn) -> tuple[str, list[str]]:
    """What the message whose button was tapped shows now, and the data of its buttons."""
    row = outbox.find(turn.chat.id, TAPPED, session=turn.session)
    assert row is not None
    wish: dict[str, Any] = row.payload
    return wish["text"], [one["data"] for line in wish["keyboard"] for one in line]


def test_a_page_tells_places_and_nothing_of_others(turn: Make) -> None:
    """One's own jobs with their places; another chat's are a number."""
    here = turn()
    running, mine, other, last = (
        add(here, state="running"),
        add(here),
        add(here, OTHER),
        add(here),
    )
    assert queue.tap_queue(here, ["see", "0", "0"]) == ""
    text, data = shown(here)
    assert f"{running}. training – running" in text
    # The chat has one under way, so the other's turn is before its next.
    assert f"{mine}. training – ⏳ number 2 (1 of another chat before it)" in text
    assert f"{last}. training – ⏳ number 3" in text
    assert f"\n{other}. " not in text
    assert f"v1:q:up:{last}:0" in data
    assert f"v1:q:up:{mine}:0" not in data
    assert f"v1:q:stop:{running}:0" in data
    assert f"v1:q:hold:{running}:0" not in data


def test_held_sooner_on_and_stopped(turn: Make) -> None:
    """Each button does what it says, and the same message shows it."""
    here = turn()
    first, second = add(here), add(here)
    assert queue.tap_queue(here, ["up", str(second), "0"]).startswith("⬆")
    assert jobs.position(here.session.get_one(Job, second), session=here.session) == 1
    assert queue.tap_queue(here, ["hold", str(second), "0"]).startswith("⏸")
    assert "⏸ held" in shown(here)[0]
    assert jobs.position(here.session.get_one(Job, first), session=here.session) == 1
    with pytest.raises(UserError, match="is held"):
        queue.tap_queue(here, ["up", str(second), "0"])
    assert queue.tap_queue(here, ["go", str(second), "0"]).startswith("▶")
    assert queue.tap_queue(here, ["stop", str(second), "0"]) == "Stopping…"
    assert here.session.get_one(Job, second).state == "cancelled"
    assert f"{second}. " not in shown(here)[0]


def test_what_runs_cannot_be_held(turn: Make) -> None:
    """The refusal says what can be done."""
    here = turn()
    number = add(here, state="running")
    with pytest.raises(jobs.JobAtWork):
        queue.tap_queue(here, ["hold", str(number), "0"])
    with pytest.raises(UserError, match="waits no longer"):
        queue.tap_queue(here, ["up", str(number), "0"])


def test_another_chats_job_is_as_good_as_none(turn: Make) -> None:
    """Nobody moves what is not theirs; an owner may, and goes before all."""
    number = add(turn(), OTHER)
    add(turn(), -300)
    with pytest.raises(jobs.JobUnknown):
        queue.tap_queue(turn(), ["hold", str(number), "0"])
    owner = turn(OWNER, OWNER)
    queue.tap_queue(owner, ["up", str(number), "0", "all"])
    assert owner.session.get_one(Job, number).priority == 1
    assert f"{number}. training" in shown(owner)[0]
    with pytest.raises(UserError, match="Only who runs this bot"):
        queue.tap_queue(turn(), ["see", "0", "0", "all"])


def test_a_long_queue_has_pages(turn: Make) -> None:
    """Five a page, with buttons to turn; a page that is gone is the last one."""
    here = turn()
    numbers = [add(here) for _ in range(12)]
    queue.tap_queue(here, ["see", "0", "1"])
    text, data = shown(here)
    assert "12 jobs" in text
    assert [f"{number}. " in text for number in numbers] == [False] * 5 + [True] * 5 + [False] * 2
    assert {"v1:q:see:0:0", "v1:q:see:0:2"} <= set(data)
    queue.tap_queue(here, ["see", "0", "9"])
    assert f"{numbers[-1]}. " in shown(here)[0]
