"""The first model comes by itself: once enough is drawn by hand and nothing else could guess."""

from sqlmodel import Session, col, select

from pipeline import dataset as datasets_made
from pipeline.errors import DatasetError
from pipeline.jobs import estimate
from pipeline.kinds import train
from pipeline.kinds.train import Choice
from pipeline.labelling import coco
from pipeline.labelling.drawings import GOAL
from storage import figures, looks, registry, settings
from storage.files import FileStore
from storage.models import DatasetVersion, Job, Project

KEY = "autotrain:"
"""What the key of a training that the bot began by itself starts with."""

BUDGET_S = 300.0
"""People who drew wait for it."""
SIZES = (320, 256, 192)
PICTURES_SEEN = 4_000
"""A model from nothing needs to see so many, however few different ones there are."""
MOST_EPOCHS, LEAST_EPOCHS = 200, 40


def queue(
    project: Project, *, member_id: int, files: FileStore, session: Session
) -> tuple[Job, Choice, DatasetVersion] | None:
    """Queue the project's first training; None when it is not due. It is queued once at most."""
    if not due(project, session=session):
        return None
    try:
        dataset = datasets_made.build(project, files=files, session=session)
    except DatasetError:
        return None  # all that was drawn on was empty
    choice = choose(dataset, session=session)
    job = train.queue(
        project,
        dataset,
        choice,
        chat_id=project.chat_id,
        member_id=member_id,
        idempotency_key=f"{KEY}{project.id}",
        session=session,
    )
    return job, choice, dataset


def due(project: Project, *, session: Session) -> bool:
    """Whether enough was drawn, nothing else can guess, and nobody has trained yet."""
    assert project.id is not None
    if not settings.of(project).autotrain or not project.classes:
        return False
    # One that was stopped or failed counts too: that was somebody's decision, or needs one.
    trained = select(Job.id).where(Job.project_id == project.id, Job.kind == "train").limit(1)
    if session.exec(trained).first() is not None:
        return False
    if registry.latest(project.id, session=session) is not None or _coco(project, session):
        return False
    if figures.drawn_pictures(project.id, session=session) < GOAL:
        return False
    return bool(looks.waiting(project.id, after=0, limit=1, session=session))


def _coco(project: Project, session: Session) -> bool:
    """Whether COCO's weights know every class, and could be had here when they were wanted."""
    if len(set(coco.matching(project.classes))) < len(project.classes):
        return False
    query = select(Job).where(Job.project_id == project.id, Job.kind == "propose")
    last = session.exec(query.order_by(col(Job.id).desc()).limit(1)).first()
    if last is None or last.state in ("failed", "cancelled"):
        return False
    return not last.result.get("weights_missing")


def choose(dataset: DatasetVersion, *, session: Session) -> Choice:
    """As much as these minutes hold on this machine: smaller pictures before too few epochs."""
    images = estimate.pictures(dataset.summary)
    wanted = max(LEAST_EPOCHS, min(MOST_EPOCHS, PICTURES_SEEN // max(1, images)))
    for size in SIZES:
        epochs = min(wanted, _within_budget(images, size, session))
        if epochs >= LEAST_EPOCHS:
            return train.choose("quick", epochs=epochs, imgsz=size)
    return train.choose("quick", epochs=LEAST_EPOCHS, imgsz=SIZES[-1])


def _within_budget(images: int, size: int, session: Session) -> int:
    """How many epochs the budget holds; all that may be wanted while nothing was measured."""
    first, second = (
        estimate.seconds(images, epochs, size, "yolov8n", session=session).seconds
        for epochs in (1, 2)
    )
    if first is None or second is None or second <= first:
        return MOST_EPOCHS
    return max(0, int((BUDGET_S - first) / (second - first)) + 1)
