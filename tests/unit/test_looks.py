"""Looks of models at pictures: what is proposed, replaced, ranked and told."""

from typing import Any

import pytest
from sqlmodel import Session, col, select

from bot.listener import JobListener
from pipeline.jobs.spec import BoxItem, ProposedImage, ProposeResult
from pipeline.kinds import propose
from pipeline.kinds.places import Places
from pipeline.labelling import decide, drawings
from storage import jobs, outbox, sheets, votes
from storage.models import Box, DatasetVersion, Image, Job, Model, Project, Source
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """Cats are looked for."""
    return make_project(session, "cat")


@pytest.fixture
def source(session: Session, project: Project) -> Source:
    """A source without labels."""
    return make_source(session, project, labelled=False, trust=None)


def make_model(session: Session, project: Project, *, map50: float = 0.8) -> Model:
    """The project's next model."""
    number = len(session.exec(select(Model)).all()) + 1
    version = DatasetVersion(project_id=project.id or 0, number=number, digest="d", key="aa/d.json")
    session.add(version)
    session.flush()
    model = Model(
        project_id=project.id or 0,
        number=number,
        job_id=job(session, project, f"train {number}", kind="train").id or 0,
        dataset_id=version.id or 0,
        architecture="yolov8n",
        imgsz=320,
        weights_key="aa/w.pt",
        metrics={"val": {"map50": map50}},
        details={"classes": ["cat"]},
        page_token=str(number),
    )
    session.add(model)
    session.flush()
    return model


def job(
    session: Session, project: Project, key: str, *, kind: str = "propose", **request: Any
) -> Job:
    """A job of the project."""
    return jobs.create(
        kind=kind,
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request=request,
        idempotency_key=key,
        session=session,
    )


def saw(image: Image, *scores: float, rank: float = 0.5) -> ProposedImage:
    """What a model found on a picture."""
    boxes = [
        BoxItem(label="cat", xyxy=(0.1 * place, 0.1, 0.1 * place + 0.1, 0.4), score=score)
        for place, score in enumerate(scores)
    ]
    return ProposedImage(image_id=image.id or 0, boxes=boxes, rank=rank)


def shown(session: Session, project: Project) -> list[tuple[int, float | None]]:
    """Picture and score of every box that counts."""
    states = votes.box_states(project.id or 0, session=session)
    boxes = [session.get_one(Box, state.box_id) for state in states]
    return [(box.image_id, box.score) for box in boxes]


def bare(session: Session, source: Source) -> Image:
    """A picture that nobody and nothing has looked at."""
    return make_image(session, source, labelled=False)[0]


def test_a_rank_comes_with_the_look(session: Session, project: Project, source: Source) -> None:
    """A picture is ranked by the look that proposes its boxes; the others keep 0."""
    one, other = bare(session, source), bare(session, source)
    found = ProposeResult(images=[saw(one, 0.6, rank=0.73)])
    propose.keep(job(session, project, "a"), found, session=session)
    assert (one.rank, one.proposed, other.rank) == (0.73, True, 0.0)


def test_a_picture_quicker_drawn_than_checked_waits_for_a_hand(
    session: Session, project: Project, source: Source
) -> None:
    """A dozen bad guesses are not brought in, and no model looks twice at them for nothing."""
    image = bare(session, source)
    found = ProposeResult(images=[saw(image, *[0.15] * 9)])
    kept = propose.keep(job(session, project, "a"), found, session=session)
    assert (kept.boxes, kept.pictures, kept.by_hand) == (0, 0, 1)
    assert (image.proposed, image.rank) == (False, 0.5)
    more = propose.queue(project, chat_id=CHAT, member_id=ANN, after="x", session=session)
    assert more is None


def test_a_track_is_one_question(session: Session, project: Project, source: Source) -> None:
    """Guesses too bad to check one by one are checked where one answer settles ten frames."""
    images = [bare(session, source) for _ in range(10)]
    found = []
    for image in images:
        seen = saw(image, *[0.25] * 3)
        boxes = [box.model_copy(update={"track": 1 + n}) for n, box in enumerate(seen.boxes)]
        found.append(seen.model_copy(update={"boxes": boxes}))
    alone = saw(bare(session, source), *[0.25] * 3)
    result = ProposeResult(images=[*found, alone])
    kept = propose.keep(job(session, project, "a"), result, session=session)
    assert (kept.pictures, kept.by_hand) == (10, 1)


def test_a_poor_model_that_finds_nothing_says_nothing(
    session: Session, project: Project, source: Source
) -> None:
    """A picture is called empty by a fair model only; a poor one leaves it to people."""
    for map50, proposed in ((0.03, False), (0.6, True)):
        image, model = bare(session, source), make_model(session, project, map50=map50)
        look = job(session, project, f"look {map50}", model_id=model.id)
        propose.keep(look, ProposeResult(images=[saw(image)]), session=session)
        assert image.proposed is proposed


