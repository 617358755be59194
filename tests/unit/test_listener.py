"""What a job's news means for its chat."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from sqlmodel import Session, col, select

from bot.listener import JobListener
from bot.messages import collect as collect_words
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import (
    Figures,
    MeasureResult,
    PackageResult,
    PredictResult,
    ProposeResult,
    TrainResult,
)
from pipeline.jobs.spec_collect import CollectResult
from pipeline.kinds.places import Places
from storage import chats, jobs, outbox, registry
from storage.models import Job, Message, Project, Sheet, now
from tests.support.project import ANN, CHAT, make_project, make_source
from tests.support.training import quick_training


@pytest.fixture
def listener(places: Places) -> JobListener:
    """The bot's side of jobs, without a public address."""
    return JobListener(places, "http://127.0.0.1:8765", "")


def job(session: Session, project: Project, kind: str, **request: Any) -> Job:
    """A queued job of the project."""
    chats.member(ANN, name="Ann", username=None, session=session)
    return jobs.create(
        kind=kind,
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request=request,
        session=session,
    )


def texts(session: Session) -> list[str]:
    """What the outbox wishes, in order."""
    return [row.payload["text"] for row in session.exec(select(Message).order_by(col(Message.id)))]


def figures(part: str, **changes: Any) -> Figures:
    """A fair detector's figures."""
    fields = {"images": 28, "boxes": 40, "precision": 0.9, "recall": 0.8}
    fields |= {"map50": 0.81, "map50_95": 0.52}
    return Figures.model_validate({"part": part} | fields | changes)


def trained(session: Session, places: Places, folder: Path, plots: int = 3) -> tuple[Job, Any]:
    """A finished training with its files on disk."""
    done = quick_training(session, places)
    out = folder / "out"
    out.mkdir()
    (out / "best.pt").write_bytes(b"weights")
    names = [f"{number}.jpg" for number in range(plots)]
    for number, name in enumerate(names):
        Picture.new("RGB", (60 + number, 40)).save(out / name)
    result = TrainResult(
        weights="best.pt",
        architecture="yolov8n",
        start_weights="yolov8n.yaml",
        epochs=25,
        best_epoch=20,
        imgsz=320,
        val=figures("val"),
        test=figures("test"),
        plots=names,
        seconds=600,
        seconds_per_epoch=24,
        train_images=10,
        near_copies={"val": 1, "test": 0},
        versions={},
    )
    return done, result


