"""`/export labels`: what goes out, and what the chat is told."""

from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import Session, col, select

from bot.handlers import export
from bot.listener import JobListener
from bot.messages import collect as collect_words
from bot.services import Services
from bot.turn import Turn
from pipeline import dataset
from pipeline.errors import UserError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectResult
from pipeline.jobs.spec_export import Archive, Bundle, LabelsResult
from pipeline.kinds import labels
from pipeline.kinds.places import Places
from pipeline.labelling import answers
from storage import chats, datasets
from storage.models import Box, Image, Job, Message, Project, now
from storage.progress import standing
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """Two finished pictures, one with a guess and one that nobody looked at."""
    project = make_project(session, "cat", "dog")
    done = make_source(session, project, trust="yes")
    for _ in range(2):
        make_image(session, done, boxes=2)
    raw = make_source(session, project, labelled=False)
    make_image(session, raw, boxes=1, labelled=False, origin="model")
    make_image(session, raw, labelled=False)
    return project


def test_what_is_ready_goes_out_with_its_right_boxes(session: Session, project: Project) -> None:
    """Right boxes with their ids, under names that begin with the pictures' ids."""
    wrong = session.exec(select(Box)).first()
    assert wrong is not None
    wrong.verdict = "wrong"
    bundle = labels.collect(project, tasks=False, session=session)
    assert [image.file for image in bundle.images] == ["000001-1.jpg", "000002-2.jpg"]
    ready = standing(project.id or 0, session=session).ready
    assert {image.id: [box.id for box in image.boxes] for image in bundle.images} == ready
    assert wrong.id not in [box.id for image in bundle.images for box in image.boxes]
    newest = session.exec(select(Box.id).order_by(col(Box.id).desc())).first()
    assert (bundle.classes, bundle.newest_box) == (["cat", "dog"], newest)
    assert [source["title"] for source in bundle.sources] == ["a.zip"]


def test_tasks_are_what_needs_hands(session: Session, project: Project) -> None:
    """Pictures that are not done, with the guesses so far and how sure the model is of them."""
    guess = session.exec(select(Box).where(Box.origin == "model")).one()
    guess.score = 0.4
    bundle = labels.collect(project, tasks=True, session=session)
    assert bundle.tasks
    found = [(image.id, [(box.id, box.score) for box in image.boxes]) for image in bundle.images]
    assert found == [(3, [(guess.id, 0.4)]), (4, [])]


def test_parts_stay_and_new_frames_join_the_next_one(session: Session) -> None:
    """A frame that came after the split goes where its nearest neighbour is, not into train."""
    project = make_project(session, "cat")
    source = make_source(session, project, trust="yes")
    parts: dict[float, str | None] = {0.0: "train", 1.0: None, 8.0: "val", 9.0: None}
    for seconds, part in parts.items():
        image, _ = make_image(session, source, boxes=1, seconds=seconds, group="film")
        image.part = part
    alone, _ = make_image(session, source, boxes=1)
    session.flush()
    bundle = labels.collect(project, tasks=False, session=session)
    assert [image.part for image in bundle.images] == ["train", "train", "val", "val", "train"]
    assert alone.part is None


def turn(session: Session, project: Project) -> Turn:
    """Ann's turn in the project's group."""
    chat = chats.chat(CHAT, type_="group", title="Cats", session=session)
    chat.project_id = project.id
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    return Turn(session, cast(Services, None), "msg:1", chat, member, 50)


def told(session: Session) -> list[dict[str, Any]]:
    """What the outbox wishes, in order."""
    return [row.payload for row in session.exec(select(Message).order_by(col(Message.id)))]


def buttons(wish: dict[str, Any]) -> dict[str, str]:
    """The buttons' words and data."""
    return {one["text"]: one["data"] for row in wish["keyboard"] for one in row}


