"""What results of jobs become: images, boxes, classes, models."""

from itertools import islice
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from pipeline import dataset
from pipeline import known as known_images
from pipeline.jobs.spec import BoxItem, PackageResult, ProposedImage, ProposeResult
from pipeline.jobs.spec_collect import Choice, CollectResult, ImageItem
from pipeline.kinds import collect, package, propose
from pipeline.kinds.places import Places
from pipeline.labelling import decide
from storage import jobs, sources, votes
from storage.models import Box, Image, Job, Project, Source
from tests.support.project import ANN, CHAT, make_image, make_project, make_source
from tests.support.training import labelled_project, make_model


def collecting(
    session: Session, project: Project, *, trust: str | None = None
) -> tuple[Job, Source]:
    """A source whose collect job runs."""
    source = make_source(session, project, trust=trust)
    source.state = "collecting"
    job = jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"source_id": source.id},
        session=session,
    )
    return job, source


def item(number: int, *, group: str = "", alike: list[str] | None = None) -> ImageItem:
    """A labelled picture with one box."""
    return ImageItem(
        key=f"aa/{number}.jpg",
        sha256=f"{number:064x}",
        name=f"{number}.jpg",
        width=640,
        height=480,
        phash="0" * 16,
        group=group or f"new{number}",
        labelled=True,
        boxes=[BoxItem(label="RBC", xyxy=(0.1, 0.1, 0.2, 0.2))],
        alike=alike or [],
    )


def bring(session: Session, job: Job, items: list[ImageItem], folder: Path) -> None:
    """Run a collect result's transactions."""
    (folder / "out").mkdir(exist_ok=True)
    lines = "".join(one.model_dump_json() + "\n" for one in items)
    (folder / "out" / "items.jsonl").write_text(lines)
    for chunk in collect.chunks(job, result(), folder):
        chunk(session)


def result(**changes: object) -> CollectResult:
    """A collect result with classes of its own."""
    fields: dict[str, object] = {
        "title": "blood.zip",
        "items_file": "items.jsonl",
        "read": 2,
        "kept": 2,
        "labelled": 2,
        "classes": ["RBC", "WBC"],
    }
    return CollectResult.model_validate(fields | changes)


def test_bringing_images_in_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    """A crash repeats the chunks: every image and box is there once all the same."""
    project = make_project(session, "RBC")
    job, _ = collecting(session, project)
    for _ in range(2):
        bring(session, job, [item(1), item(2)], tmp_path)
    assert len(session.exec(select(Image)).all()) == 2
    assert len(session.exec(select(Box)).all()) == 2


def test_images_of_a_removed_source_come_back_with_a_new_one(
    session: Session, tmp_path: Path
) -> None:
    """The same picture added again after a removal belongs to the new source."""
    project = make_project(session, "RBC")
    first, old = collecting(session, project)
    bring(session, first, [item(1)], tmp_path)
    sources.remove(old, session=session)
    session.flush()
    second, new = collecting(session, project)
    bring(session, second, [item(1)], tmp_path)
    assert session.exec(select(Image)).one().source_id == new.id


@pytest.mark.parametrize("ended", ["removed", "failed"])
def test_a_source_added_again_says_each_box_once(
    session: Session, tmp_path: Path, ended: str
) -> None:
    """Boxes that come again are the ones that were there, with their votes; others count no more.

    With a box that is gone goes the word that its picture was complete.
    """
    project = make_project(session, "RBC")
    first, old = collecting(session, project)
    bring(session, first, [item(1), item(2)], tmp_path)
    one, two = session.exec(select(Box).order_by(col(Box.id))).all()
    project_id = project.id or 0
    decide.vote(
        [one.id or 0], "right", kind="box", project_id=project_id, member_id=ANN, session=session
    )
    for box in (one, two):
        decide.vote(
            [box.image_id],
            "complete",
            kind="image",
            project_id=project_id,
            member_id=ANN,
            session=session,
        )
    old.state = ended
    session.flush()
    second, new = collecting(session, project)
    changed = item(2).model_copy(
        update={"boxes": [BoxItem(label="RBC", xyxy=(0.5, 0.5, 0.9, 0.9))]}
    )
    for _ in range(2):
        bring(session, second, [item(1), changed], tmp_path)
    new.state = "ready"
    session.flush()
    states = votes.box_states(project_id, session=session)
    verdicts = {state.image_id: state.verdict for state in states}
    assert len(states) == 2
    assert verdicts == {one.image_id: "right", two.image_id: None}
    assert two.id not in {state.box_id for state in states}
    said = {i.image_id: i.answer for i in votes.image_states(project_id, session=session)}
    assert said == {one.image_id: "complete", two.image_id: None}
    assert len(sources.box_ids(new.id or 0, project.classes, session=session)) == 2


