"""Train jobs: from a dataset version to a model."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlmodel import Session

from pipeline import families
from pipeline.errors import SpecError
from pipeline.jobs.spec import TrainResult, TrainSpec
from pipeline.kinds import promotion, so_far, starts
from pipeline.kinds.places import Places, made
from pipeline.kinds.starts import COCO, NONE
from pipeline.tuning import Value
from storage import datasets, jobs, registry
from storage.models import DatasetVersion, Job, Model, Project

MAX_EPOCHS = 1000
MAX_IMGSZ = 1280
GO_ON_EPOCHS = 25


@dataclass(frozen=True)
class Choice:
    """What a person asked to train with.

    `architecture` is empty where the model that it starts from decides. `start`: `coco`, `none`,
    `last` or a model of the project such as `v3`. `args`: ultralytics' words (pipeline/tuning.py).
    """

    preset: str
    epochs: int
    imgsz: int
    architecture: str = "yolov8n"
    start: str = COCO
    args: Mapping[str, Value] = field(default_factory=dict)


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
    start: str | None = None,
    args: Mapping[str, Value] | None = None,
) -> Choice:
    """A preset with what was asked otherwise.

    Args:
        preset: a name of PRESETS.
        epochs: how often each picture is seen.
        imgsz: the side of the model's input in pixels.
        architecture: a model in any usual spelling.
        start: what it starts from; None takes COCO's weights where there are any.
        args: what else is tuned, as tuning.read gives it.

    Raises:
        SpecError: a number out of range, a model that is not trained here, or a start it lacks.
    """
    base = PRESETS[preset]
    epochs = base.epochs if epochs is None else epochs
    imgsz = base.imgsz if imgsz is None else imgsz
    if not 1 <= epochs <= MAX_EPOCHS:
        raise SpecError(f"epochs must be from 1 to {MAX_EPOCHS}, for example epochs=25.")
    if imgsz % 32 or not 64 <= imgsz <= MAX_IMGSZ:
        raise SpecError(
            f"imgsz must be a multiple of 32 from 64 to {MAX_IMGSZ}, for example imgsz=320."
        )
    start = starts.check(start)
    if architecture is None and start not in (None, COCO, NONE):
        return Choice(preset, epochs, imgsz, "", start, args or {})
    model = families.find(base.architecture if architecture is None else architecture)
    start = start or (COCO if model.weights else NONE)
    if start == COCO and not model.weights:
        raise SpecError(
            f"There are no COCO weights of {model.name}: leave start= out, or take another model."
        )
    return _checked(Choice(preset, epochs, imgsz, model.name, start, args or {}))


def go_on(model: Model) -> Choice:
    """Some more epochs with a model of the project, at its own size."""
    return Choice("quick", GO_ON_EPOCHS, model.imgsz, model.architecture, f"v{model.number}")


def settle(choice: Choice, project: Project, *, session: Session) -> Choice:
    """The choice with the model that it starts from, if any, by its number.

    Raises:
        SpecError: there is no such model, or it is another architecture than the one wanted.
    """
    if choice.start in (COCO, NONE):
        return choice
    first = starts.model(project, choice.start, choice.architecture, session=session)
    return _checked(replace(choice, architecture=first.architecture, start=f"v{first.number}"))


def _checked(choice: Choice) -> Choice:
    """The same, when its model can see pictures of that size.

    Raises:
        SpecError: naming a size that it can.
    """
    model = families.check(choice.architecture)
    families.check_size(model, choice.imgsz)
    shrink = float(choice.args.get("multi_scale", 0))
    if choice.imgsz * (1 - shrink) < model.smallest:
        raise SpecError(
            f"multi_scale={shrink:g} would shrink pictures under the {model.smallest} pixels that "
            f"{model.name} needs: take a larger imgsz= or a smaller multi_scale=."
        )
    return choice


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

    Raises:
        SpecError: the model that it should start from is not there, or does not fit.
    """
    choice = settle(choice, project, session=session)
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
            "start": choice.start,
            "args": dict(choice.args),
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
    # Jobs of earlier releases say nothing of either.
    args = dict(job.request.get("args", {}))
    own = {name: args.pop(name) for name in ("batch", "patience", "seed") if name in args}
    if smaller := job.checkpoint.get("batch"):
        # An earlier attempt found too little memory for more.
        own["batch"] = smaller
    classes = datasets.read(dataset, files=places.files)["classes"]
    return TrainSpec(
        **starts.as_spec(job, session=session),
        **own,
        args=args,
        store=places.store,
        manifest=dataset.key,
        architecture=job.request["architecture"],
        epochs=job.request["epochs"],
        imgsz=job.request["imgsz"],
        weights_folder=str(places.weights),
        offline=places.offline,
        resume=so_far.resume(job),
        rival=promotion.rival_for(job, classes, session=session),
    )


def bring(result: TrainResult, folder: Path, places: Places) -> None:
    """Copy weights and plots into the store, which `keep` then finds there; blocks."""
    for name in (result.weights, *result.plots):
        places.files.put_file(made(folder, name))


def keep(job: Job, result: TrainResult, folder: Path, places: Places, *, session: Session) -> Model:
    """The trained model, with its weights and plots in the store."""
    assert job.id is not None
    assert job.project_id is not None
    model = registry.of_job(job.id, session=session)
    if model is not None:
        return model
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
        weights_key=places.files.put_file(made(folder, result.weights)),
        metrics=figures,
        details={
            "classes": datasets.read(dataset, files=places.files)["classes"],
            "start_weights": result.start_weights,
            "start": job.request.get("start", COCO),
            "args": job.request.get("args", {}),
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "asked": result.asked,
            "stopped_early": result.stopped_early,
            "batch": result.batch,
            "seconds": result.seconds,
            "versions": result.versions,
            "near_copies": result.near_copies,
            "against": against,
            "arguments": result.arguments,
            "confusions": [confusion.model_dump() for confusion in result.confusions],
            "plots": [places.files.put_file(made(folder, plot)) for plot in result.plots],
        },
        promoted=promoted,
        page_token=secrets.token_urlsafe(16),
    )
    session.add(model)
    session.flush()
    return model