def test_a_training_ends_with_an_album_and_the_packaging(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """The model is kept, the album tells figures and the leak check, and packing is queued."""
    done, result = trained(session, places, tmp_path)
    listener.finished(done, result, tmp_path, session=session)
    album = outbox.get("plots:1", session=session)
    assert album is not None
    assert (album.payload["kind"], len(album.payload["files"])) == ("album", 3)
    assert "mAP50 0.810" in album.payload["text"]
    assert "no group on both sides; 1 of " in album.payload["text"]
    assert "pictures to judge by looks like one it learned from" in album.payload["text"]
    assert "from nothing" in album.payload["text"]
    queued = [place.job.kind for place in jobs.queue(session=session)]
    assert "package" in queued
    model = registry.latest(done.project_id or 0, session=session)
    assert model is not None
    assert places.files.read(model.weights_key) == b"weights"


def test_the_same_result_twice_makes_one_model(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """A result that is taken in again after a crash makes no second model and no second message."""
    done, result = trained(session, places, tmp_path)
    for _ in range(2):
        listener.finished(done, result, tmp_path, session=session)
    assert len(registry.of_project(done.project_id or 0, session=session)) == 1
    assert len([text for text in texts(session) if "leak check" in text]) == 1


def packed(
    session: Session,
    places: Places,
    listener: JobListener,
    tmp_path: Path,
) -> Job:
    """A finished training and packaging."""
    done, result = trained(session, places, tmp_path)
    listener.finished(done, result, tmp_path, session=session)
    packing = next(p.job for p in jobs.queue(session=session) if p.job.kind == "package")
    folder = tmp_path / "packing"
    page = folder / "out" / "page"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<h1>cat</h1>")
    (folder / "out" / "cats-v1-tfjs.zip").write_bytes(b"zip")
    (folder / "out" / "cats.html").write_text("<h1>cat</h1>")
    made = PackageResult(
        package="cats-v1-tfjs.zip",
        page="page",
        single="cats.html",
        single_bytes=9,
        size_bytes=3,
        output_form="raw",
        selftest_boxes=8,
        selftest_threshold=0.25,
        max_difference=1e-4,
    )
    for chunk in listener.chunks(packing, made, folder):
        chunk(session)
    listener.finished(packing, made, folder, session=session)
    return packing


def test_the_zip_comes_before_the_result_in_words(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """The zip has its proper name; the result notifies, says it in words, then in figures."""
    packing = packed(session, places, listener, tmp_path)
    archive = outbox.get(f"zip:1:{packing.id}", session=session)
    result = outbox.get(f"result:1:{packing.id}", session=session)
    assert archive is not None
    assert result is not None
    assert (archive.payload["name"], archive.payload["loud"]) == ("cats-v1-tfjs.zip", False)
    assert (archive.id or 0) < (result.id or 0)
    assert result.payload["loud"]
    assert "finds 8 of 10 cats; 1 of 10 alarms is false" in result.payload["text"]
    assert "28 unseen pictures; mAP50 0.81 · mAP50-95 0.52" in result.payload["text"]
    assert "http://127.0.0.1:8765/m/" in result.payload["text"]
    assert "photos work in cats-v1.html; a live camera needs https" in result.payload["text"]
    links = [b["url"] for row in result.payload["keyboard"] for b in row if "url" in b]
    assert len(links) == 1
    assert links[0].endswith("docs/host-the-page.md")
    single = outbox.get(f"zip:1:{packing.id}:1", session=session)
    assert single is not None
    assert single.payload["name"] == "cats-v1.html"
    assert places.files.read(single.payload["file"]) == b"<h1>cat</h1>"
    assert "open it in your browser" in single.payload["text"]


def test_a_public_address_becomes_a_button(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """With a public address the result has “Try it”, and the page lies where it is served."""
    packed(session, places, JobListener(places, "http://x", "https://bot.example"), tmp_path)
    result = session.exec(select(Message).where(col(Message.key).startswith("result:"))).one()
    model = registry.latest(1, session=session)
    assert model is not None
    button = result.payload["keyboard"][0][0]
    assert button["url"] == f"https://bot.example/m/{model.page_token}/"
    assert (places.pages / model.page_token / "index.html").is_file()


def test_progress_moves_one_message_and_not_too_often(
    session: Session, listener: JobListener
) -> None:
    """In a group the card is edited every 10 s, every 30 s while people label there."""
    project = make_project(session)
    running = job(session, project, "train", epochs=25)
    news = Progress(stage="epoch", done=14, total=25, figures={"epoch": 14, "box_loss": 1.2})
    listener.progressed(running, news, session=session)
    card = outbox.get(f"job:{running.id}", session=session)
    assert card is not None
    assert card.not_before is None
    assert "epoch 14/25" in card.payload["text"]
    for labelling, least in ((False, 8), (True, 28)):
        if labelling:
            session.add(
                Sheet(project_id=project.id or 0, chat_id=CHAT, kind="box", opened_at=now())
            )
            session.flush()
        outbox.accepted(card.id or 0, version=card.version, sent={}, message_id=3, session=session)
        done = news.done + 1
        news = news.model_copy(update={"done": done, "figures": {"epoch": done}})
        listener.progressed(running, news, session=session)
        assert card.not_before is not None
        wait = card.not_before - now()
        assert timedelta(seconds=least) < wait < timedelta(seconds=least + 3)


def test_no_model_for_these_classes_asks_for_drawings(
    session: Session, listener: JobListener, tmp_path: Path
) -> None:
    """Where COCO's weights cannot be had, people are asked to draw."""
    looking = job(session, make_project(session, "cat"), "propose")
    listener.finished(looking, ProposeResult(weights_missing=True), tmp_path, session=session)
    assert "can't recognise cat yet" in texts(session)[0]


def test_a_failed_source_counts_for_nothing(session: Session, listener: JobListener) -> None:
    """The person reads the cause; the source is failed."""
    project = make_project(session)
    source = make_source(session, project)
    source.state = "collecting"
    ended = job(session, project, "collect", source_id=source.id)
    ended.error = "That link is no video."
    listener.failed(ended, session=session)
    assert source.state == "failed"
    assert "That link is no video." in texts(session)[0]


def test_a_crash_names_who_asked(session: Session, listener: JobListener) -> None:
    """A training's end by a fault notifies, with its cause and its starter."""
    ended = job(session, make_project(session), "train", epochs=3)
    ended.error = "This machine ran out of memory."
    listener.failed(ended, session=session)
    told = session.exec(select(Message)).one()
    assert told.payload["loud"]
    assert "asked by Ann): This machine ran out of memory." in told.payload["text"]


def test_a_broken_trainings_card_has_nothing_to_stop(
    session: Session, listener: JobListener
) -> None:
    """Beside the loud message, the bar gives way to where it ended."""
    ended = job(session, make_project(session), "train", epochs=25)
    news = Progress(stage="epoch", done=14, total=25, figures={"epoch": 14})
    listener.progressed(ended, news, session=session)
    ended.progress = news.model_dump()
    listener.failed(ended, session=session)
    card = outbox.get(f"job:{ended.id}", session=session)
    assert card is not None
    assert card.payload["text"].endswith("training ⚠️ stopped at epoch 14 of 25")
    assert card.payload["keyboard"] == []


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_version_restored_for_a_training_waits_for_the_next(
    session: Session, listener: JobListener, end: str
) -> None:
    """Nothing came of the training, so what it was restored for is not done yet."""
    project = make_project(session)
    for restored, waits in ((False, None), (True, 4)):
        ended = job(session, project, "train", epochs=3, dataset_id=4, restored=restored)
        ended.error = "This machine ran out of memory."
        getattr(listener, end)(ended, session=session)
        assert project.restored_id == waits


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_package_that_was_not_made_leaves_the_result(
    session: Session, places: Places, listener: JobListener, tmp_path: Path, end: str
) -> None:
    """People read what the training brought, without a page, and may try the packing again."""
    done, result = trained(session, places, tmp_path)
    listener.finished(done, result, tmp_path, session=session)
    packing = next(p.job for p in jobs.queue(session=session) if p.job.kind == "package")
    packing.error = "The converter is not installed."
    getattr(listener, end)(packing, session=session)
    card = outbox.get(f"job:{packing.id}", session=session)
    told = outbox.get(f"result:1:{packing.id}", session=session)
    assert card is not None
    assert told is not None
    assert "stopped" in card.payload["text"]
    assert "finds 8 of 10 cats" in told.payload["text"]
    assert "The package for the browser was not made." in told.payload["text"]
    again = {"text": "📦 Try again", "data": f"v1:e@{done.project_id}:1"}
    asked = outbox.get(f"failed:{packing.id}", session=session) if end == "failed" else card
    assert asked is not None
    assert asked.payload["keyboard"] == [[again]]
    assert [again] in told.payload["keyboard"]


def test_a_package_asked_for_later_tells_no_second_result(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """Only the packing that follows a training speaks for the training."""
    packed(session, places, listener, tmp_path)
    before = len([text for text in texts(session) if "finds 8 of 10" in text])
    later = job(session, make_project(session), "package", model_id=1)
    later.project_id = 1
    listener.failed(later, session=session)
    assert len([text for text in texts(session) if "finds 8 of 10" in text]) == before


def test_a_measurement_completes_the_card(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """The card that was measuring shows minutes once they are known."""
    done, _ = trained(session, places, tmp_path)
    measuring = job(
        session,
        make_project(session, "cat"),
        "measure",
        card="card:1",
        dataset_id=done.request["dataset_id"],
    )
    found = MeasureResult(device="cpu", imgsz=320, seconds_per_image=0.08, startup_seconds=5)
    listener.finished(measuring, found, tmp_path, session=session)
    card = outbox.get("card:1", session=session)
    assert card is not None
    assert "No GPU here" in card.payload["text"]
    assert "min" in card.payload["keyboard"][0][0]["text"]


def test_a_collected_source_gets_a_receipt(
    session: Session, listener: JobListener, tmp_path: Path
) -> None:
    """Counts by reason, boxes by class and bad rows are told, and trust is asked."""
    project = make_project(session, "RBC")
    source = make_source(session, project, trust=None)
    source.state = "collecting"
    done = job(session, project, "collect", source_id=source.id)
    result = CollectResult.model_validate(
        {
            "title": "blood.zip",
            "items_file": "items.jsonl",
            "read": 12,
            "kept": 9,
            "dropped": {"duplicate": 2, "unreadable": 1},
            "labelled": 9,
            "boxes": {"RBC": 30},
            "classes": ["RBC"],
            "unknown_classes": {"WBC": 4},
            "bad_rows": [{"file": "a.xml", "why": "the box has no size"}],
            "bad_row_count": 1,
        }
    )
    listener.finished(done, result, tmp_path, session=session)
    card = outbox.get(f"source:{source.id}", session=session)
    assert card is not None
    words = card.payload["text"]
    for part in ("kept 9 (2 the same, 1 unreadable)", "30 boxes: RBC 30", "WBC (4)", "a.xml"):
        assert part in words
    assert card.payload["keyboard"][0][0]["text"] == "👍 Trust"


def test_a_download_tells_its_speed(session: Session) -> None:
    """The bar says how much is here, how fast it comes and when it will be done."""
    project = make_project(session, "cat")
    source = make_source(session, project, trust=None)
    news = Progress(
        stage="fetch", done=3e6, total=12e6, seconds_left=6, figures={"bytes_per_s": 1.5e6}
    )
    row = job(session, project, "collect", source_id=source.id)
    text = collect_words.progress(project, source, row, news)["text"]
    assert "fetching · 3 of 12 MB, 1.5 MB/s · 6 s left" in text


def test_what_was_left_out_comes_as_a_table_once(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """A document beside the card; where nothing was left out there is none."""
    project = make_project(session, "RBC")
    source = make_source(session, project, trust=None)
    done = job(session, project, "collect", source_id=source.id)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.csv").write_text("file,line,why,value\na.xml,,no size,\n")
    result = CollectResult(
        title="blood.zip",
        items_file="items.jsonl",
        read=1,
        kept=1,
        bad_row_count=4_321,
        report_file="report.csv",
        whole={"cats": 3},
    )
    for _ in range(2):
        listener.finished(done, result, tmp_path, session=session)
    sent = [row for row in session.exec(select(Message)) if row.payload["kind"] == "document"]
    (row,) = sent
    assert (row.payload["name"], row.version) == ("report.csv", 1)
    assert "4,321 label rows left out" in row.payload["text"]
    assert places.files.read(row.payload["file"]).startswith(b"file,line")
    card = outbox.get(f"source:{source.id}", session=session)
    assert card is not None
    assert "(cats 3), but not where" in card.payload["text"]


def test_a_receipt_tells_of_videos_that_did_not_come(
    session: Session, listener: JobListener, tmp_path: Path
) -> None:
    """What is here already is counted, and what could not be had is named, both in words."""
    source = make_source(session, make_project(session, "cat"), trust=None, labelled=False)
    source.state = "collecting"
    done = job(session, make_project(session, "cat"), "collect", source_id=source.id)
    missed = [{"name": f"Film <{n}>", "why": "That video is private."} for n in range(5)]
    result = CollectResult.model_validate(
        {
            "title": "Our films",
            "items_file": "items.jsonl",
            "read": 12,
            "kept": 9,
            "videos": {"asked": 9, "here": 2, "missed": missed},
        }
    )
    listener.finished(done, result, tmp_path, session=session)
    card = outbox.get(f"source:{source.id}", session=session)
    assert card is not None
    words = card.payload["text"]
    assert "2 of 9 videos are here already." in words
    assert "Film &lt;0&gt;: That video is private." in words
    assert words.count("private") == 3
    assert "and 2 more could not be had" in words


def test_a_prediction_answers_the_photo(
    session: Session, places: Places, listener: JobListener, tmp_path: Path
) -> None:
    """The drawn photo comes as a reply, with what was found."""
    done, result = trained(session, places, tmp_path)
    listener.finished(done, result, tmp_path, session=session)
    asked = job(session, make_project(session), "predict", message_id=77, picture="/x")
    asked.project_id = done.project_id
    found = PredictResult.model_validate(
        {
            "picture": "0.jpg",
            "boxes": [{"label": "cat", "xyxy": (0, 0, 1, 1), "score": 0.9}] * 2,
            "confidence": 0.25,
            "milliseconds": 20,
        }
    )
    listener.finished(asked, found, tmp_path, session=session)
    told = outbox.get(f"job:{asked.id}", session=session)
    assert told is not None
    assert told.payload["reply_to"] == 77
    assert "2 × cat, surest 90%" in told.payload["text"]