def test_alone_it_shows_the_forms(session: Session, project: Project) -> None:
    """Six forms as buttons, and the way to the tasks and back."""
    export._export_labels(turn(session, project), [])
    (wish,) = told(session)
    assert "2 labelled pictures with 4 boxes" in wish["text"]
    assert len(buttons(wish)) == 7
    assert buttons(wish)["CVAT"] == f"v1:lx@{project.id}:cvat:all"
    assert buttons(wish)["📋 As tasks: 2 to label"] == f"v1:labels@{project.id}:tasks"
    export.tap_labels(turn(session, project), ["tasks"])
    assert "2 pictures that need hands" in told(session)[0]["text"]


@pytest.mark.parametrize(
    ("said", "form", "tasks"),
    [
        (["yolo"], "yolo", False),
        (["pascal", "voc"], "voc", False),
        (["label-studio", "tasks"], "labelstudio", True),
        (["tasks", "create", "ml"], "createml", True),
    ],
)
def test_a_form_can_be_named(
    session: Session, project: Project, said: list[str], form: str, tasks: bool
) -> None:
    """`/export labels FORMAT [tasks]` queues the job at once, however the form is spelled."""
    export._export_labels(turn(session, project), said)
    job = session.exec(select(Job)).one()
    assert (job.kind, job.request) == ("labels", {"form": form, "tasks": tasks})


def test_refusals_say_what_to_do(session: Session, project: Project) -> None:
    """Unknown forms and empty exports are told in a sentence."""
    with pytest.raises(UserError, match="voc, yolo, coco"):
        export._export_labels(turn(session, project), ["csv"])
    with pytest.raises(ValueError, match="csv"):
        export.tap_labels_form(turn(session, project), ["csv", "all"])
    empty = make_project(session, "cat", chat_id=-7)
    with pytest.raises(UserError, match="Nothing is labelled yet"):
        labels.queue(
            empty,
            "yolo",
            tasks=False,
            chat_id=CHAT,
            member_id=ANN,
            idempotency_key="1",
            session=session,
        )


@pytest.fixture
def listener(places: Places) -> JobListener:
    """The bot's side of jobs."""
    return JobListener(places, "http://127.0.0.1:8765", "")


def result(*sizes: int, **more: Any) -> LabelsResult:
    """An export of archives with these sizes."""
    archives = [
        Archive(key=f"aa/{n}.zip", name=f"c-{n}.zip", size_bytes=size, images=2, boxes=4)
        for n, size in enumerate(sizes, 1)
    ]
    return LabelsResult(form="yolo", archives=archives, **{"tasks": False, "pictures": True} | more)


def test_an_export_from_the_command_to_its_zips(
    session: Session, project: Project, listener: JobListener, tmp_path: Path
) -> None:
    """The bundle lies beside the spec, a bar tells how far it is, and each zip is a message."""
    export._export_labels(turn(session, project), ["yolo"])
    job = session.exec(select(Job)).one()
    spec = listener.prepare(job, tmp_path, session=session)
    assert spec.kind == "labels"
    assert (spec.form, spec.file_name) == ("yolo", "cats-yolo-labels")
    bundle = Bundle.model_validate_json((tmp_path / spec.bundle_file).read_text())
    assert len(bundle.images) == 2
    assert job.request["newest_box"] == bundle.newest_box
    listener.progressed(job, Progress(stage="write", done=1, total=2), session=session)
    assert "1 of 2" in told(session)[0]["text"]
    listener.finished(job, result(30_000_000, 2_000_000), tmp_path, session=session)
    packed, first, second = told(session)
    assert "4 labelled pictures with 8 boxes, as YOLO" in packed["text"]
    assert "2 zips, each complete in itself" in packed["text"]
    assert (first["kind"], first["file"], first["name"]) == ("document", "aa/1.zip", "c-1.zip")
    assert "2.0 MB" in second["text"]


