"""Labels go out in a worker's archives and come back through a collect job."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libs.pascal_voc_io import PascalVocReader, PascalVocWriter
from libs.yolo_io import YoloReader, YOLOWriter
from PIL import Image as Picture
from sqlmodel import Session, select

from pipeline import collect as worker_collect
from pipeline.errors import SourceError
from pipeline.formats.writers import WRITERS
from pipeline.images import measure
from pipeline.jobs.spec_collect import CollectResult
from pipeline.jobs.spec_export import Bundle, Form, LabelsResult
from pipeline.kinds import collect, labels
from pipeline.kinds.places import Places
from pipeline.labelling import answers
from pipeline.worker import labels as worker_labels
from pipeline.worker.reporter import FileReporter
from storage import jobs, sources
from storage.db import Database
from storage.files import FileStore
from storage.models import Box, Image, Job, Project, Source, Upload
from storage.progress import standing
from tests.support.clips import photo
from tests.support.project import ANN, CHAT, make_image, make_project, make_source, open_database

ROOT = Path(__file__).resolve().parents[2]
FORMS: list[Form] = list(WRITERS)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a database in a file."""
    db: Database = open_database(tmp_path)
    with Session(db.engine) as session:
        yield session
    db.close()


class Home:
    """A project whose pictures are really stored, and the two kinds of jobs about them."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.folder, self.session = folder, session
        self.places = Places(home=folder, files=FileStore(folder / "files"), offline=True)
        self.project: Project = make_project(session, "cat", "dog")
        self.source: Source = make_source(session, self.project, trust="yes")
        self._attempts = 0

    @property
    def project_id(self) -> int:
        """Its number."""
        return self.project.id or 0

    def add(self, *seeds: int, boxes: int = 2, **more: Any) -> list[Image]:
        """Store some pictures with boxes of their own."""
        found = []
        for seed in seeds:
            image, rows = make_image(self.session, self.source, boxes=boxes, **more)
            data = photo(seed, size=(200, 150))
            image.key = self.places.files.put_bytes(data, suffix=".jpg")
            image.sha256 = image.key[3:67]
            image.width, image.height = 200, 150
            image.phash = measure(Picture.open(io.BytesIO(data))).phash
            for place, box in enumerate(rows):
                box.x1, box.y1 = 0.1 + seed / 1000 + 0.4 * place, 0.1 + seed / 777
                box.x2, box.y2 = box.x1 + 0.3, box.y1 + 0.4
            found.append(image)
        self.session.flush()
        return found

    def attempt(self) -> Path:
        """A folder for a job."""
        self._attempts += 1
        folder = self.folder / "jobs" / str(self._attempts)
        folder.mkdir(parents=True)
        return folder

    def job(self, kind: str, **request: Any) -> Job:
        """A job of the project."""
        return jobs.create(
            kind=kind,
            project_id=self.project.id,
            chat_id=CHAT,
            member_id=ANN,
            request=request,
            session=self.session,
        )

    def export(self, form: Form, *, tasks: bool = False, **limits: int) -> LabelsResult:
        """Do a labels job."""
        folder = self.attempt()
        job = self.job("labels", form=form, tasks=tasks)
        spec = labels.prepare(job, folder, self.places, session=self.session)
        return worker_labels.run(spec.model_copy(update=limits), FileReporter(folder))

    def unpacked(self, result: LabelsResult) -> dict[str, bytes]:
        """What the archives hold, by name."""
        found = {}
        for archive in result.archives:
            with zipfile.ZipFile(self.places.files.path(archive.key)) as opened:
                assert opened.testzip() is None
                found |= {name: opened.read(name) for name in opened.namelist()}
        return found

    def come_back(
        self, *files: tuple[str, bytes], trust: str | None = None
    ) -> tuple[CollectResult, Source]:
        """Do a collect job with these files and keep what it found."""
        folder = self.attempt()
        source = sources.create(
            project_id=self.project_id,
            kind="upload",
            what="",
            title="",
            created_by=ANN,
            trust=trust,
            session=self.session,
        )
        job = self.job("collect", source_id=source.id)
        for number, (name, data) in enumerate(files):
            path = folder / f"{number}-{name}"
            path.write_bytes(data)
            upload = Upload(chat_id=CHAT, member_id=ANN, message_id=1, file_id="", name=name)
            upload.source_id, upload.path = source.id, str(path)
            self.session.add(upload)
        self.session.flush()
        spec = collect.prepare(job, folder, self.places, session=self.session)
        result = worker_collect.run(spec, FileReporter(folder))
        for chunk in collect.chunks(job, result, folder):
            chunk(self.session)
        return result, collect.keep(job, result, session=self.session)

    def facts(self) -> tuple[object, ...]:
        """What counts in the project."""
        state = standing(self.project_id, session=self.session)
        return state.ready, len(state.check), state.confirm, state.draw


@pytest.fixture
def home(tmp_path: Path, session: Session) -> Home:
    """An empty project."""
    return Home(tmp_path, session)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_that_comes_back_unchanged_changes_nothing(home: Home, form: Form) -> None:
    """Whole or as labels alone, every picture and box is known again; no question is asked."""
    home.add(1, 2, 3)
    (empty,) = home.add(4, boxes=0)
    before = home.facts()
    result = home.export(form)
    (archive,) = result.archives
    assert (archive.images, archive.boxes, result.pictures, result.missing) == (4, 6, True, 0)
    files = home.unpacked(result)
    stored = home.places.files.read(empty.key)
    assert stored in files.values()
    alone = {name: data for name, data in files.items() if not name.endswith(".jpg")}
    for sent in (files, alone):
        found, source = home.come_back(("labels.zip", zipped(sent)))
        came = answers.of(source)
        assert came is not None
        assert came.known_already, came
        assert (found.read, found.kept, found.answered, came.same) == (4, 0, 4, 6)
        assert found.bad_row_count == 0, found.bad_rows
        assert source.state == "ready"
    assert home.facts() == before
    assert len(home.session.exec(select(Box)).all()) == 6


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("form", ["voc", "yolo"])
def test_what_labelimg_saved_again_is_known(home: Home, tmp_path: Path, form: Form) -> None:
    """LabelImg rounds to whole pixels and drops ids; places alone tell each box again."""
    home.add(1, 2, 3)
    files = home.unpacked(home.export(form))
    for name in [
        name for name in files if name.endswith(f"-1.{'xml' if form == 'voc' else 'txt'}")
    ]:
        path = tmp_path / Path(name).name
        path.write_bytes(files[name])
        reader, writer = _labelimg(form, path, files)
        for label, points, *_ in reader.get_shapes():
            (x1, y1), _, (x2, y2), _ = points
            writer.add_bnd_box(x1, y1, x2, y2, label, 0)
        target = tmp_path / f"saved-{path.name}"
        if form == "voc":
            writer.save(str(target))
        else:
            writer.save(["cat", "dog"], str(target))
        files[name] = target.read_bytes()
        assert b"taptrain" not in files[name]
    _, source = home.come_back(("saved.zip", zipped(files)))
    came = answers.of(source)
    assert came is not None
    assert (came.same, came.known_already) == (6, True)


def _labelimg(form: Form, path: Path, files: dict[str, bytes]) -> tuple[Any, Any]:
    if form == "voc":
        return PascalVocReader(str(path)), PascalVocWriter("x", "x.jpg", (150, 200, 3))
    (path.parent / "classes.txt").write_bytes(files["labels/train/classes.txt"])
    return YoloReader(str(path), _Qt()), YOLOWriter("x", "x.jpg", (150, 200, 3))


class _Qt:
    """As much of Qt's image as labelImg's reader looks at."""

    def width(self) -> int:
        return 200

    def height(self) -> int:
        return 150

    def isGrayscale(self) -> bool:
        return False


def test_the_same_export_is_the_same_file(home: Home) -> None:
    """Made again, an archive is equal to the byte, so it is stored once."""
    home.add(1, 2)
    assert home.export("cvat").archives == home.export("cvat").archives


def test_tasks_come_back_answered(home: Home) -> None:
    """Label Studio's export alone settles pictures that needed hands, once it is trusted."""
    home.source.labelled, home.source.trust = False, None
    done, drawn = home.add(1, 2, boxes=1, labelled=False, origin="model")
    assert home.facts()[1] == 2
    files = home.unpacked(home.export("labelstudio", tasks=True))
    tasks = json.loads(files["tasks.json"])
    answered = [{**tasks[0], "annotations": tasks[0]["predictions"]}]
    answered[0]["data"]["image"] = f"/data/upload/3/0123abcd-{done.id:06d}-1.jpg"
    new = {"x": 50, "y": 50, "width": 20, "height": 20, "rotation": 0, "rectanglelabels": ["dog"]}
    region = {"id": "hG1x", "type": "rectanglelabels", "value": new}
    answered[0]["annotations"][0]["result"].append(region)
    answered.append({**tasks[1], "annotations": []})
    sent = ("project-1-at-2024.json", json.dumps(answered).encode())
    found, source = home.come_back(sent)
    assert (found.answered, found.montage, source.state) == (1, "montage.jpg", "asking")
    assert home.facts()[1] == 2
    sources.answer_trust(source, "yes", member_id=ANN, session=home.session)
    answers.settle(source, member_id=ANN, session=home.session)
    ready, check, _, _ = home.facts()
    assert {image: len(boxes) for image, boxes in ready.items()} == {done.id: 2}  # type: ignore[attr-defined]
    assert check == 1
    assert drawn.id not in ready  # type: ignore[operator]


