"""A wrong answer of `/predict` becomes labels: its photo is added, its boxes are asked about."""

from pathlib import Path

from sqlmodel import Session, col, select

from bot import access
from bot.adding import Wanted, queue_source
from bot.turn import Turn
from pipeline.errors import UserError
from pipeline.jobs.spec import PredictResult
from pipeline.kinds import predict
from pipeline.labelling import deal
from pipeline.labelling.deal import Hand, Question
from storage import images, projects
from storage.models import Drawing, Image, Job, Source, Upload

KIND = "correction"


class PhotoGone(UserError):
    """I don't have that photo any more. Send it again with the caption /predict."""


def tap_correct(turn: Turn, args: list[str]) -> str:
    """✏️ Correct it: the number of the predict job."""
    project = turn.project
    access.check_may_vote(turn, project)
    job = turn.session.get(Job, int(args[0]))
    if job is None or job.kind != "predict" or job.project_id != project.id:
        raise PhotoGone
    if _asked(job, turn.session) is not None:
        return "It's on its way to a sheet already."
    path = Path(str(job.request["picture"]))
    # One look at the disk: the photo is swept after a while.
    if not path.is_file():
        raise PhotoGone
    source_id = queue_source(
        project,
        kind=KIND,
        what=_what(job),
        title="corrections",
        wanted=Wanted(what="", every_s=None, max_images=None, trust=None),
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        key=_what(job),
        session=turn.session,
    )
    turn.session.add(
        Upload(
            chat_id=turn.chat.id,
            member_id=turn.member.id,
            message_id=int(job.request["message_id"]),
            project_id=project.id,
            source_id=source_id,
            file_id="",
            name=path.name,
            path=str(path),
            done=True,
        )
    )
    return "Thank you! A sheet with its boxes comes in a moment."


def _what(job: Job) -> str:
    return f"try:{job.id}"


def _asked(job: Job, session: Session) -> Source | None:
    query = select(Source).where(
        Source.project_id == job.project_id,
        Source.kind == KIND,
        Source.what == _what(job),
        col(Source.state).not_in(("failed", "removed")),
    )
    return session.exec(query).first()


def ask_about(source: Source, collect: Job, *, session: Session) -> bool:
    """The photo is here: ask about what the model saw on it, or for a drawing where it saw nothing.

    Returns False where the photo was in the project already, or shows nothing new.
    """
    query = select(Image).where(Image.source_id == source.id).limit(1)
    image = session.exec(query).first()
    tried = session.get(Job, int(source.what.partition(":")[2]))
    if image is None or image.id is None or tried is None:
        return False
    image.proposed, image.rank = True, 1.0
    boxes = _boxes(image, tried, session)
    session.flush()
    if boxes:
        hand = Hand(
            projects.get(source.project_id, session=session),
            collect.chat_id,
            collect.member_id if collect.chat_id > 0 else 0,
            key=f"label:{source.what}",
        )
        deal.lay(hand, Question("box", boxes[: deal.TILES]), session=session)
    else:
        session.add(
            Drawing(
                project_id=source.project_id,
                chat_id=collect.chat_id,
                member_id=collect.member_id if collect.chat_id > 0 else 0,
                image_id=image.id,
            )
        )
    return True


def _boxes(image: Image, tried: Job, session: Session) -> list[int]:
    result = PredictResult.model_validate(tried.result)
    model = predict.model_of(tried, session=session)
    rows: list[dict[str, object]] = [
        {
            "project_id": image.project_id,
            "image_id": image.id,
            "label": box.label,
            "x1": box.xyxy[0],
            "y1": box.xyxy[1],
            "x2": box.xyxy[2],
            "y2": box.xyxy[3],
            "origin": "model",
            "score": box.score,
            "model_id": model.id if model else None,
        }
        for box in result.boxes
    ]
    images.add_boxes(rows, session=session)
    return images.box_ids(image.id or 0, session=session)