def test_what_is_left_out_is_told(
    session: Session, project: Project, listener: JobListener, tmp_path: Path
) -> None:
    """Labels without pictures, lost pictures and a zip beyond Telegram's limit each have a word."""
    export._export_labels(turn(session, project), ["yolo"])
    job = session.exec(select(Job)).one()
    listener.finished(job, result(50_000_000, pictures=False), tmp_path, session=session)
    alone, large = told(session)
    assert "these are the labels alone" in alone["text"]
    assert (large["kind"], "can't send it" in large["text"]) == ("text", True)
    listener.finished(job, result(1, missing=3), tmp_path, session=session)
    assert "3 pictures are too large to send or lost" in told(session)[0]["text"]


def test_endings_of_an_export_offer_another_try(
    session: Session, project: Project, listener: JobListener
) -> None:
    """A failure names its cause and who asked; a stop is told; both have a button."""
    export._export_labels(turn(session, project), ["yolo", "tasks"])
    job = session.exec(select(Job)).one()
    job.error = "The disk is full."
    again = {"🔁 Try again": f"v1:lx@{project.id}:yolo:tasks"}
    for end, words in ((listener.failed, "asked by Ann): The disk"), (listener.cancelled, "✖")):
        end(job, session=session)
        assert words in told(session)[-1]["text"]
        assert buttons(told(session)[-1]) == again


def receipt(session: Session, project: Project, *boxes: Any) -> str:
    """What a receipt says of an answer for the first picture."""
    source = make_source(session, project, trust=None, labelled=False)
    image = session.exec(select(Image)).first()
    assert image is not None
    item = answers.AnswerItem(image_id=image.id or 0, boxes=list(boxes))
    answers.bring_in([item], source.id or 0, session=session)
    answers.count_unsettled(source, session=session)
    done = CollectResult(title="x", items_file="items.jsonl", read=1, kept=0, answered=1)
    state = standing(project.id or 0, session=session)
    wish = collect_words.receipt(project, source, done, state, montage=None, proposing=False)
    return str(wish["text"])


def test_a_receipt_says_what_came_back(session: Session, project: Project) -> None:
    """Nothing changed, or how many boxes are new, changed and gone."""
    same = labels.collect(project, tasks=False, session=session).images[0].boxes
    known = receipt(session, project, *same)
    assert "1 picture came back: all known already, nothing changed." in known
    assert "Nothing new here" not in known
    moved = same[0].model_copy(update={"xyxy": (0.5, 0.5, 0.7, 0.7), "id": None})
    assert "1 picture came back: 1 box new, 2 boxes gone." in receipt(session, project, moved)


def test_a_version_goes_out_as_it_was(session: Session, places: Places, tmp_path: Path) -> None:
    """Its pictures, parts, classes and boxes, whatever was labelled or renamed since."""
    project = make_project(session, "cat")
    source = make_source(session, project, trust="yes")
    for _ in range(12):
        make_image(session, source, boxes=2)
    version = dataset.build(project, files=places.files, session=session)
    manifest = datasets.read(version, files=places.files)
    version.created_at = now()
    project.classes = ["dog", "cat"]
    make_image(session, source, boxes=1)
    session.flush()
    job = labels.queue(
        project,
        "voc",
        tasks=False,
        chat_id=CHAT,
        member_id=ANN,
        idempotency_key="v",
        version=version,
        session=session,
    )
    spec = labels.prepare(job, tmp_path, places, session=session)
    assert spec.file_name == "cats-voc-data-v1"
    bundle = Bundle.model_validate_json((tmp_path / spec.bundle_file).read_text())
    assert bundle.classes == ["cat"]
    assert bundle.newest_box == job.request["newest_box"] == 24
    again = {
        "classes": bundle.classes,
        "images": [
            {
                "sha256": image.sha256,
                "part": image.part,
                "boxes": [[bundle.classes.index(box.label), *box.xyxy] for box in image.boxes],
            }
            for image in bundle.images
        ],
    }
    assert datasets.digest_of(again) == version.digest == datasets.digest_of(manifest)
    ids = [box.id for image in bundle.images for box in image.boxes]
    assert sorted(ids) == list(range(1, 25))
