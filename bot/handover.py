"""What becomes of files that are here: one function a purpose, each within a transaction."""

from collections import defaultdict
from datetime import timedelta

from sqlmodel import Session

from bot.adding import options_in, parse, queue_source
from bot.messages import collect as collect_words
from bot.messages import drawing as drawing_words
from bot.originals import Original
from pipeline.errors import DrawingError
from pipeline.labelling import drawings
from pipeline.labelling import understood as reading
from pipeline.labelling.inkclass import class_of
from pipeline.labelling.said import class_meant
from pipeline.labelling.stroke import Ink
from storage import chats, jobs, outbox, projects, uploads
from storage.models import Drawing, Project, Upload, now

BESIDE = "All of that ink lies beside the picture. Please circle the objects on it."
QUIET = timedelta(seconds=1.5)


def id_of(row: Upload) -> int:
    """The number of a stored upload."""
    assert row.id is not None
    return row.id


def bursts(rows: list[Upload]) -> list[list[Upload]]:
    """What arrived together, where it is all here and nothing new came for a moment."""
    found: dict[tuple[int, int | None], list[Upload]] = defaultdict(list)
    for row in rows:
        if row.purpose == "add" or row.error:
            found[row.chat_id, row.project_id].append(row)
    return [
        burst
        for burst in found.values()
        if max(row.created_at for row in burst) + QUIET <= now()
        and all(row.path or row.error for row in burst)
    ]


def _project(row: Upload, session: Session) -> Project | None:
    return projects.get(row.project_id, session=session) if row.project_id else None


def predict(row: Upload, session: Session) -> None:
    """Queue the look at a photo."""
    jobs.create(
        kind="predict",
        project_id=row.project_id,
        chat_id=row.chat_id,
        member_id=row.member_id,
        request={"picture": row.path, "message_id": row.message_id},
        idempotency_key=f"predict:{row.id}",
        session=session,
    )
    uploads.settle([id_of(row)], session=session)


def take(burst: list[Upload], session: Session) -> None:
    """One source of all that arrived; what could not be fetched is told."""
    good = [row for row in burst if row.path and not row.error]
    bad = [row.error for row in burst if row.error]
    project = _project(burst[0], session)
    if good and project is not None:
        title = (
            good[0].name
            if len(good) == 1
            else f"{len(good)} files from {chats.name_of(good[0].member_id, session=session)}"
        )
        source_id = queue_source(
            project,
            kind="upload",
            what=", ".join(row.name for row in good)[:500],
            title=title,
            # Each was checked when it was sent; see handlers/files.py.
            wanted=parse(options_in(" ".join(row.words for row in good))),
            chat_id=good[0].chat_id,
            member_id=good[0].member_id,
            key=f"burst:{burst[0].id}",
            session=session,
        )
        uploads.settle([id_of(row) for row in good], source_id=source_id, session=session)
    refuse([id_of(row) for row in burst if row.error or project is None], bad, session)


def refuse(upload_ids: list[int], sentences: list[str], session: Session) -> None:
    """Settle uploads that come to nothing, and say why."""
    if not upload_ids:
        return
    row = uploads.get(upload_ids[0], session=session)
    uploads.settle(upload_ids, session=session)
    if sentences:
        told = collect_words.uploads_failed(_project(row, session), sentences)
        outbox.put(f"burst:{row.id}:bad", row.chat_id, told, session=session)


def as_photo(row: Upload, session: Session) -> None:
    """It answers no request: it joins what is to be added."""
    row.purpose, row.drawing_id, row.created_at = "add", None, now()
    session.add(row)


def unreadable(row: Upload, drawing_id: int | None, sentence: str, session: Session) -> None:
    """Say why a drawing was not understood, as a reply to it."""
    project = projects.get(_meant(row, drawing_id, session), session=session)
    problem = drawing_words.draw_problem(project, sentence, reply_to=row.message_id)
    outbox.put(f"ink:{row.id}", row.chat_id, problem, session=session)
    uploads.settle([id_of(row)], session=session)


def _meant(row: Upload, drawing_id: int | None, session: Session) -> int:
    """The project of the drawing, whatever the chat worked on when the photo came."""
    drawing = session.get(Drawing, drawing_id) if drawing_id is not None else None
    project_id = drawing.project_id if drawing is not None else row.project_id
    assert project_id is not None
    return project_id


def understood(row: Upload, original: Original, ink: Ink, session: Session) -> None:
    """Keep what a drawing's strokes were understood as; marks that surround nothing are told.

    Raises:
        DrawingClosed: it was settled meanwhile.
        UnknownClass: its caption names none of the classes.
        DrawingError: all of it lies beside the picture.
    """
    drawing = drawings.get(original.drawing_id, session=session)
    project = projects.get(drawing.project_id, session=session)
    said = class_meant(project.classes, row.words)
    boxes, labels = [], []
    for stroke in ink.strokes:
        box = original.place(stroke.box)
        if box is not None:
            boxes.append(box)
            labels.append(said or class_of(stroke.colour, project.classes))
    if not boxes:
        raise DrawingError(BESIDE)
    if ink.unclear:
        note = drawing_words.marks_left_out(project, ink.unclear, reply_to=row.message_id)
        outbox.put(f"ink:{row.id}", row.chat_id, note, session=session)
    uploads.settle([id_of(row)], session=session)
    reading.read(drawing, boxes, labels, add=original.adds, session=session)
