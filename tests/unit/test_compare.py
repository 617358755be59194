"""`/compare 2 3`: what is compared, by which pictures, and how it is told."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image
from sqlmodel import Session, col, select

from bot import comparing
from bot.listener import JobListener
from bot.services import Services
from bot.turn import Turn
from pipeline import dataset
from pipeline.errors import UserError
from pipeline.jobs.spec import ClassFigures, CompareResult, CompareSpec, Figures
from pipeline.kinds import compare
from pipeline.kinds.places import Places
from pipeline.worker import differ, errs
from pipeline.worker.data import Manifest, ManifestImage, Materialised
from storage import chats, jobs
from storage.models import DatasetVersion, Job, Message, Model, Project
from tests.support.project import ANN, CHAT, make_image, make_source
from tests.support.training import labelled_project, make_model

LEFT, RIGHT = (0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.9, 0.9)


@pytest.fixture
def project(session: Session, places: Places) -> Project:
    """Three versions: the third on more data than the others."""
    project = labelled_project(session, 24, boxes=2)
    old = dataset.build(project, files=places.files, session=session)
    for number in (1, 2):
        make_model(session, project, old, number).details = {"classes": ["cat"]}
    source = make_source(session, project, trust="yes")
    for _ in range(12):
        make_image(session, source, boxes=2)
    new = dataset.build(project, files=places.files, session=session)
    make_model(session, project, new, 3, imgsz=640).details = {"classes": ["cat"]}
    session.flush()
    return project


def turn(session: Session, project: Project, key: str = "msg:1") -> Turn:
    """Ann's turn in the project's group."""
    chat = chats.chat(CHAT, type_="group", title="Cats", session=session)
    chat.project_id = project.id
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    return Turn(
        session,
        cast(Services, SimpleNamespace(settings=SimpleNamespace(owner_ids=frozenset()))),
        key,
        chat,
        member,
        50,
    )


def told(session: Session) -> list[dict[str, Any]]:
    """What the outbox wishes, in order."""
    return [row.payload for row in session.exec(select(Message).order_by(col(Message.id)))]


def numbered(session: Session, number: int) -> Model:
    """The version with this number."""
    return session.exec(select(Model).where(Model.number == number)).one()


def comparison(session: Session) -> Job:
    """The one comparison in the queue."""
    (job,) = [p.job for p in jobs.queue(session=session) if p.job.kind == "compare"]
    return job


def figures(recall: float, map50_95: float, boxes: int = 56) -> Figures:
    """Figures on the part kept aside, of one class."""
    shares = {"precision": 0.8, "recall": recall, "map50": 0.9, "map50_95": map50_95}
    row = ClassFigures.model_validate({"label": "cat", "images": 28, "boxes": boxes, **shares})
    fields = {"part": "test", "images": 28, "boxes": boxes, "classes": [row], **shares}
    return Figures.model_validate(fields)


def result(*drawn: str, better: float = 0.6, boxes: int = 56) -> CompareResult:
    """v3 beside v2."""
    pair = (figures(0.7, 0.5, boxes), figures(0.9, better, boxes))
    return CompareResult(numbers=(2, 3), figures=pair, differing=9, drawn=list(drawn))


def test_both_are_judged_on_the_newer_test_part(
    session: Session, project: Project, places: Places, tmp_path: Path
) -> None:
    """In either order the older comes first, each at its own size, on pictures neither learned."""
    comparing.ask(turn(session, project), 3, 2)
    comparing.ask(turn(session, project, "msg:2"), 2, 3)
    job = comparison(session)
    spec = JobListener(places, "http://x", "").prepare(job, tmp_path, session=session)
    assert isinstance(spec, CompareSpec)
    assert [(one.number, one.imgsz) for one in spec.models] == [(2, 320), (3, 640)]
    newer = session.exec(select(DatasetVersion).where(DatasetVersion.number == 2)).one()
    assert spec.manifest == newer.key
    manifest = json.loads(places.files.read(newer.key))
    aside = [image["id"] for image in manifest["images"] if image["part"] == "test"]
    assert spec.pictures == aside
    assert job.request["left_out"] == 0


def test_a_picture_that_one_of_them_learned_from_is_left_out(
    session: Session, project: Project, places: Places, tmp_path: Path
) -> None:
    """A version that came from elsewhere may have trained on what is kept aside here."""
    newer = session.exec(select(DatasetVersion).where(DatasetVersion.number == 2)).one()
    manifest = json.loads(places.files.read(newer.key))
    aside = [image for image in manifest["images"] if image["part"] == "test"]
    older = session.exec(select(DatasetVersion).where(DatasetVersion.number == 1)).one()
    learned = json.loads(places.files.read(older.key))
    learned["images"] += [{**aside[0], "part": "train"}]
    older.key = places.files.put_bytes(json.dumps(learned).encode(), suffix=".json")
    comparing.ask(turn(session, project), 2, 3)
    job = comparison(session)
    spec = compare.prepare(job, tmp_path, places, session=session)
    assert spec.pictures == [image["id"] for image in aside[1:]]
    assert job.request["left_out"] == 1
    learned["images"] += [{**image, "part": "val"} for image in aside]
    older.key = places.files.put_bytes(json.dumps(learned).encode(), suffix=".json")
    with pytest.raises(compare.AllLearned):
        compare.prepare(job, tmp_path, places, session=session)


def test_what_cannot_be_compared_is_one_sentence(session: Session, project: Project) -> None:
    """The same one twice, unknown ones, other classes, nothing kept aside."""
    here = turn(session, project)
    with pytest.raises(UserError, match="Two different versions"):
        comparing.ask(here, 2, 2)
    with pytest.raises(UserError, match="There is no v9"):
        comparing.ask(here, 2, 9)
    numbered(session, 1).details = {"classes": ["cat", "dog"]}
    with pytest.raises(UserError, match="v1 and v3 find different classes"):
        comparing.ask(here, 3, 1)
    with pytest.raises(UserError, match="No other model finds the same classes as v1"):
        comparing.choose(here, 1)
    for version in session.exec(select(DatasetVersion)):
        parts = {**version.summary["parts"], "test": {"images": 0, "boxes": 0}}
        version.summary = {**version.summary, "parts": parts}
    with pytest.raises(compare.NothingAside):
        comparing.ask(here, 2, 3)
    assert not [p for p in jobs.queue(session=session) if p.job.kind == "compare"]


def test_pairs_are_offered(session: Session, project: Project) -> None:
    """Alone the one in use stands beside each other; with a number that one does."""
    comparing.choose(turn(session, project))
    texts = [button["text"] for button in told(session)[-1]["keyboard"][0]]
    assert texts == ["v2 ⚖ v3", "v1 ⚖ v3"]
    comparing.choose(turn(session, project, "msg:2"), 1)
    data = [button["data"] for button in told(session)[-1]["keyboard"][0]]
    assert data == [f"v1:cmp@{project.id}:1:3", f"v1:cmp@{project.id}:1:2"]


def test_a_single_model_has_nothing_beside_it(session: Session, places: Places) -> None:
    """What is missing is said."""
    project = labelled_project(session, 12)
    version = dataset.build(project, files=places.files, session=session)
    make_model(session, project, version, 1)
    with pytest.raises(UserError, match="only v1 so far: train another"):
        comparing.choose(turn(session, project))


def test_words_come_first_and_the_same_again_is_told_at_once(
    session: Session, project: Project, places: Places, tmp_path: Path
) -> None:
    """Figures in words, the album after them; asked again, it is told without a job."""
    comparing.ask(turn(session, project), 2, 3)
    job = comparison(session)
    listener = JobListener(places, "http://x", "")
    listener.prepare(job, tmp_path, session=session)
    found = result("aa/1.jpg", "aa/2.jpg")
    listener.finished(job, found, tmp_path, session=session)
    words, album = told(session)[-2:]
    first, *lines = words["text"].split("\n")
    assert first.endswith("v3 finds 9 of 10 cats, v2 7 of 10, on the same 28 pictures")
    assert "⚖ v3 is better than v2." in lines
    assert words["keyboard"][0][0]["text"] == "★ Use v2"
    assert (album["kind"], album["files"]) == ("album", ["aa/1.jpg", "aa/2.jpg"])
    assert "left v2, right v3" in album["text"]
    jobs.move(job, "leased", session=session)
    jobs.move(job, "running", session=session)
    job.result = found.model_dump(mode="json")
    jobs.move(job, "succeeded", session=session)
    comparing.ask(turn(session, project, "msg:9"), 3, 2)
    assert told(session)[-2:] == [words, album]
    assert not [p for p in jobs.queue(session=session) if p.job.kind == "compare"]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (result(better=0.51), "about as good"),
        (result(better=0.4), "v2 is better than v3"),
        (result(boxes=12), "too few to be sure"),
    ],
)
def test_chance_is_no_victory(
    session: Session, project: Project, places: Places, found: CompareResult, words: str
) -> None:
    """A small difference is none, and few boxes are said."""
    comparing.ask(turn(session, project), 2, 3)
    job = comparison(session)
    JobListener(places, "http://x", "").finished(job, found, Path(), session=session)
    assert words in told(session)[-1]["text"]


@pytest.mark.parametrize(("end", "words"), [("failed", "asked by Ann"), ("cancelled", "✖")])
def test_its_end_without_a_result(
    session: Session, project: Project, places: Places, end: str, words: str
) -> None:
    """The cause or the stop is told, with the same pair on the button."""
    comparing.ask(turn(session, project), 2, 3)
    getattr(JobListener(places, "http://x", ""), end)(comparison(session), session=session)
    wish = told(session)[-1]
    assert words in wish["text"]
    assert wish["keyboard"][0][0]["data"] == f"v1:cmp@{project.id}:2:3"


def seen(number: int, *places: tuple[float, float, float, float], index: int = 0) -> errs.Compared:
    """A picture with two objects, and a model that finds these."""
    rows = [[0, *LEFT], [0, *RIGHT]]
    image = {"id": number, "key": "a.jpg", "part": "test", "boxes": rows}
    found = [(index, 0.9, xyxy) for xyxy in places]
    return errs.compare(ManifestImage.model_validate(image), found)


def test_where_they_differ_most_comes_first(tmp_path: Path) -> None:
    """Different errors count, also where there are as many; equal ones do not."""
    one = [seen(1, LEFT), seen(2, LEFT), seen(3), seen(4, LEFT, RIGHT)]
    other = [seen(1, RIGHT), seen(2, LEFT), seen(3, LEFT, RIGHT, (0.4, 0.4, 0.5, 0.5)), seen(4)]
    found = differ.pairs(one, other)
    assert [(pair.image.id, pair.difference) for pair in found] == [(3, 3), (1, 2), (4, 2)]
    paths = {}
    for number in (1, 3, 4):
        paths[number] = tmp_path / f"{number}.jpg"
        Image.new("RGB", (300, 200), (40, 90, 60)).save(paths[number])
    manifest = Manifest(classes=["cat"], images=[pair.image for pair in found])
    data = Materialised(tmp_path / "data.yaml", manifest, paths)
    drawn = differ.draw_pairs(found, (2, 3), data, tmp_path)
    assert [path.name for path in drawn] == ["differ1.jpg", "differ2.jpg", "differ3.jpg"]
    with Image.open(drawn[0]) as picture:
        assert picture.width > 2 * picture.height > 0
