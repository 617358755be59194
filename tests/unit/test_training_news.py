"""Who hears what of a training: its chat, who asked for it, who watches it, at night."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from bot import audience, desk
from bot.listener import JobListener
from pipeline.jobs import milestones
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import Figures, TrainResult
from pipeline.kinds.places import Places
from storage import chats, jobs, members, notices, outbox, projects, settings
from storage.models import DatasetVersion, Job, Message, Model, Project
from tests.support.project import ANN, BEN, CHAT, make_project

EPOCHS = 30


@pytest.fixture
def listener(places: Places) -> JobListener:
    """The bot's side of jobs, without a public address."""
    return JobListener(places, "http://127.0.0.1:8765", "")


@pytest.fixture
def training(session: Session) -> Job:
    """A training of a group's project that Ann asked for, running; Ann and Ben opened the bot."""
    project = make_project(session, "cat")
    for number, name in ((ANN, "Ann"), (BEN, "Ben")):
        chats.member(number, name=name, username=None, session=session)
        chats.chat(number, type_="private", session=session)
    job = jobs.create(
        kind="train",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"epochs": EPOCHS, "dataset_id": 1},
        session=session,
    )
    for state in ("leased", "running"):
        jobs.move(job, state, session=session)
    job.attempt = 1
    return job


def project_of(job: Job, session: Session) -> Project:
    """The job's project."""
    return projects.get(job.project_id or 0, session=session)


def epochs(job: Job, values: list[float], listener: JobListener, session: Session) -> None:
    """Epochs end with these mAP50s."""
    start = len(job.told.get("curve", []))
    for epoch, value in enumerate(values, start=start + 1):
        figures = {"epoch": epoch, "map50": value, "map50_95": value / 2, "box_loss": 3.0 / epoch}
        news = Progress(stage="epoch", done=epoch, total=EPOCHS, figures=figures)
        listener.progressed(job, news, session=session)


def finish(job: Job, places: Places, folder: Path, listener: JobListener, session: Session) -> None:
    """The training ends well."""
    summary = {"notes": [], "leaks": 0, "images": 9, "boxes": 9, "classes": {}}
    key = places.files.put_bytes(b'{"classes": ["cat"], "images": []}', suffix=".json")
    row = DatasetVersion(
        id=1, project_id=job.project_id or 0, number=1, digest="d", key=key, summary=summary
    )
    session.add(row)
    out = folder / "out"
    out.mkdir()
    (out / "best.pt").write_bytes(b"weights")
    (out / "a.jpg").write_bytes(b"a picture")
    judged: dict[str, Any] = {"images": 28, "boxes": 40, "precision": 0.9, "recall": 0.8}
    result = TrainResult(
        weights="best.pt",
        architecture="yolov8n",
        start_weights="yolov8n.yaml",
        epochs=12,
        best_epoch=5,
        imgsz=320,
        val=Figures(part="val", map50=0.81, map50_95=0.5, **judged),
        test=None,
        plots=["a.jpg"],
        seconds=600,
        seconds_per_epoch=24,
        train_images=10,
        near_copies={},
        versions={},
    )
    listener.finished(job, result, folder, session=session)


def sent_to(chat_id: int, session: Session) -> list[str]:
    """What the outbox wishes into a chat, in order."""
    query = select(Message).where(Message.chat_id == chat_id).order_by(col(Message.id))
    return [row.payload["text"] for row in session.exec(query)]


def card(job: Job, session: Session) -> str:
    """The message that the training moves."""
    row = outbox.get(f"job:{job.id}", session=session)
    assert row is not None
    text: str = row.payload["text"]
    return text


def test_the_card_shows_where_it_is(session: Session, listener: JobListener, training: Job) -> None:
    """One message with its small plots, the best so far, and three things to tap."""
    listener.started(training, session=session)
    epochs(training, [0.1, 0.3, 0.6, 0.5], listener, session)
    text = card(training, session)
    assert "epoch 4/30" in text
    assert "mAP50 ▂▅█▇" in text
    assert "loss  █▃▂▁" in text
    assert "🏅 best so far 0.60 at epoch 3" in text
    row = outbox.get(f"job:{training.id}", session=session)
    assert row is not None
    buttons = [one["text"] for line in row.payload["keyboard"] for one in line]
    assert buttons == ["✖ Stop", "📈 Curve", "📜 Log", "🔔 Tell me"]
    assert len(sent_to(CHAT, session)) == 1
    assert sent_to(ANN, session) == []


def test_a_stall_is_told_in_the_card(
    session: Session, listener: JobListener, training: Job
) -> None:
    """The group reads it there; no message of its own wakes anybody."""
    listener.started(training, session=session)
    epochs(training, [0.5] + [0.4] * 10, listener, session)
    assert "💤 no better since epoch 1; ✖ Stop keeps the best" in card(training, session)
    epochs(training, [0.6], listener, session)
    assert "💤" not in card(training, session)
    assert len(sent_to(CHAT, session)) == 1


