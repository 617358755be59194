"""Dataset versions: what enters, immutable manifests, parts that stay."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from pipeline import dataset
from pipeline.errors import DatasetError
from pipeline.labelling import decide
from storage import datasets, images
from storage.files import FileStore
from storage.models import DatasetVersion, Image, Project, Source
from tests.support.project import ANN, make_image, make_project, make_source, open_database


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


def test_a_digest_says_the_same_in_another_database(
    session: Session, files: FileStore, tmp_path: Path
) -> None:
    """Pictures, classes, boxes and parts alone make it: ids, names and sources may be others."""
    project, _ = trusted(session, 12)
    for image in session.exec(select(Image)):
        image.sha256 = f"a{image.sha256[1:]}"
    version = dataset.build(project, files=files, session=session)
    manifest = datasets.read(version, files=files)
    (tmp_path / "other").mkdir()
    other = open_database(tmp_path / "other")

    def again(there: Session) -> str:
        first = make_project(there, "dog")
        make_image(there, make_source(there, first), boxes=3)
        copy = make_project(there, "cat")
        copy.name = "another name"
        source = make_source(there, copy, trust="yes")
        for entry in reversed(manifest["images"]):
            image, _ = make_image(there, source, boxes=2)
            image.sha256, image.part, image.name = entry["sha256"], entry["part"], "x.jpg"
        there.flush()
        built = dataset.build(copy, files=files, session=there)
        assert built.key != version.key
        return built.digest

    assert other.write_now(again) == version.digest
    other.close()


def test_a_digest_changes_with_what_is_learned() -> None:
    """Another box, part, class or picture is another digest; the spelling of a number is not."""
    manifest = {
        "classes": ["a", "b"],
        "images": [{"id": 1, "sha256": "0", "part": "train", "boxes": [[0, 0, 0.1, 1, 0.5]]}],
    }
    image = manifest["images"][0]
    digest = datasets.digest_of(manifest)
    same = image | {"id": 7, "name": "x", "boxes": [[0.0, -0.0, 0.1000000001, 1.0, 0.5]]}
    assert datasets.digest_of(manifest | {"images": [same]}) == digest
    others = [
        manifest | {"classes": ["b", "a"]},
        *(
            manifest | {"images": [image | change]}
            for change in (
                {"sha256": "1"},
                {"part": "val"},
                {"boxes": []},
                {"boxes": [[1, *image["boxes"][0][1:]]]},
                {"boxes": [[0, 0, 0.1, 1, 0.500001]]},
            )
        ),
    ]
    digests = {datasets.digest_of(other) for other in others}
    assert len(digests | {digest}) == len(others) + 1


def test_a_version_of_an_earlier_release_is_found_again(session: Session, files: FileStore) -> None:
    """Its digest was made in another way and stays; the same content makes no new version."""
    project, _ = trusted(session, 12)
    version = dataset.build(project, files=files, session=session)
    version.digest = hashlib.sha256(files.read(version.key)).hexdigest()
    version.form = 1
    session.flush()
    old = version.digest
    assert dataset.build(project, files=files, session=session).id == version.id
    assert version.digest == old
    assert len(list(session.exec(select(DatasetVersion)))) == 1


def test_pictures_with_nothing_on_them_are_a_tenth(session: Session, files: FileStore) -> None:
    """Of those to learn from one in ten may be empty; the others are left out, and it is said."""
    project, source = trusted(session, 90)
    for _ in range(60):
        make_image(session, source)
    version = dataset.build(project, files=files, session=session)
    entries = datasets.read(version, files=files)["images"]
    learned = [entry for entry in entries if entry["part"] == "train"]
    empty = [entry for entry in learned if not entry["boxes"]]
    assert 0 < len(empty) <= len(learned) / 10 < len(empty) + 1
    left_out = 150 - len(entries)
    told = [note for note in version.summary["notes"] if "left out" in note]
    assert told == [
        f"{left_out} pictures with nothing on them are left out: one in ten of those "
        "to learn from is enough."
    ]
    stayed = {entry["sha256"] for entry in empty}
    judged = {entry["id"] for entry in entries if entry["part"] != "train"}
    for _ in range(30):
        make_image(session, source, boxes=1)
    later = datasets.read(dataset.build(project, files=files, session=session), files=files)
    assert stayed < {e["sha256"] for e in later["images"] if not e["boxes"]}
    assert judged <= {e["id"] for e in later["images"] if e["part"] != "train"}


def test_what_is_limited_is_said_before_the_training(session: Session, files: FileStore) -> None:
    """A licence that forbids something is named in the summary; the manifest keeps whose it is."""
    project, source = trusted(session, 5)
    assert dataset.build(project, files=files, session=session).summary["licence"] is None
    source.provenance = {"license": "CC BY-NC 4.0", "uploader": "Tom", "id": "x"}
    session.flush()
    make_image(session, source, boxes=1)
    version = dataset.build(project, files=files, session=session)
    assert "not for commercial use" in version.summary["licence"]
    assert datasets.read(version, files=files)["sources"] == [
        {"id": source.id, "title": "a.zip", "author": "Tom", "licence": "CC BY-NC 4.0"}
    ]


def test_a_restored_version_is_what_comes_next(session: Session, files: FileStore) -> None:
    """While one is restored the next training takes exactly it, whatever is there by now."""
    project, source = trusted(session, 12)
    first = dataset.build(project, files=files, session=session)
    make_image(session, source, boxes=1)
    second = dataset.build(project, files=files, session=session)
    assert dataset.next_for(project, files=files, session=session).id == second.id
    project.restored_id = first.id
    assert dataset.next_for(project, files=files, session=session).id == first.id