def test_a_picture_written_anew_is_known_by_its_looks(home: Home) -> None:
    """A tool that saves pictures again changes their bytes; another picture of that name is new."""
    home.add(1, 2)
    before = home.facts()
    files = home.unpacked(home.export("yolo"))
    first, second = sorted(name for name in files if name.endswith(".jpg"))
    files[first] = photo(1, size=(100, 75), quality=60)
    files[second] = photo(77, size=(100, 75))
    found, source = home.come_back(("set.zip", zipped(files)))
    assert (found.answered, found.kept, source.state) == (1, 1, "asking")
    assert home.facts() == before


def test_another_installations_archive_is_no_answer(home: Home, tmp_path: Path) -> None:
    """Where taptrain.json speaks of other pictures, equal names mean nothing."""
    home.add(1)
    files = home.unpacked(home.export("coco"))
    told = json.loads(files["taptrain.json"])
    told["images"][0]["sha256"] = "f" * 64
    files["taptrain.json"] = json.dumps(told).encode()
    alone = {name: data for name, data in files.items() if not name.endswith(".jpg")}
    with pytest.raises(SourceError, match="no pictures in that zip"):
        home.come_back(("labels.zip", zipped(alone)))
    with pytest.raises(SourceError, match="is about no picture that I sent out"):
        home.come_back(("labels.json", b"[]"))