def test_a_further_attempt_says_where_it_goes_on(
    session: Session, listener: JobListener, training: Job
) -> None:
    """The curve is cut to what its checkpoint holds, and the card tells the epoch."""
    notices.watch(training.id or 0, BEN, session=session)
    listener.started(training, session=session)
    epochs(training, [0.1, 0.3, 0.6, 0.5], listener, session)
    training.attempt, training.checkpoint = 2, {"epoch": 2, "folder": "/x"}
    listener.started(training, session=session)
    listener.started(training, session=session)
    assert "↻ resumed at epoch 2" in card(training, session)
    assert [point[0] for point in training.told["curve"]] == [1, 2]
    resumed = [text for text in sent_to(BEN, session) if "resumed at epoch 2 of 30" in text]
    assert len(resumed) == 1


def test_the_model_to_beat_is_named(session: Session, listener: JobListener, training: Job) -> None:
    """Better than the project's model on the pictures to choose by."""
    key = {"project_id": training.project_id or 0, "number": 1, "digest": "d", "key": "x"}
    session.add(DatasetVersion(id=1, **key))
    session.flush()
    session.add(
        Model(
            project_id=training.project_id or 0,
            number=3,
            job_id=training.id or 0,
            dataset_id=1,
            architecture="yolov8n",
            imgsz=320,
            weights_key="x",
            metrics={"val": {"map50": 0.4}},
            page_token="t",
        )
    )
    notices.watch(training.id or 0, BEN, session=session)
    listener.started(training, session=session)
    epochs(training, [0.3, 0.5, 0.55], listener, session)
    assert "best so far 0.55 at epoch 3, better than v3 (0.40)" in card(training, session)
    better = [text for text in sent_to(BEN, session) if "better than v3" in text]
    assert len(better) == 1


def test_watchers_hear_in_private(
    session: Session, places: Places, listener: JobListener, training: Job, tmp_path: Path
) -> None:
    """Ben reads that it began, the milestones and the end, each once; Ann reads the group."""
    notices.watch(training.id or 0, BEN, session=session)
    for _ in range(2):
        listener.started(training, session=session)
    epochs(training, [0.1 + 0.02 * n for n in range(15)], listener, session)
    finish(training, places, tmp_path, listener, session)
    heard = sent_to(BEN, session)
    assert "began: 30 epochs" in heard[0]
    assert len([text for text in heard if "half-way, 15 of 30 epochs" in text]) == 1
    assert "v1 is trained: finds 8 of 10 cats" in heard[-1]
    assert len(heard) == len(set(heard)) <= 6
    assert sent_to(ANN, session) == []
    assert "stopped early after 12 of 30 epochs" in card(training, session)


def test_in_private_is_where_the_result_goes(
    session: Session, places: Places, listener: JobListener, training: Job, tmp_path: Path
) -> None:
    """Ann chose that: the album is hers, the group has its card and one short line."""
    notices.change(ANN, place="private", session=session)
    listener.started(training, session=session)
    epochs(training, [0.1, 0.2], listener, session)
    finish(training, places, tmp_path, listener, session)
    album = outbox.get("plots:1", session=session)
    assert album is not None
    assert album.chat_id == ANN
    began = outbox.get(f"news:{training.id}:{ANN}:began", session=session)
    assert began is not None
    assert [[one["text"] for one in row] for row in began.payload["keyboard"]] == [
        ["✖ Stop", "📈 Curve"]
    ]
    group = sent_to(CHAT, session)
    assert "v1 is trained: finds 8 of 10 cats; 1 of 10" in group[1]
    assert "; mAP50 0.81. Ann has the rest in private" in group[1]
    assert projects.is_joined(ANN, project_of(training, session), session=session)
    packing = next(p.job for p in jobs.queue(session=session) if p.job.kind == "package")
    packing.error = "No converter."
    listener.failed(packing, session=session)
    result = outbox.get(f"result:1:{packing.id}", session=session)
    assert result is not None
    assert (result.chat_id, result.payload["loud"]) == (ANN, True)
    assert any(
        button["text"] == "🏅 Models" for row in result.payload["keyboard"] for button in row
    )


def test_where_admins_let_people_in_the_buttons_stay_out(
    session: Session, listener: JobListener, training: Job
) -> None:
    """Buttons that the private chat may not use are left out there; the cause is told."""
    project = project_of(training, session)
    settings.change(project, invite="admins")
    notices.change(ANN, place="private", session=session)
    training.error = "This machine ran out of memory."
    listener.failed(training, session=session)
    told = outbox.get(f"failed:{training.id}", session=session)
    assert told is not None
    assert (told.chat_id, told.payload["keyboard"]) == (ANN, [])
    members.set_role(project, ANN, "labeller", by=BEN, session=session)
    training.id = 77
    listener.failed(training, session=session)
    told = outbox.get("failed:77", session=session)
    assert told is not None
    assert told.payload["keyboard"] != []


