"""Sources that are paused, fetched again, or fetched every night."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from bot.listener import JobListener
from bot.messages import sources as words
from pipeline import clock, dataset
from pipeline.jobs.spec_collect import CollectResult, ImageItem
from pipeline.kinds import collect, refresh
from pipeline.kinds.arrivals import bring_in
from pipeline.kinds.places import Places
from storage import chats, images, jobs, outbox, settings, sources
from storage.models import Chat, Image, Job, Message, Project, Source, Vote
from storage.progress import standing
from tests.support.project import ANN, CHAT, make_image, make_project, make_source

MOMENT = datetime(2026, 7, 1, 12)


def linked(session: Session, project: Project, **limits: float) -> Source:
    """A source behind a link, collected once."""
    source = make_source(session, project, trust="yes")
    source.kind, source.what = "link", "https://example.org/list"
    source.counts = {"kept": 5, "read": 7, "boxes": {"cat": 2}, "dropped": {"dark": 1}}
    job = jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"source_id": source.id, **limits},
        session=session,
    )
    job.state = "succeeded"
    session.flush()
    return source


def again(source: Source, session: Session, key: str = "1") -> Job:
    """A refresh that Ann asked for."""
    return refresh.queue(source, chat_id=CHAT, member_id=ANN, key=key, session=session)


def result(**changes: Any) -> CollectResult:
    """What a refresh found."""
    found = {"title": "other", "items_file": "items.jsonl", "read": 3, "kept": 1}
    return CollectResult.model_validate(found | changes)


def photo(number: int) -> ImageItem:
    """A picture that comes in."""
    return ImageItem(
        key=f"bb/{number}.jpg",
        sha256=f"{number:064x}",
        name="x.jpg",
        width=9,
        height=9,
        phash="0" * 16,
        group=f"source:1:again{number}",
    )


def test_a_paused_source_is_left_out_and_known(session: Session, places: Places) -> None:
    """Its pictures ask nothing and enter no version, but count as there; then all is as before."""
    project = make_project(session, "cat")
    kept, other = (make_source(session, project, trust="yes") for _ in range(2))
    for source in (kept, other):
        for _ in range(12):
            make_image(session, source, boxes=1)
    sources.pause(other, session=session)
    session.flush()
    assert len(standing(project.id or 0, session=session).ready) == 12
    version = dataset.build(project, files=places.files, session=session)
    assert version.summary["images"] == 12
    assert len(list(images.known(project.id or 0, session=session))) == 24
    assert other in sources.of_project(project.id or 0, session=session)
    sources.resume(other, session=session)
    session.flush()
    assert len(standing(project.id or 0, session=session).ready) == 24


def test_a_question_waits_while_its_source_is_paused(session: Session) -> None:
    """A source whose labels nobody answered for asks again when it goes on."""
    source = make_source(session, make_project(session), trust=None)
    sources.pause(source, session=session)
    sources.resume(source, session=session)
    assert source.state == "asking"


def test_a_refresh_is_as_wide_as_the_first_time(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """It keeps the limits that were asked for, and its groups are not those of the first time."""
    project = make_project(session, "cat")
    source = linked(session, project, every_s=5.0, max_images=40)
    job = again(source, session)
    spec = collect.prepare(job, tmp_path, places, session=session)
    assert (spec.every_s, spec.max_images, spec.what) == (5.0, 40, source.what)
    assert spec.group == f"source:{source.id}:again{job.id}"


def test_what_cannot_be_fetched_again_is_refused(session: Session) -> None:
    """Files sent into a chat, a paused source, and one that is coming just now."""
    project = make_project(session, "cat")
    with pytest.raises(refresh.CannotRefresh):
        again(make_source(session, project), session)
    source = linked(session, project)
    sources.pause(source, session=session)
    with pytest.raises(refresh.IsPaused):
        again(source, session)
    sources.resume(source, session=session)
    again(source, session)
    with pytest.raises(refresh.StillComing):
        again(source, session, key="2")


def test_news_is_added_up(session: Session) -> None:
    """Counts grow, the title stays, and what failed before is forgotten."""
    source = linked(session, make_project(session, "cat"))
    source.counts = {**source.counts, "trouble": "no"}
    job = again(source, session)
    found = result(boxes={"cat": 1, "dog": 1}, labelled=1, dropped={"duplicate": 2})
    refresh.keep(job, found, session=session)
    assert source.title == "a.zip"
    assert (source.counts["kept"], source.counts["read"]) == (6, 10)
    assert source.counts["boxes"] == {"cat": 3, "dog": 1}
    assert source.counts["dropped"] == {"dark": 1, "duplicate": 2}
    assert "trouble" not in source.counts
    assert source.state == "ready"


@pytest.mark.parametrize("state", ["paused", "removed"])
def test_what_was_taken_out_meanwhile_stays_out(session: Session, state: str) -> None:
    """Pausing or removing a source while it is fetched again holds."""
    source = linked(session, make_project(session, "cat"))
    job = again(source, session)
    source.state = state
    session.flush()
    bring_in([photo(1)], source.id or 0, session=session)
    refresh.keep(job, result(), session=session)
    assert source.state == state
    assert len(list(session.exec(select(Image)))) == (1 if state == "paused" else 0)


@pytest.mark.parametrize("trust", [None, "sample"])
def test_a_question_outlives_a_refresh(session: Session, trust: str | None) -> None:
    """Without news of labels a source waits for its trust answer, or has it, as before."""
    source = linked(session, make_project(session, "cat"))
    source.trust, source.state = trust, "ready" if trust else "asking"
    votes = len(session.exec(select(Vote)).all())
    refresh.keep(again(source, session), result(), session=session)
    assert (source.labelled, source.trust) == (True, trust)
    assert source.state == ("ready" if trust else "asking")
    assert len(session.exec(select(Vote)).all()) == votes


def test_a_link_that_means_several_things_by_now(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """The source stays as it is, and whoever asked hears how to choose."""
    source = linked(session, make_project(session, "cat"))
    before = dict(source.counts)
    listener = JobListener(places, "http://127.0.0.1:1", "")
    offered = result(kept=0, question="Which?", choices=[{"label": "2", "what": "roboflow:a/b/2"}])
    listener.finished(again(source, session), offered, tmp_path, session=session)
    assert source.state == "ready"
    assert source.counts == {**before, "trouble": words.SEVERAL}
    (text,) = told(session)
    assert "stays as it is" in text
    assert "add the link again" in text


def test_what_was_paused_comes_back_paused(session: Session) -> None:
    """A removal by mistake does not let left-out pictures in."""
    source = linked(session, make_project(session, "cat"))
    sources.pause(source, session=session)
    for _ in range(2):
        sources.remove(source, session=session)
        sources.put_back(source, session=session)
        assert source.state == "paused"
    sources.resume(source, session=session)
    sources.remove(source, session=session)
    sources.put_back(source, session=session)
    assert source.state == "ready"


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_every_night_is_three_oclock_there(zone: str, after: datetime) -> None:
    """The next night is later, at three by that clock, within a day and an hour."""
    night = refresh.next_night(zone, after)
    there = clock.local(night, zone)
    assert (there.hour, there.minute) == (3, 0)
    assert timedelta() < night - after <= timedelta(hours=25)


def test_missed_nights_are_made_up_for_once(session: Session) -> None:
    """After three days without the bot one refresh is queued, and the next is due next night."""
    project = make_project(session, "cat")
    settings.change(project, zone="Europe/Berlin")
    source = linked(session, project)
    source.nightly_at = MOMENT - timedelta(days=3)
    session.flush()
    [job] = refresh.queue_due(MOMENT, session=session)
    assert (job.chat_id, job.member_id) == (CHAT, source.created_by)
    assert refresh.by_night(job)
    assert refresh.queue_due(MOMENT, session=session) == []
    assert source.nightly_at == datetime(2026, 7, 2, 1)


def test_a_night_passes_by_what_cannot_be_told_or_is_coming(session: Session) -> None:
    """Paused sources, chats that left the bot, and a refresh that runs already."""
    project = make_project(session, "cat")
    source = linked(session, project)
    source.nightly_at = MOMENT - timedelta(hours=1)
    sources.pause(source, session=session)
    session.flush()
    assert refresh.queue_due(MOMENT, session=session) == []
    sources.resume(source, session=session)
    chat = session.get_one(Chat, CHAT)
    chat.reachable = False
    session.flush()
    assert refresh.queue_due(MOMENT, session=session) == []
    chat.reachable = True
    again(source, session)
    session.flush()
    assert refresh.queue_due(MOMENT, session=session) == []
    assert source.nightly_at > MOMENT


def test_another_clock_is_another_night(session: Session) -> None:
    """Where the project's zone changes, its sources are due by the new one."""
    project = make_project(session, "cat")
    source, other = linked(session, project), linked(session, project)
    refresh.switch_nights(source, on=True, session=session)
    settings.change(project, zone="Asia/Kolkata")
    refresh.set_clock(project, session=session)
    assert source.nightly_at is not None
    assert (source.nightly_at.hour, source.nightly_at.minute) == (21, 30)
    assert other.nightly_at is None