def test_a_picture_under_another_name_is_known_by_its_bytes(home: Home) -> None:
    """taptrain.json tells which digests went out: a renamed picture is still the same one."""
    home.add(1)
    files = home.unpacked(home.export("createml"))
    files["train/one.jpg"] = files.pop("train/000001-1.jpg")
    annotations = files["train/annotations.json"].replace(b"000001-1.jpg", b"one.jpg")
    files["train/annotations.json"] = annotations
    found, _ = home.come_back(("set.zip", zipped(files)))
    assert (found.answered, found.kept) == (1, 0)


def test_too_much_for_one_message_goes_in_parts(home: Home) -> None:
    """Each part is below the limit and complete; sent back, the parts are one answer."""
    home.add(*range(1, 7))
    size = max(home.places.files.size(row.key) for row in home.session.exec(select(Image)))
    result = home.export("voc", max_bytes=2 * size + 5000)
    assert len(result.archives) == 3
    assert sum(archive.images for archive in result.archives) == 6
    assert result.archives[0].name == "cats-voc-labels-part1of3.zip"
    assert all(archive.size_bytes <= 2 * size + 5000 for archive in result.archives)
    sent = [(archive.name, home.places.files.read(archive.key)) for archive in result.archives]
    found, source = home.come_back(*sent)
    came = answers.of(source)
    assert came is not None
    assert (found.answered, came.known_already) == (6, True)


def test_far_too_much_goes_without_pictures(home: Home) -> None:
    """Above so many parts the labels go alone; a lost or huge picture leaves its labels in."""
    first, second = home.add(1, 2)
    result = home.export("coco", max_bytes=9_000, max_parts=1)
    assert (result.pictures, len(result.archives), result.missing) == (False, 1, 0)
    assert not any(name.endswith(".jpg") for name in home.unpacked(result))
    home.places.files.path(first.key).unlink()
    result = home.export("coco")
    assert (result.pictures, result.missing, result.archives[0].images) == (True, 1, 2)
    pictures = [name for name in home.unpacked(result) if name.endswith(".jpg")]
    assert pictures == [f"images/train/{second.id:06d}-2.jpg"]


def test_estimates_that_were_too_low_are_made_good(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive that turns out larger than may be sent is made again as two."""
    home.add(1, 2, 3, 4)
    monkeypatch.setattr(worker_labels, "ENTRY", -100_000)
    size = max(home.places.files.size(row.key) for row in home.session.exec(select(Image)))
    result = home.export("yolo", max_bytes=2 * size + 4000)
    assert len(result.archives) > 1
    assert sum(archive.images for archive in result.archives) == 4
    assert all(archive.size_bytes <= 2 * size + 4000 for archive in result.archives)


def test_a_worker_process_packs_labels(home: Home) -> None:
    """`python -m pipeline.worker FOLDER` writes the archive and tells its result."""
    home.add(1)
    folder = home.attempt()
    job = home.job("labels", form="yolo", tasks=False)
    spec = labels.prepare(job, folder, home.places, session=home.session)
    (folder / "spec.json").write_text(spec.model_dump_json())
    command = [sys.executable, "-m", "pipeline.worker", str(folder)]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 0
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])
    result = LabelsResult.model_validate(last["result"])
    names = set(home.unpacked(result))
    assert {"data.yaml", "README.txt", "taptrain.json", "images/train/000001-1.jpg"} < names
    told = Bundle.model_validate_json((folder / "bundle.json").read_text())
    assert told.images[0].sha256 == told.images[0].key[3:67]
