"""`/export N …`: words, files that were made before, and what is too large for one message."""

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session, col, select

from bot import exporting
from bot.listener import JobListener
from bot.messages import packages as words
from bot.services import Services
from bot.turn import Turn
from pipeline import dataset
from pipeline.errors import SpecError, UserError
from pipeline.jobs.spec import ModelFileResult, ModelFileSpec, PackageResult, PackageSpec
from pipeline.kinds import forms, parcels
from pipeline.kinds.forms import Asked, Wanted
from pipeline.kinds.places import Places
from storage import chats, jobs
from storage.models import Job, Message, Model, Project
from tests.support.project import ANN, CHAT
from tests.support.training import labelled_project, make_model


@pytest.fixture
def model(session: Session, places: Places) -> Model:
    """Version 3 of a project of cats, with weights."""
    project = labelled_project(session, 12)
    version = dataset.build(project, files=places.files, session=session)
    model = make_model(session, project, version, 3)
    model.weights_key = places.files.put_bytes(b"weights", suffix=".pt")
    model.details = {"classes": ["cat"]}
    for number in (1, 2):
        make_model(session, project, version, number)
    return model


def turn(session: Session, model: Model, places: Places, key: str = "msg:1") -> Turn:
    """Ann's turn in the project's group."""
    chat = chats.chat(CHAT, type_="group", title="Cats", session=session)
    chat.project_id = model.project_id
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    settings = SimpleNamespace(public_url="", owner_ids=frozenset())
    services = SimpleNamespace(places=places, settings=settings, web_url="http://127.0.0.1:8765")
    return Turn(session, cast(Services, services), key, chat, member, 50)


def told(session: Session) -> list[dict[str, Any]]:
    """What the outbox wishes, in order."""
    return [row.payload for row in session.exec(select(Message).order_by(col(Message.id)))]


def queued(session: Session) -> list[Job]:
    """Exports in the queue."""
    kinds = ("package", "model_file")
    return [p.job for p in jobs.queue(session=session) if p.job.kind in kinds]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("", Asked()),
        ("3", Asked(3)),
        ("v3 ONNX", Asked(3, "onnx")),
        ("onnx 3 half imgsz=640", Asked(3, "onnx", "fp16", 640)),
        ("IMGSZ = 320 int8 web", Asked(None, "tfjs", "uint8", 320)),
        ("tflite float32 v12", Asked(12, "tflite", "fp32")),
        (".pt", Asked(None, "pt")),
        ("3 3 html", Asked(3, "html")),
    ],
)
def test_words_in_any_order(said: str, asked: Asked) -> None:
    """A version, a form, a precision and a size, each in people's spellings."""
    assert forms.read(said.split()) == asked


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("x", "Which version? I don't know “x”"),
        ("2 3", "one"),
        ("onnx pt", "one form"),
        ("imgsz=big", "number of pixels"),
        ("imgsz=-3", "number of pixels"),
        ("²", "know"),
        (f"{'9' * 40}x", "know"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(said: str, answer: str) -> None:
    """It names the word and shows how it is said."""
    with pytest.raises(SpecError) as refusal:
        forms.read(said.split())
    message = refusal.value.user_message
    assert answer.lower() in message.lower()
    assert message.endswith("/export 3 onnx fp16 imgsz=320")
    assert len(message) < 130


@pytest.mark.parametrize(
    ("asked", "wanted", "name"),
    [
        (Asked(), Wanted("tfjs", "fp16", 320), "cats-v3-tfjs.zip"),
        (Asked(precision="uint8"), Wanted("tfjs", "uint8", 320), "cats-v3-tfjs-uint8.zip"),
        (Asked(form="litert"), Wanted("litert", "fp16", 320), "cats-v3-litert.zip"),
        (Asked(form="onnx", imgsz=640), Wanted("onnx", "fp32", 640), "cats-v3-640.onnx"),
        (Asked(form="tflite", precision="fp16"), Wanted("tflite", "fp16", 320), None),
        (Asked(form="pt"), Wanted("pt", "fp32", 320), "cats-v3.pt"),
    ],
)
def test_what_is_left_open_is_as_usual(
    session: Session, model: Model, asked: Asked, wanted: Wanted, name: str | None
) -> None:
    """The model's own size, fp16 for pages, fp32 for programs; names tell what is not so."""
    assert forms.settle(asked, model) == wanted
    project = session.get_one(Project, model.project_id)
    found = forms.file_name(project, model, wanted)
    assert found == (name or "cats-v3-fp16.tflite")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (Asked(form="onnx", imgsz=100), "multiple of 32"),
        (Asked(form="onnx", imgsz=32), "at least 64"),
        (Asked(form="onnx", imgsz=0), "at least 64"),
        (Asked(form="onnx", imgsz=99_999), "up to 1280"),
        (Asked(form="pt", precision="fp16"), "/export 3 pt alone"),
        (Asked(form="html", imgsz=640), "/export 3 html alone"),
    ],
)
def test_what_a_model_cannot_be_is_refused(model: Model, asked: Asked, answer: str) -> None:
    """Sizes that it cannot take, and words that a form has no use for."""
    with pytest.raises(SpecError, match=answer):
        forms.settle(asked, model)


