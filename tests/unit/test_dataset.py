"""Dataset versions: what enters, immutable manifests, parts that stay."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from pipeline import dataset
from pipeline.errors import DatasetError
from pipeline.labelling import decide
from storage import datasets, images
from storage.files import FileStore
from storage.models import Image, Project, Source
from tests.support.project import ANN, make_image, make_project, make_source


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    """A file store of its own."""
    return FileStore(tmp_path / "files")


def trusted(session: Session, pictures: int) -> tuple[Project, Source]:
    """A project with as many trusted pictures of two boxes."""
    project = make_project(session, "cat")
    source = make_source(session, project, trust="yes")
    for _ in range(pictures):
        make_image(session, source, boxes=2)
    return project, source


def test_a_version_holds_what_is_ready(session: Session, files: FileStore) -> None:
    """Every ready image is in the manifest once, in one of three parts, with its boxes."""
    project, _ = trusted(session, 40)
    version = dataset.build(project, files=files, session=session)
    manifest = datasets.read(version, files=files)
    parts = [image["part"] for image in manifest["images"]]
    assert {part: parts.count(part) for part in set(parts)} == {"train": 32, "val": 4, "test": 4}
    assert manifest["classes"] == ["cat"]
    assert all(len(image["boxes"]) == 2 for image in manifest["images"])
    assert version.summary["boxes"] == 80
    assert version.summary["leaks"] == 0


def test_the_same_content_is_the_same_version(session: Session, files: FileStore) -> None:
    """Building again without a change gives the version that is there."""
    project, source = trusted(session, 12)
    first = dataset.build(project, files=files, session=session)
    assert dataset.build(project, files=files, session=session).id == first.id
    make_image(session, source, boxes=1)
    second = dataset.build(project, files=files, session=session)
    assert (first.number, second.number) == (1, 2)
    assert first.digest != second.digest


def test_parts_are_assigned_once(session: Session, files: FileStore) -> None:
    """Images keep their part when more come, so that models stay comparable."""
    project, source = trusted(session, 30)
    dataset.build(project, files=files, session=session)
    before = {image.id: image.part for image in session.exec(select(Image))}
    for _ in range(30):
        make_image(session, source, boxes=1)
    dataset.build(project, files=files, session=session)
    after = {image.id: image.part for image in session.exec(select(Image))}
    assert {key: after[key] for key in before} == before


def test_what_is_not_decided_stays_out(session: Session, files: FileStore) -> None:
    """An image with an open box waits; one whose box is wrong enters without it."""
    project, _ = trusted(session, 10)
    checked = make_source(session, project, trust="no")
    open_image, _ = make_image(session, checked, boxes=1)
    image, [good, bad] = make_image(session, checked, boxes=2)
    for subject, kind, answer in (
        (good.id, "box", "right"),
        (bad.id, "box", "wrong"),
        (image.id, "image", "complete"),
    ):
        decide.vote(
            [subject or 0],
            answer,
            kind=kind,
            project_id=project.id or 0,
            member_id=ANN,
            session=session,
        )
    manifest = datasets.read(dataset.build(project, files=files, session=session), files=files)
    boxes = {entry["id"]: entry["boxes"] for entry in manifest["images"]}
    assert open_image.id not in boxes
    assert len(boxes[image.id]) == 1


def test_nothing_labelled_is_said(session: Session, files: FileStore) -> None:
    """Without a single ready box there is no version, and the sentence says what to do."""
    project = make_project(session)
    with pytest.raises(DatasetError, match="/label"):
        dataset.build(project, files=files, session=session)


def test_one_video_is_cut_into_blocks_of_time(session: Session, files: FileStore) -> None:
    """Frames of one video fall into all parts with gaps between, and the summary says so."""
    project = make_project(session)
    source = make_source(session, project, trust="yes")
    for second in range(60):
        make_image(session, source, boxes=1, seconds=float(second), group="video")
    version = dataset.build(project, files=files, session=session)
    assert version.summary["blocks"]
    assert "video" in version.summary["notes"][0]
    assert all(version.summary["parts"][part]["images"] for part in dataset.PARTS)
    gaps = list(session.exec(select(Image).where(Image.part == "gap")))
    assert version.summary["images"] + len(gaps) == 60
    assert gaps


def test_attribution_travels_with_the_manifest(session: Session, files: FileStore) -> None:
    """The manifest names every source it drew from, with its link and licence."""
    project, source = trusted(session, 5)
    source.provenance = {"link": "https://example.org/a.zip", "licence": "CC BY 4.0"}
    session.flush()
    manifest = datasets.read(dataset.build(project, files=files, session=session), files=files)
    assert manifest["sources"] == [
        {
            "id": source.id,
            "title": "a.zip",
            "link": "https://example.org/a.zip",
            "licence": "CC BY 4.0",
        }
    ]


def test_classes_nobody_labelled_are_no_data(session: Session, files: FileStore) -> None:
    """After a change of classes, boxes by other names alone make no version."""
    project, _ = trusted(session, 12)
    project.classes = ["dog"]
    session.flush()
    with pytest.raises(DatasetError, match="Nothing is labelled"):
        dataset.build(project, files=files, session=session)


def test_more_ids_than_a_statement_takes(
    session: Session, files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long lists go in pieces, and the version is the one that short lists make."""
    project, _ = trusted(session, 12)
    whole = dataset.build(project, files=files, session=session)
    monkeypatch.setattr(images, "AT_ONCE", 5)
    assert dataset.build(project, files=files, session=session).id == whole.id
    ids = [image.id or 0 for image in session.exec(select(Image))]
    assert len(images.many(ids, session=session)) == 12


def test_nothing_is_written_when_nothing_changed(session: Session, files: FileStore) -> None:
    """Building again touches no image."""
    project, _ = trusted(session, 12)
    dataset.build(project, files=files, session=session)
    session.commit()
    before = session.execute(text("SELECT total_changes()")).scalar()
    dataset.build(project, files=files, session=session)
    session.commit()
    assert session.execute(text("SELECT total_changes()")).scalar() == before
