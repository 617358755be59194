"""Labelled data, a training and models in the database, for tests of what comes around them."""

from sqlmodel import Session

from pipeline import dataset
from pipeline.kinds import train
from pipeline.kinds.places import Places
from storage import jobs
from storage.models import DatasetVersion, Job, Model, Project
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


def labelled_project(session: Session, pictures: int, *, boxes: int = 1) -> Project:
    """A project of cats with so many labelled pictures."""
    project = make_project(session, "cat")
    source = make_source(session, project, trust="yes")
    for _ in range(pictures):
        make_image(session, source, boxes=boxes)
    return project


def quick_training(session: Session, places: Places) -> Job:
    """A queued training on the data of a labelled project."""
    project = labelled_project(session, 12, boxes=2)
    return train.queue(
        project,
        dataset.build(project, files=places.files, session=session),
        train.choose("quick"),
        chat_id=CHAT,
        member_id=ANN,
        idempotency_key="t",
        session=session,
    )


def make_model(
    session: Session,
    project: Project,
    data: DatasetVersion,
    number: int,
    *,
    architecture: str = "yolov8n",
    imgsz: int = 320,
) -> Model:
    """A model that was trained before; its training waits in the queue."""
    job = jobs.create(
        kind="train",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={},
        session=session,
    )
    model = Model(
        project_id=project.id or 0,
        number=number,
        job_id=job.id or 0,
        dataset_id=data.id or 0,
        architecture=architecture,
        imgsz=imgsz,
        weights_key=f"aa/v{number}.pt",
        page_token=f"token{number}",
    )
    session.add(model)
    session.flush()
    return model