def test_a_newer_look_replaces_what_nobody_touched(
    session: Session, project: Project, source: Source
) -> None:
    """Guesses of the older model give way, except where somebody has answered or is being asked."""
    first = make_model(session, project)
    images = [bare(session, source) for _ in range(3)]
    old = ProposeResult(images=[saw(image, 0.3, 0.4, rank=0.2) for image in images])
    propose.keep(job(session, project, "v1", model_id=first.id), old, session=session)
    untouched, answered, asked = images
    of = {image.id: [] for image in images}
    for box in session.exec(select(Box)):
        of[box.image_id].append(box.id or 0)
    decide.vote(
        of[answered.id][:1],
        "right",
        kind="box",
        project_id=project.id or 0,
        member_id=ANN,
        session=session,
    )
    sheets.create(
        project_id=project.id or 0,
        chat_id=CHAT,
        member_id=0,
        kind="box",
        label="cat",
        tiles=of[asked.id],
        left=1,
        key="k",
        previous_id=None,
        session=session,
    )
    second = make_model(session, project)
    new = ProposeResult(images=[saw(image, 0.9, rank=0.8) for image in images])
    look = job(session, project, "v2", anew=True, model_id=second.id)
    kept = propose.keep(look, new, session=session)
    assert (kept.boxes, kept.pictures) == (1, 1)
    assert shown(session, project) == [
        (answered.id, 0.3),
        (answered.id, 0.4),
        (asked.id, 0.3),
        (asked.id, 0.4),
        (untouched.id, 0.9),
    ]
    assert [image.rank for image in images] == [0.8, 0.8, 0.8]
    newest = session.exec(select(Box).order_by(col(Box.id).desc())).first()
    assert newest is not None
    assert newest.model_id == second.id


def test_a_look_anew_passes_by_what_is_settled(
    session: Session, project: Project, source: Source, places: Places
) -> None:
    """What people called complete or incomplete is not looked at again."""
    images = [bare(session, source) for _ in range(3)]
    for image, answer in zip(images, ("complete", "incomplete"), strict=False):
        image.answer = answer
    session.flush()
    make_model(session, project)
    look = propose.queue_anew(project, chat_id=CHAT, member_id=ANN, after="m", session=session)
    assert look is not None
    spec = propose.prepare(look, places.home, places, session=session)
    assert [ref.image_id for ref in spec.pictures] == [images[2].id]


def test_a_look_goes_on_until_it_saw_everything(
    session: Session,
    project: Project,
    source: Source,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One job looks at so many pictures; the next goes on, and one message adds it all up."""
    monkeypatch.setattr(propose, "AT_ONCE", 2)
    images = [bare(session, source) for _ in range(5)]
    make_model(session, project)
    listener = JobListener(places, "http://127.0.0.1:8765", "")
    look = propose.queue_anew(project, chat_id=CHAT, member_id=ANN, after="m", session=session)
    seen = []
    while look is not None:
        spec: Any = listener.prepare(look, places.home, session=session)
        seen += [ref.image_id for ref in spec.pictures]
        found = [saw(session.get_one(Image, ref.image_id), 0.8) for ref in spec.pictures]
        listener.finished(look, ProposeResult(images=found), places.home, session=session)
        query = select(Job).where(Job.kind == "propose", col(Job.id) > look.id)
        look = session.exec(query).first()
    assert seen == [image.id for image in images]
    told = [outbox.get(f"look:{number}", session=session) for number in range(1, 9)]
    [message] = [row for row in told if row]
    assert "5 guesses by v1 to check in 5 pictures" in message.payload["text"]


def test_the_spec_says_what_is_known(
    session: Session, project: Project, source: Source, places: Places
) -> None:
    """A look is told the boxes there are of each class, and pictures that are labelled."""
    labelled, _ = make_image(session, make_source(session, project, trust="yes"), boxes=4)
    image = bare(session, source)
    model = make_model(session, project)
    look = job(session, project, "a")
    spec = propose.prepare(look, places.home, places, session=session)
    assert spec.have == {"cat": 4}
    assert [ref.image_id for ref in spec.known] == [labelled.id]
    assert [ref.image_id for ref in spec.pictures] == [image.id]
    assert look.request["model_id"] == model.id


def test_the_most_telling_picture_is_drawn_on_first(
    session: Session, project: Project, source: Source
) -> None:
    """Of the pictures that need a hand the one with the highest rank is asked for."""
    images = [bare(session, source) for _ in range(4)]
    images[2].rank, images[1].rank = 0.9, 0.4
    session.flush()
    asked = []
    for _ in images:
        drawing = drawings.ask(project_id=project.id or 0, chat_id=CHAT, session=session)
        assert drawing is not None
        asked.append(drawing.image_id)
    assert asked[:2] == [images[2].id, images[1].id]
    assert sorted(asked) == [image.id for image in images]