def test_labels_come_to_a_picture_that_is_here_without(session: Session, tmp_path: Path) -> None:
    """It moves to the labelled source and its trust, keeps group and part; guesses give way."""
    project = make_project(session, "RBC")
    bare = make_source(session, project, trust=None, labelled=False)
    image, _ = make_image(session, bare, labelled=False, group="old", boxes=1, origin="coco")
    image.sha256, image.part = f"{7:064x}", "val"
    session.flush()
    job, source = collecting(session, project, trust="yes")
    for _ in range(2):
        bring(session, job, [item(7), item(8, group="new7")], tmp_path)
    sources.answer_trust(source, "yes", member_id=1, session=session)
    session.flush()
    assert (image.source_id, image.labelled) == (source.id, True)
    assert (image.group_key, image.part) == ("old", "val")
    states = votes.box_states(project.id or 0, session=session)
    assert sorted((state.image_id, state.verdict) for state in states) == [
        (image.id, "right"),
        ((image.id or 0) + 1, "right"),
    ]
    assert set(session.exec(select(Image.group_key))) == {"old"}


def test_labels_that_are_here_already_stay(session: Session, tmp_path: Path) -> None:
    """A picture that came with labels keeps them and its source."""
    project = make_project(session, "RBC")
    image, [box] = make_image(session, make_source(session, project), boxes=1)
    image.sha256, owner = f"{7:064x}", image.source_id
    session.flush()
    job, _ = collecting(session, project)
    bring(session, job, [item(7)], tmp_path)
    assert image.source_id == owner
    assert session.exec(select(Box)).all() == [box]


def test_alike_images_share_the_older_group(session: Session, tmp_path: Path) -> None:
    """A near duplicate joins the group it is alike to, and so does what it links."""
    project = make_project(session, "RBC")
    older, _ = make_image(session, make_source(session, project), group="old")
    job, _ = collecting(session, project)
    items = [item(11, alike=["old"]), item(12, alike=["new11"]), item(13)]
    bring(session, job, items, tmp_path)
    groups = session.exec(select(Image.group_key).order_by(col(Image.id))).all()
    assert groups == ["old", "old", "old", "new13"]
    assert older.id is not None


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("cats", ["cats"], ["RBC", "WBC"]),
        ("cats", ["RBC"], ["RBC"]),
        ("cats", ["cat", "dog"], ["cat", "dog"]),
    ],
)
def test_classes_said_as_a_name_only_give_way_to_the_datas_own(
    session: Session, name: str, before: list[str], after: list[str]
) -> None:
    """`/new cats` alone takes the classes that a data set brings; classes that were said stay."""
    project = make_project(session, *before)
    assert project.name == name
    job, _ = collecting(session, project)
    collect.keep(job, result(), session=session)
    assert project.classes == after


@pytest.mark.parametrize(
    ("trust", "state"), [(None, "asking"), ("yes", "ready"), ("no", "ready"), ("sample", "ready")]
)
def test_a_labelled_source_asks_unless_the_answer_came_along(
    session: Session, trust: str | None, state: str
) -> None:
    """`trust=` answers the question at once; without it the source waits."""
    job, source = collecting(session, make_project(session, "RBC"), trust=trust)
    collect.keep(job, result(), session=session)
    assert (source.state, source.trust) == (state, trust)


def test_the_spec_knows_what_is_there(session: Session, places: Places, tmp_path: Path) -> None:
    """Known images go along in a file, the options of the request into the spec."""
    project = make_project(session, "RBC")
    files = make_source(session, project)
    make_image(session, files)
    make_image(session, files, labelled=False)
    job, source = collecting(session, project)
    source.kind, source.what = "link", "https://example.org/a.mp4"
    job.request = {**job.request, "every_s": 0.5, "max_images": 7}
    spec = collect.prepare(job, tmp_path, places, session=session)
    known = known_images.read(tmp_path / (spec.known_file or ""))
    assert (spec.what, spec.every_s, spec.max_images) == (source.what, 0.5, 7)
    assert [bool(image.labelled) for image in known] == [True, False]


