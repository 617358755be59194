"""Train jobs: from a dataset version to a model."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from pipeline.errors import SpecError
from pipeline.jobs.spec import TrainResult, TrainSpec
from pipeline.kinds import promotion
from pipeline.kinds.places import Places
from storage import datasets, jobs, registry
from storage.models import DatasetVersion, Job, Model, Project

MAX_EPOCHS = 1000
ARCHITECTURES = tuple(f"yolov8{size}" for size in "nsmlx")


@dataclass(frozen=True)
class Choice:
    """What a person asked to train with."""

    preset: str
    epochs: int
    imgsz: int
    architecture: str = "yolov8n"


PRESETS = {
    "quick": Choice("quick", epochs=25, imgsz=320),
    "balanced": Choice("balanced", epochs=80, imgsz=480),
    "best": Choice("best", epochs=200, imgsz=640, architecture="yolov8s"),
}


def choose(
    preset: str,
    *,
    epochs: int | None = None,
    imgsz: int | None = None,
    architecture: str | None = None,
) -> Choice:
    """A preset with what was asked otherwise.

    Raises:
        SpecError: a number out of range or a model that is not trained here.
    """
    base = PRESETS[preset]
    epochs = base.epochs if epochs is None else epochs
    imgsz = base.imgsz if imgsz is None else imgsz
    architecture = base.architecture if architecture is None else architecture
    if not 1 <= epochs <= MAX_EPOCHS:
        raise SpecError(f"epochs must be from 1 to {MAX_EPOCHS}, for example epochs=25.")
    if imgsz % 32 or not 64 <= imgsz <= 1280:
        raise SpecError("imgsz must be a multiple of 32 from 64 to 1280, for example imgsz=320.")
    if architecture not in ARCHITECTURES:
        raise SpecError(f"model must be one of {', '.join(ARCHITECTURES)}.")
    return Choice(preset, epochs, imgsz, architecture)


def queue(
    project: Project,
    dataset: DatasetVersion,
    choice: Choice,
    *,
    chat_id: int,
    member_id: int,
    idempotency_key: str,
    restored: bool = False,
    schedule_id: int | None = None,
    session: Session,
) -> Job:
    """Queue a training of this dataset version; `restored`: somebody brought it back for that.

    `schedule_id`: the schedule by which it comes, where nobody asked for it now.
    """
    return jobs.create(
        kind="train",
        project_id=project.id,
        chat_id=chat_id,
        member_id=member_id,
        request={
            "dataset_id": dataset.id,
            "restored": restored,
            **({"schedule": schedule_id} if schedule_id is not None else {}),
            "preset": choice.preset,
            "epochs": choice.epochs,
            "imgsz": choice.imgsz,
            "architecture": choice.architecture,
        },
        idempotency_key=idempotency_key,
        session=session,
    )


def missed(job: Job, *, session: Session) -> None:
    """Nothing came of a training: a version that was restored for it waits for the next."""
    project = session.get(Project, job.project_id)
    if job.request.get("restored") and project is not None and project.restored_id is None:
        project.restored_id = job.request["dataset_id"]
        session.add(project)


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> TrainSpec:
    """The spec of a train job."""
    dataset = datasets.get(job.request["dataset_id"], session=session)
    classes = datasets.read(dataset, files=places.files)["classes"]
    return TrainSpec(
        store=places.store,
        manifest=dataset.key,
        architecture=job.request["architecture"],
        epochs=job.request["epochs"],
        imgsz=job.request["imgsz"],
        weights_folder=str(places.weights),
        offline=places.offline,
        rival=promotion.rival_for(job, classes, session=session),
    )


def keep(job: Job, result: TrainResult, folder: Path, places: Places, *, session: Session) -> Model:
    """The trained model, with its weights and plots in the store."""
    assert job.id is not None
    assert job.project_id is not None
    model = registry.of_job(job.id, session=session)
    if model is not None:
        return model
    out = folder / "out"
    dataset = datasets.get(job.request["dataset_id"], session=session)
    figures = {
        "val": result.val.model_dump() if result.val else None,
        "test": result.test.model_dump() if result.test else None,
    }
    promoted, against = promotion.verdict(job, result, session=session)
    model = Model(
        project_id=job.project_id,
        number=registry.next_number(job.project_id, session=session),
        job_id=job.id,
        dataset_id=job.request["dataset_id"],
        architecture=result.architecture,
        imgsz=result.imgsz,
        weights_key=places.files.put_file(out / result.weights),
        metrics=figures,
        details={
            "classes": datasets.read(dataset, files=places.files)["classes"],
            "start_weights": result.start_weights,
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "seconds": result.seconds,
            "versions": result.versions,
            "near_copies": result.near_copies,
            "against": against,
            "arguments": result.arguments,
            "confusions": [confusion.model_dump() for confusion in result.confusions],
            "plots": [places.files.put_file(out / plot) for plot in result.plots],
        },
        promoted=promoted,
        page_token=secrets.token_urlsafe(16),
    )
    session.add(model)
    session.flush()
    return model
