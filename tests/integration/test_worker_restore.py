"""An export restores a project elsewhere: boxes to the last digit, parts, classes in order."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from pipeline import collect as worker_collect
from pipeline import dataset
from pipeline.formats.writers import WRITERS
from pipeline.jobs.spec_collect import CollectResult
from pipeline.jobs.spec_export import Form
from pipeline.kinds import collect, labels
from pipeline.kinds.places import Places
from pipeline.worker import labels as worker_labels
from pipeline.worker.reporter import FileReporter
from storage import datasets, jobs, sources
from storage.files import FileStore
from storage.models import Box, Image, Project, Upload
from tests.support.clips import photo
from tests.support.project import ANN, CHAT, make_image, make_project, make_source, open_database

FORMS: list[Form] = list(WRITERS)


class Place:
    """An installation of its own: a database, a file store, one project."""

    def __init__(self, folder: Path, *classes: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.db = open_database(folder)
        self.session = Session(self.db.engine)
        self.places = Places(home=folder, files=FileStore(folder / "files"), offline=True)
        self.project: Project = make_project(self.session, *classes)
        self.project.classes = list(classes)

    def close(self) -> None:
        """Let the file go."""
        self.session.close()
        self.db.close()

    def fill(self) -> None:
        """Twelve labelled pictures: frames, copies of one photo, single ones; in all parts."""
        source = make_source(self.session, self.project, trust="yes")
        for number in range(12):
            group = f"source:{source.id}:0" if number < 4 else f"rf:photo{number % 2}"
            image, rows = make_image(
                self.session,
                source,
                boxes=number % 3,
                label=self.project.classes[number % 2],
                group=group if number < 8 else None,
                seconds=number / 3 if number < 4 else None,
            )
            data = photo(number, size=(200, 150))
            image.key = self.places.files.put_bytes(data, suffix=".jpg")
            image.sha256, image.width, image.height = image.key[3:67], 200, 150
            image.name = f"Bild {number}.jpg"
            image.part = ("train", "val", "test", "gap")[number % 4]
            for place, box in enumerate(rows):
                box.x1, box.y1 = 0.1 + number / 777 + 0.4 * place, 1 / 3 - number / 997
                box.x2, box.y2 = box.x1 + 1 / 7, box.y1 + 2**0.5 / 10
        self.session.flush()

    def export(self, form: Form) -> bytes:
        """The zip."""
        folder = self.folder / f"export-{form}"
        folder.mkdir()
        job = self._job("labels", form=form, tasks=False)
        spec = labels.prepare(job, folder, self.places, session=self.session)
        (archive,) = worker_labels.run(spec, FileReporter(folder)).archives
        return self.places.files.read(archive.key)

    def take(self, data: bytes) -> CollectResult:
        """Add a zip, trusted."""
        path = self.folder / "sent.zip"
        path.write_bytes(data)
        source = make_source(self.session, self.project, trust="yes")
        source.state = "collecting"
        self.session.add(
            Upload(
                chat_id=CHAT,
                member_id=ANN,
                message_id=1,
                source_id=source.id,
                file_id="",
                name="sent.zip",
                path=str(path),
            )
        )
        job = self._job("collect", source_id=source.id)
        folder = self.folder / f"attempt-{source.id}"
        folder.mkdir()
        spec = collect.prepare(job, folder, self.places, session=self.session)
        result = worker_collect.run(spec, FileReporter(folder))
        for chunk in collect.chunks(job, result, folder):
            chunk(self.session)
        collect.keep(job, result, session=self.session)
        assert sources.get(source.id or 0, session=self.session).state == "ready"
        return result

    def _job(self, kind: str, **request: Any) -> Any:
        return jobs.create(
            kind=kind,
            project_id=self.project.id,
            chat_id=CHAT,
            member_id=ANN,
            request=request,
            session=self.session,
        )

    def facts(self) -> dict[str, object]:
        """What every picture is, by digest."""
        return {
            image.sha256: (
                image.name,
                image.part,
                image.seconds,
                sorted(
                    (box.label, box.xyxy)
                    for box in self.session.exec(select(Box).where(Box.image_id == image.id))
                ),
            )
            for image in self.session.exec(select(Image))
        }

    def groups(self) -> set[frozenset[str]]:
        """Which pictures share a group."""
        found: dict[str, set[str]] = {}
        for image in self.session.exec(select(Image)):
            found.setdefault(image.group_key, set()).add(image.sha256)
        return {frozenset(shas) for shas in found.values()}

    def digest(self) -> str:
        """What a training would see, in a word."""
        return dataset.build(self.project, files=self.places.files, session=self.session).digest

    def version(self) -> dict[str, Any]:
        """What a training would see, less this installation's numbers."""
        made = dataset.build(self.project, files=self.places.files, session=self.session)
        manifest = datasets.read(made, files=self.places.files)
        for entry in manifest["images"]:
            for own in ("id", "group", "source"):
                del entry[own]
        del manifest["sources"]
        return manifest


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes installations."""
    made: list[Place] = []

    def make(*classes: str) -> Place:
        made.append(Place(tmp_path / f"place{len(made)}", *classes))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("form", FORMS)
def test_an_export_restores_an_empty_project(form: Form, place: Callable[..., Place]) -> None:
    """Bit-equal boxes, names, parts, groups and classes: the same dataset version comes of it."""
    here, there = place("cat", "dog", "bird"), place()
    here.fill()
    result = there.take(here.export(form))
    assert (result.bad_row_count, result.unknown_classes) == (0, {})
    assert there.project.classes == ["cat", "dog", "bird"]
    assert there.facts() == here.facts()
    assert there.groups() == here.groups()
    assert there.version() == here.version()
    assert there.digest() == here.digest()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A zip with its files changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_what_another_tool_changed_wins(place: Callable[..., Place]) -> None:
    """A moved box is where it was moved to, a new one is there, a rounded one is exact again."""
    here, there = place("cat", "dog"), place()
    here.fill()
    labels_of = "labels/val/000006-Bild_5.txt"

    def edit(name: str, data: bytes) -> bytes:
        if name != labels_of:
            return data
        first, second = (line.split() for line in data.decode().splitlines())
        rounded = " ".join([first[0], *(f"{float(value):.4f}" for value in first[1:])])
        moved = " ".join([second[0], f"{float(second[1]) + 0.01:.6f}", *second[2:]])
        return f"{rounded}\n{moved}\n0 0.5 0.5 0.1 0.1\n".encode()

    there.take(rezipped(here.export("yolo"), edit))
    before = {name: boxes for name, _, _, boxes in here.facts().values()}  # type: ignore[misc]  # tuples
    after = {name: boxes for name, _, _, boxes in there.facts().values()}  # type: ignore[misc]  # tuples
    old, new = before.pop("Bild 5.jpg"), after.pop("Bild 5.jpg")
    assert after == before
    assert len(new) == 3
    assert new[:2] == [("cat", pytest.approx((0.45, 0.45, 0.55, 0.55))), old[0]]
    assert new[2][1][0] == pytest.approx(old[1][1][0] + 0.01, abs=1e-6)


def test_parts_are_restored_where_there_is_nothing_yet(place: Callable[..., Place]) -> None:
    """Beside pictures that are there already others get their parts as ever."""
    here, there = place("cat", "dog"), place("cat", "dog")
    here.fill()
    source = make_source(there.session, there.project, trust="yes")
    make_image(there.session, source, boxes=1)
    there.take(here.export("coco"))
    assert {image.part for image in there.session.exec(select(Image))} == {None}


def test_a_hostile_manifest_breaks_nothing(place: Callable[..., Place]) -> None:
    """Made-up parts, groups, sizes and boxes are passed over; the labels come in as they stand."""
    here, there = place("cat", "dog"), place()
    here.fill()

    def spoil(name: str, data: bytes) -> bytes:
        if name != "taptrain.json":
            return data
        told = json.loads(data)
        for image in told["images"]:
            image |= {"part": "../x", "group": ["a"], "width": -1, "seconds": "NaN", "name": 7}
            image["boxes"] = [[1, "cat", "x", 1, 1, 1], 7, [1, "cat", 0, 0, 1e999, 1]]
        told["classes"] = [7, "cat\u202e", "dog"]
        return json.dumps(told).encode()

    result = there.take(rezipped(here.export("voc"), spoil))
    assert result.kept == 12
    assert {image.part for image in there.session.exec(select(Image))} == {None}
    assert sum(result.boxes.values()) == 12