def test_the_spec_knows_which_videos_are_here(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """Videos of sources that count, looked at in the same way; half-fetched files outlive a try."""
    project = make_project(session, "cat")
    looks = (
        ("ready", "every=1s max=300"),
        ("asking", "every=1s max=300"),
        ("failed", "every=1s max=300"),
        ("removed", "every=1s max=300"),
        ("ready", "every=smart max=300"),
    )
    for number, (state, look) in enumerate(looks):
        source = make_source(session, project)
        source.state = state
        source.counts = {"videos": {look: [f"Youtube:a{number}", "Youtube:b"]}}
    make_source(session, project).provenance = {"link": "https://example.org/a.zip"}
    job, source = collecting(session, project)
    source.kind, source.what = "link", "https://example.org/list"
    attempt = tmp_path / "1"
    attempt.mkdir()
    spec = collect.prepare(job, attempt, places, session=session)
    assert spec.videos.have == ["Youtube:a0", "Youtube:b", "Youtube:a1"]
    assert spec.videos.kept_folder == str(tmp_path / "fetched")
    job.request = {**job.request, "videos": {"smart": True, "newest": 9}}
    spec = collect.prepare(job, attempt, places, session=session)
    assert (spec.videos.have, spec.videos.newest) == (["Youtube:a4", "Youtube:b"], 9)


def test_nothing_is_proposed_for_classes_that_no_model_knows(session: Session) -> None:
    """Without a model of the project only classes that COCO knows by some name are worth a look."""
    words = (("murka", False), ("Cat", True), ("dogs", True), ("bike", True), ("cell-phone", True))
    for chat, (label, looks) in enumerate(words, -9):
        project = make_project(session, label, chat_id=chat)
        source = make_source(session, project, labelled=False, trust=None)
        number = 100 - chat
        session.add(
            Image(
                project_id=project.id or 0,
                source_id=source.id or 0,
                sha256=f"{number:064x}",
                key="aa/a.jpg",
                width=10,
                height=10,
                phash="0" * 16,
                group_key=f"g{number}",
            )
        )
        session.flush()
        job = propose.queue(project, chat_id=chat, member_id=ANN, after="source:1", session=session)
        assert (job is not None) is looks


def test_proposals_become_open_boxes_once(session: Session) -> None:
    """A repeated result adds nothing, and the images count as looked at."""
    project = make_project(session, "cat")
    source = make_source(session, project, labelled=False, trust=None)
    image, _ = make_image(session, source, labelled=False)
    job = jobs.create(
        kind="propose",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={},
        session=session,
    )
    found = ProposeResult(
        images=[
            ProposedImage(
                image_id=image.id or 0,
                boxes=[BoxItem(label="cat", xyxy=(0.1, 0.1, 0.5, 0.5), score=0.4)],
            )
        ]
    )
    assert propose.keep(job, found, session=session).boxes == 1
    assert propose.keep(job, found, session=session).boxes == 0
    assert session.exec(select(Box)).one().origin == "coco"
    assert image.proposed


def test_the_self_test_prefers_unseen_pictures_that_exercise_the_letterbox() -> None:
    """Candidates: not seen in training first, then not square and larger than the input."""
    pictures = [
        {"key": "seen", "part": "train", "width": 640, "height": 480, "boxes": [1]},
        {"key": "square", "part": "val", "width": 640, "height": 640, "boxes": [1, 2, 3]},
        {"key": "small", "part": "test", "width": 200, "height": 100, "boxes": [1]},
        {"key": "few", "part": "val", "width": 640, "height": 480, "boxes": [1]},
        {"key": "many", "part": "test", "width": 640, "height": 480, "boxes": [1, 2]},
    ]
    order = package.candidates({"images": pictures}, 320)
    assert order == ["many", "few", "square", "small", "seen"]


def test_a_package_is_kept_once(
    session: Session, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken in again after a crash half-way: one zip in the store, one page, the model names it.

    The zip is read once each time.
    """
    put: list[Path] = []
    put_file = places.files.put_file

    def count(path: Path, **how: str) -> str:
        put.append(path)
        return put_file(path, **how)

    monkeypatch.setattr(places.files, "put_file", count)
    project = labelled_project(session, 3)
    version = dataset.build(project, files=places.files, session=session)
    model = make_model(session, project, version, 1)
    model.page_token = "token"
    job = package.queue(model, chat_id=CHAT, member_id=ANN, idempotency_key="p", session=session)
    page = tmp_path / "out" / "page"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<h1>cat</h1>")
    (tmp_path / "out" / "cats.zip").write_bytes(b"zip")
    made = PackageResult(
        package="cats.zip",
        page="page",
        size_bytes=3,
        output_form="raw",
        selftest_boxes=8,
        selftest_threshold=0.25,
        max_difference=1e-4,
    )
    for stop_after in (1, 2, 2):
        for chunk in islice(package.chunks(job, made, tmp_path, places), stop_after):
            chunk(session)
        assert (model.package_key is None) is (stop_after == 1)
        assert len(put) == stop_after - 1
        put.clear()
    assert places.files.read(model.package_key or "") == b"zip"
    assert model.details["package"]["size_bytes"] == 3
    assert [path.name for path in places.pages.iterdir()] == ["token"]
    assert (places.pages / "token" / "index.html").is_file()


def test_an_offer_is_a_question_and_no_source(session: Session) -> None:
    """It keeps its choices and how they are to be collected, and is in no list."""
    project = make_project(session)
    assert project.id is not None
    job, _ = collecting(session, project, trust="yes")
    job.request = {**job.request, "max_images": 7}
    choices = [Choice(label="one · 3 MB", what="kaggle:ann/one")]
    found = CollectResult(
        title="Kaggle: cats",
        items_file="items.jsonl",
        read=0,
        kept=0,
        question="Which?",
        choices=choices,
    )
    source = collect.keep(job, found, session=session)
    assert (source.state, source.title, source.trust) == ("offered", "Kaggle: cats", "yes")
    assert source.counts == {
        "choices": [{"label": "one · 3 MB", "what": "kaggle:ann/one"}],
        "limits": {"max_images": 7},
    }
    assert sources.of_project(project.id, session=session) == []