def test_the_same_request_twice_is_one_job_then_the_stored_file(
    session: Session, model: Model, places: Places, tmp_path: Path
) -> None:
    """While it is made no second job begins; afterwards the file comes at once."""
    wanted = Asked(3, "onnx", "fp16")
    for number in (1, 2):
        exporting.send(turn(session, model, places, f"msg:{number}"), wanted)
    (job,) = queued(session)
    listener = JobListener(places, "http://x", "")
    spec = listener.prepare(job, tmp_path, session=session)
    assert isinstance(spec, ModelFileSpec)
    assert (spec.form, spec.precision, spec.imgsz) == ("onnx", "fp16", 320)
    assert (spec.file_name, spec.classes) == ("cats-v3-fp16.onnx", ["cat"])
    assert spec.selftest_pictures

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / spec.file_name).write_bytes(b"onnx")
    result = ModelFileResult(
        file=spec.file_name, size_bytes=4, output_form="raw", max_difference=4e-7
    )
    for chunk in listener.chunks(job, result, tmp_path):
        chunk(session)
    listener.finished(job, result, tmp_path, session=session)
    job.state = "succeeded"
    session.flush()
    first = told(session)[-1]
    assert (first["kind"], first["name"]) == ("document", "cats-v3-fp16.onnx")
    assert "v3 as ONNX, fp16, 320 px" in first["text"]
    assert "differs from PyTorch's by 4e-07" in first["text"]
    exporting.send(turn(session, model, places, "msg:3"), wanted)
    assert told(session)[-1] == first
    assert queued(session) == []


def test_another_package_stands_beside_the_usual_one(
    session: Session, model: Model, places: Places, tmp_path: Path
) -> None:
    """A uint8 zip is kept under its own name; the page that is served stays as it is."""
    exporting.send(turn(session, model, places), Asked(3, "tfjs", "uint8", 640))
    (job,) = queued(session)
    listener = JobListener(places, "http://x", "")
    spec = listener.prepare(job, tmp_path, session=session)
    assert isinstance(spec, PackageSpec)
    assert (spec.form, spec.precision, spec.imgsz) == ("tfjs", "uint8", 640)
    assert spec.manifest
    (tmp_path / "out" / "page").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "out" / "a.zip", "w") as archive:
        archive.writestr("index.html", "cat")
    result = PackageResult(
        package="a.zip",
        page="page",
        size_bytes=9,
        output_form="raw",
        selftest_boxes=8,
        selftest_threshold=0.25,
        max_difference=1e-4,
    )
    for chunk in listener.chunks(job, result, tmp_path):
        chunk(session)
    listener.finished(job, result, tmp_path, session=session)
    assert model.package_key is None
    assert not places.pages.exists()
    assert list(model.details["files"]) == ["tfjs-uint8-640"]
    assert told(session)[-1]["name"] == "cats-v3-tfjs-uint8-640.zip"


def test_a_failed_export_can_be_tried_again(session: Session, model: Model, places: Places) -> None:
    """The cause is told, and the button asks for exactly the same."""
    exporting.send(turn(session, model, places), Asked(3, "litert", "fp32", 640))
    (job,) = queued(session)
    job.error = "The disk is full."
    JobListener(places, "http://x", "").failed(job, session=session)
    wish = told(session)[-1]
    assert "v3 as LiteRT.js, fp32, 640 px ⚠️ was not made (asked by Ann): The disk" in wish["text"]
    (button,) = wish["keyboard"][0]
    assert button["data"] == f"v1:ex@{model.project_id}:3:litert:fp32:640"


def test_weights_go_out_at_once(session: Session, model: Model, places: Places) -> None:
    """The .pt is there already; where its file is lost that is said."""
    exporting.send(turn(session, model, places), Asked(3, "pt"))
    wish = told(session)[-1]
    assert (wish["name"], wish["file"]) == ("cats-v3.pt", model.weights_key)
    assert queued(session) == []
    places.files.path(model.weights_key).unlink()
    with pytest.raises(UserError, match="lost"):
        exporting.send(turn(session, model, places), Asked(3, "pt"))


def test_one_file_that_is_too_large_comes_in_pieces(
    session: Session, model: Model, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A computer joins them; the pieces are the whole file, and the words say how."""
    monkeypatch.setattr(parcels, "LIMIT", 3)
    exporting.send(turn(session, model, places), Asked(3, "pt"))
    wishes = told(session)[-3:]
    assert [wish["name"] for wish in wishes] == [f"cats-v3.pt.{n:03}" for n in (1, 2, 3)]
    assert [wish["piece"] for wish in wishes] == [[0, 3], [3, 6], [6, 7]]
    assert "<code>cat cats-v3.pt.* &gt; cats-v3.pt</code>" in wishes[0]["text"]
    monkeypatch.setattr(parcels, "LIMIT", 1)
    monkeypatch.setattr(words, "PIECES", 2)
    exporting.send(turn(session, model, places, "msg:2"), Asked(3, "pt"))
    assert "I can't send it" in told(session)[-1]["text"]
