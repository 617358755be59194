"""Pictures of a page's visitors on their way to the next sheet."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.listener import JobListener
from bot.services import Services
from bot.settings import Settings
from bot.visitors import QUIET, REST, Visitors
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectResult, ImageItem
from pipeline.kinds import collect, visitors
from pipeline.kinds.arrivals import bring_in
from pipeline.kinds.places import Places
from pipeline.labelling import deal
from pipeline.labelling import sheets as labelling
from pipeline.labelling.deal import Hand
from storage import figures, hard_examples, images, looks, sheets, sources
from storage.db import Database
from storage.models import Box, HardExample, Image, Job, Message, Source, Upload, now
from tests.support.project import CHAT, make_image, make_source
from tests.support.shared_page import BOT_TOKEN, shared_model

CAT = {"label": "cat", "score": 0.7, "xyxy": [0.1, 0.2, 0.5, 0.6]}


class Way:
    """A project whose page has visitors."""

    def __init__(self, session: Session, db: Database, places: Places) -> None:
        self.session, self.places = session, places
        self.project, self.model = shared_model(session, places)
        self.services = Services(
            settings=Settings(token=BOT_TOKEN, home=places.home, _env_file=None),
            db=db,
            places=places,
            listener=None,  # the test plays the runner
        )
        self.listener = JobListener(places, "http://127.0.0.1:8765", "")
        session.commit()

    def send(self, number: int, *boxes: dict[str, Any], ago: timedelta = QUIET) -> None:
        """A picture came, some time ago."""
        key = self.places.files.put_bytes(bytes([number]), suffix=".jpg")
        hard_examples.add(
            self.model,
            key=key,
            sha256=Path(key).stem,
            seen={"boxes": list(boxes)},
            session=self.session,
        )
        newest = self.session.exec(select(HardExample).order_by(HardExample.id.desc())).first()
        newest.created_at -= ago
        self.session.add(newest)
        self.session.commit()

    def look(self) -> list[Job]:
        """The bot looks what came; the jobs of pictures from pages."""
        asyncio.run(Visitors(self.services).tick())
        self.session.expire_all()
        jobs = self.session.exec(select(Job).where(Job.kind == "collect")).all()
        return [job for job in jobs if (job.idempotency_key or "").startswith("visitors:")]

    def arrive(self, job: Job) -> Source:
        """The job kept every picture."""
        source = sources.get(job.request["source_id"], session=self.session)
        rows = hard_examples.of_source(source.id or 0, session=self.session)
        items = [
            ImageItem(
                key=row.key,
                sha256=row.sha256,
                name=f"{row.id}.jpg",
                width=640,
                height=480,
                phash=f"{row.id:016x}",
                group=f"v{row.id}",
            )
            for row in rows
        ]
        bring_in(items, source.id or 0, session=self.session)
        self._finish(job, kept=len(items))
        return source

    def _finish(self, job: Job, *, kept: int) -> None:
        result = CollectResult(title="2 files", items_file="items.jsonl", read=2, kept=kept)
        self.listener.finished(job, result, self.places.home, session=self.session)
        self.session.commit()

    def find_nothing_new(self, job: Job) -> None:
        """The job found that the project has them all."""
        self._finish(job, kept=0)

    def told(self) -> list[Message]:
        """What the chat was told."""
        return list(self.session.exec(select(Message)))

    def next(self, key: str = "r") -> Any:
        """What the next sheet asks."""
        hand = Hand(self.project, CHAT, 0, key=key)
        return deal.ask(hand, session=self.session)


@pytest.fixture
def way(session: Session, db: Database, places: Places) -> Way:
    """A project whose page has visitors."""
    return Way(session, db, places)


def test_a_burst_is_one_source_and_one_job(way: Way) -> None:
    """While more come it waits; then all go in together, by the way of photos from the chat."""
    way.send(1, CAT)
    way.send(2, ago=timedelta(0))
    assert way.look() == []
    way.send(3)
    [job] = way.look()
    spec = collect.prepare(job, way.places.home, way.places, session=way.session)
    assert [Path(file.path).read_bytes() for file in spec.files] == [b"\1", b"\2", b"\3"]
    assert job.chat_id == CHAT
    source = sources.get(job.request["source_id"], session=way.session)
    assert (source.kind, source.title) == (visitors.KIND, "from the page of v1")
    assert way.look() == [job]
    assert len(way.session.exec(select(Upload)).all()) == 3


def test_bursts_keep_a_distance(way: Way) -> None:
    """What comes within minutes of a burst is told later, together."""
    way.send(1)
    [first] = way.look()
    way.send(2)
    way.send(3)
    assert way.look() == [first]
    source = sources.get(first.request["source_id"], session=way.session)
    source.created_at -= REST
    way.session.add(source)
    way.session.commit()
    assert len(way.look()) == 2


def test_the_chat_hears_once_and_quietly(way: Way) -> None:
    """No card and no bar before; then one message with the way on and the way back."""
    way.send(1, CAT)
    way.send(2, CAT)
    [job] = way.look()
    way.listener.progressed(job, Progress(stage="fetch", done=0), session=way.session)
    assert way.told() == []
    source = way.arrive(job)
    [message] = way.told()
    said = message.payload
    assert "2 pictures from the page of v1, marked wrong by visitors" in said["text"]
    assert said["loud"] is False
    check, remove = said["keyboard"][0]
    assert check["data"].startswith("v1:label@")
    assert remove["data"] == f"v1:rm:{source.id}"
    assert source.title == "from the page of v1"


def test_what_the_project_knows_is_no_news(way: Way) -> None:
    """Nobody is told, and no empty source is left in the list."""
    way.send(1)
    [job] = way.look()
    way.find_nothing_new(job)
    assert way.told() == []
    source = sources.get(job.request["source_id"], session=way.session)
    assert source.state == "removed"


def other_guesses(way: Way, label: str = "cat", *, boxes: int = 3) -> None:
    """Pictures with many open guesses, ranked as high as a look ranks."""
    source = make_source(way.session, way.project, trust=None, labelled=False)
    for _ in range(4):
        image, _ = make_image(
            way.session,
            source,
            boxes=boxes,
            label=label,
            labelled=False,
            origin="model",
            proposed=True,
        )
        image.rank = 1.0
        way.session.add(image)
    way.session.commit()


def marked(way: Way, source: Source) -> list[Image]:
    """The images of a source."""
    return list(way.session.exec(select(Image).where(Image.source_id == source.id)))


def test_they_come_first_on_the_next_sheet(way: Way) -> None:
    """The boxes that the visitor saw, before all others of their class and of any other."""
    way.project.classes = ["cat", "dog"]
    way.session.add(way.project)
    other_guesses(way, "dog")
    other_guesses(way, "cat")
    before = way.next()
    assert before.label == "dog"
    way.send(1, CAT)
    [job] = way.look()
    source = way.arrive(job)
    [image] = marked(way, source)
    question = way.next()
    assert (question.kind, question.label, len(question.tiles)) == ("box", "cat", 9)
    first = way.session.get(Box, question.tiles[0])
    assert (first.image_id, first.origin, first.score) == (image.id, "model", 0.7)
    assert first.model_id == way.model.id


def test_what_was_dealt_ahead_is_dealt_anew(way: Way) -> None:
    """Else the next sheet would be the one that was painted before."""
    other_guesses(way)
    hand = Hand(way.project, CHAT, 0, key="r")
    ahead = deal.lay(hand, way.next(), ahead=True, session=way.session)
    way.send(1, CAT)
    [job] = way.look()
    way.arrive(job)
    assert sheets.waiting_behind("r", session=way.session) is None
    assert ahead.state == "aside"


def test_what_was_asked_before_they_came_is_not_dealt_ahead(way: Way) -> None:
    """The question takes longer than a transaction: they may come between it and its sheet."""
    other_guesses(way)
    sheet = deal.lay(Hand(way.project, CHAT, 0, key="r"), way.next(), session=way.session)
    sheet.state, sheet.shown_at = "open", now()
    way.session.commit()
    asked = labelling.ask_ahead(sheet.id or 0, session=way.session)
    assert asked is not None
    way.send(1, CAT)
    [job] = way.look()
    source = way.arrive(job)
    labelling.deal_ahead(sheet.id or 0, asked, session=way.session)
    assert sheets.waiting_behind("r", session=way.session) is None
    sheets.close(sheet, "closed", session=way.session)
    following = labelling.next_after(sheet, session=way.session)
    assert following is not None
    first = way.session.get_one(Box, following.tiles[0])
    assert [first.image_id] == [image.id for image in marked(way, source)]


def test_where_the_model_saw_nothing_people_are_asked_what_is_missing(way: Way) -> None:
    """As they are once its boxes are settled: an object was missed, or there is none."""
    other_guesses(way)
    way.send(1)
    [job] = way.look()
    source = way.arrive(job)
    [image] = marked(way, source)
    question = way.next()
    assert (question.kind, question.tiles) == ("image", [image.id])


def test_a_skipped_one_does_not_come_next(way: Way) -> None:
    """Who leaves it for later gets something else."""
    other_guesses(way)
    way.send(1)
    [job] = way.look()
    way.arrive(job)
    hand = Hand(way.project, CHAT, 0, key="r")
    sheet = deal.lay(hand, way.next(), session=way.session)
    sheets.close(sheet, "skipped", session=way.session)
    assert way.next().kind == "box"


def test_a_newer_look_does_not_take_it_back(way: Way) -> None:
    """Its guesses may replace the old ones, its rank may not."""
    way.send(1, CAT)
    [job] = way.look()
    [image] = marked(way, way.arrive(job))
    looks.keep({image.id or 0: 0.3}, looked=[], session=way.session)
    assert image.rank == images.MARKED


def test_removed_is_removed(way: Way) -> None:
    """↩ takes them out of every question; the same picture sent again does not bring it back."""
    way.send(1, CAT)
    [job] = way.look()
    source = way.arrive(job)
    sources.remove(source, session=way.session)
    way.session.commit()
    question = way.next()
    assert question is None or question.kind != "box"
    way.send(1, CAT)
    assert len(way.look()) == 1
    assert figures.right_by_class(way.project.id or 0, session=way.session)["cat"] == 24