def test_a_closed_private_chat_is_said_once(
    session: Session, places: Places, listener: JobListener, training: Job, tmp_path: Path
) -> None:
    """Ann never pressed Start: the group gets everything, and reads once how to change that."""
    notices.change(ANN, place="private", session=session)
    chats.unreachable(ANN, session=session)
    listener.started(training, session=session)
    epochs(training, [0.1] * 16, listener, session)
    finish(training, places, tmp_path, listener, session)
    assert sent_to(ANN, session) == []
    group = sent_to(CHAT, session)
    assert len([text for text in group if "I can't write to you in private" in text]) == 1
    album = outbox.get("plots:1", session=session)
    assert album is not None
    assert album.chat_id == CHAT


def test_only_results(
    session: Session, places: Places, listener: JobListener, training: Job, tmp_path: Path
) -> None:
    """No bar and no milestone for who wants none; the result comes as ever."""
    notices.change(ANN, place="results", session=session)
    listener.started(training, session=session)
    before = card(training, session)
    epochs(training, [0.1] * 16, listener, session)
    assert card(training, session) == before
    assert "only its end is told" in before
    assert len(training.told["curve"]) == 16
    finish(training, places, tmp_path, listener, session)
    assert "v1 trained" in card(training, session)
    assert outbox.get("plots:1", session=session) is not None


@pytest.mark.parametrize(("hour", "loud"), [(3, False), (12, True)])
def test_quiet_hours_are_without_a_sound(
    session: Session,
    listener: JobListener,
    training: Job,
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    loud: bool,
) -> None:
    """Ann's news come at once at any hour, in the group and in private; at night silently."""
    monkeypatch.setattr(desk, "now", lambda: datetime(2026, 1, 10, hour))
    for member in (ANN, BEN):
        notices.change(member, quiet_from=23 * 60, quiet_until=7 * 60, session=session)
    notices.watch(training.id or 0, BEN, session=session)
    training.error = "This machine ran out of memory."
    listener.failed(training, session=session)
    for key in (f"failed:{training.id}", f"news:{training.id}:{BEN}:end"):
        row = outbox.get(key, session=session)
        assert row is not None
        assert row.payload["loud"] is loud


def test_a_crash_brings_the_logs_end(
    session: Session, places: Places, listener: JobListener, training: Job
) -> None:
    """As a file beside the cause."""
    folder = places.jobs / str(training.id) / "1"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("Traceback\nValueError: no\n")
    training.error = "The work stopped because of an unexpected ValueError."
    listener.failed(training, session=session)
    row = outbox.get(f"log:{training.id}", session=session)
    assert row is not None
    assert (row.payload["kind"], row.payload["name"]) == ("document", f"job-{training.id}-log.txt")
    assert places.files.read(row.payload["file"]) == b"Traceback\nValueError: no\n"
    assert "last 2 lines" in row.payload["text"]


def test_watchers_hear_that_somebody_stopped_it(
    session: Session, listener: JobListener, training: Job
) -> None:
    """In private, once."""
    notices.watch(training.id or 0, BEN, session=session)
    for _ in range(2):
        listener.cancelled(training, session=session)
    assert len(sent_to(BEN, session)) == 1
    assert "was stopped" in sent_to(BEN, session)[0]


def test_who_asked_in_private_hears_it_there_once(
    session: Session, listener: JobListener, training: Job
) -> None:
    """A training of a private chat has no second audience in the same chat."""
    training.chat_id = ANN
    notices.watch(training.id or 0, ANN, session=session)
    notices.change(ANN, place="private", session=session)
    listener.started(training, session=session)
    epochs(training, [0.5] * 16, listener, session)
    assert len(sent_to(ANN, session)) == 1
    assert "🔔" not in str(outbox.get(f"job:{training.id}", session=session).payload)  # type: ignore[union-attr]  # asserted by the line above


def test_what_is_kept_survives_the_row(training: Job) -> None:
    """What is told is plain JSON that reads as what it was."""
    told, _ = milestones.follow(milestones.Told(before=(3, 0.4)), milestones.Point(1, 0.5), 9)
    assert milestones.read(milestones.write(told)) == told


def test_audience_falls_back_once_a_message_is_refused(
    session: Session, listener: JobListener, training: Job
) -> None:
    """What was whole goes to the group; of mere news the group reads no copy."""
    notices.change(ANN, place="private", session=session)
    notices.watch(training.id or 0, BEN, session=session)
    training.error = "This machine ran out of memory."
    listener.failed(training, session=session)
    for key in (f"failed:{training.id}", f"news:{training.id}:{BEN}:end"):
        row = outbox.get(key, session=session)
        assert row is not None
        for _ in range(2):
            audience.undelivered(row, session=session)
    group = sent_to(CHAT, session)
    assert len([text for text in group if "ran out of memory" in text]) == 1
    assert [text.partition(",")[0] for text in group if "can't write to you" in text] == [
        "Ann",
        "Ben",
    ]