def told(session: Session) -> list[str]:
    """Every text in the outbox, oldest first."""
    return [row.payload["text"] for row in session.exec(select(Message).order_by(Message.id))]  # type: ignore[arg-type]  # a column


def test_a_night_without_news_is_silent(session: Session, places: Places, tmp_path: Path) -> None:
    """Nothing is said of it; who asked by hand hears that there is nothing."""
    project = make_project(session, "cat")
    chats.member(ANN, name="Ann", username=None, session=session)
    source = linked(session, project)
    listener = JobListener(places, "http://127.0.0.1:1", "")
    source.nightly_at = MOMENT
    session.flush()
    [job] = refresh.queue_due(MOMENT, session=session)
    listener.finished(job, result(kept=0), tmp_path, session=session)
    assert told(session) == []
    job.state = "succeeded"
    session.flush()
    asked = again(source, session)
    listener.finished(asked, result(kept=0), tmp_path, session=session)
    assert [("nothing new" in text) for text in told(session)] == [True]


def test_the_same_trouble_is_told_once(session: Session, places: Places, tmp_path: Path) -> None:
    """A link that is gone fails every night: the chat hears of it once, and loses nothing."""
    source = linked(session, make_project(session, "cat"))
    listener = JobListener(places, "http://127.0.0.1:1", "")
    for night in range(3):
        source.nightly_at = MOMENT + timedelta(days=night)
        session.flush()
        [job] = refresh.queue_due(MOMENT + timedelta(days=night, hours=1), session=session)
        job.state, job.error = "failed", "The server answered 404: try again later."
        session.flush()
        listener.failed(job, session=session)
    assert len(told(session)) == 1
    assert "stays as it is" in told(session)[0]
    assert source.state == "ready"
    assert outbox.get(f"source:{source.id}", session=session) is None
