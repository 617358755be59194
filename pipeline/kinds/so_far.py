"""What a training has so far, by its checkpoint: where it goes on, and the best model it leaves."""

import logging
import secrets
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlmodel import Session

from pipeline.errors import LostWorker
from pipeline.jobs import history
from pipeline.jobs.checkpoint import BEST, HISTORY, Unreadable, begun, fetch
from pipeline.jobs.spec import Figures, Resume
from pipeline.kinds.places import Places
from storage import datasets, registry
from storage.models import DatasetVersion, Job, Json, Model

log = logging.getLogger(__name__)


def resume(job: Job) -> Resume | None:
    """Where the next attempt goes on; None: it begins anew."""
    places: list[Json] = [job.checkpoint.get("before", {}), job.checkpoint]
    found = None
    for place in places:
        if place.get("folder"):
            found = Resume(epoch=place["epoch"], folder=place["folder"], before=found)
    return found


class Best(BaseModel):
    """What was brought of the checkpoint `asked` for, or of one before it.

    `weights_key`: of the best weights in the store; None where nothing could be had.
    """

    asked: str
    weights_key: str | None = None
    table: str = ""
    begun: dict[str, Any] = {}


def bring(job: Job, places: Places) -> None:
    """Have the best model so far in the store before the transaction that ends a training.

    Blocks for as long as the checkpoint's place takes. What came is noted in the attempt's folder,
    so that `keep_best` finds it, also after a kill in between; doing it again changes nothing.
    """
    checkpoint = resume(job)
    if checkpoint is None:
        return
    known = _noted(job, checkpoint, places)
    if known is None or known.weights_key is None:
        note = _note(job, places)
        note.parent.mkdir(parents=True, exist_ok=True)
        half = note.with_suffix(".half")
        half.write_text(_fetch(job, checkpoint, places).model_dump_json())
        half.replace(note)


def keep_best(job: Job, places: Places, *, session: Session) -> Model | None:
    """The best model of a training that will not be finished; None where there is none yet.

    Its figures are those of its epoch on the val part, and its details say `stopped_at`. It is not
    promoted where the project has another. Doing it again changes nothing, and a checkpoint that
    cannot be had is no reason for the job not to end. What `bring` has not brought is fetched here.
    """
    assert job.id is not None
    known = registry.of_job(job.id, session=session)
    if known is not None:
        return known
    checkpoint = resume(job)
    if checkpoint is None:
        return None
    best = _noted(job, checkpoint, places) or _fetch(job, checkpoint, places)
    if best.weights_key is None:
        return None
    try:
        return _keep(job, best, places, session=session)
    except (ValueError, OSError) as error:
        log.warning("job %s: the best model so far cannot be kept: %s", job.id, error)
        return None


def _note(job: Job, places: Places) -> Path:
    # With the attempt, whose folder is emptied before another life of the database uses it.
    return places.jobs / str(job.id) / str(job.attempt) / "best.json"


def _noted(job: Job, checkpoint: Resume, places: Places) -> Best | None:
    """What was brought of this very checkpoint and is still there."""
    try:
        best = Best.model_validate_json(_note(job, places).read_bytes())
        if best.weights_key is not None:
            places.files.size(best.weights_key)
    except (OSError, ValidationError):
        return None
    return best if best.asked == checkpoint.folder else None


def _fetch(job: Job, newest: Resume, places: Places) -> Best:
    checkpoint: Resume | None = newest
    while checkpoint is not None:
        try:
            with tempfile.TemporaryDirectory(prefix="taptrain-best-") as folder:
                weights, table = Path(folder) / BEST, Path(folder) / HISTORY
                fetch(checkpoint.folder, BEST, weights)
                fetch(checkpoint.folder, HISTORY, table)
                # Cut short by a power cut it may be empty: then the one before has to do.
                history.best(history.read(table.read_text()))
                return Best(
                    asked=newest.folder,
                    weights_key=places.files.put_file(weights),
                    table=table.read_text(),
                    begun=begun(checkpoint.folder, Path(folder) / "begun.json"),
                )
        except (Unreadable, LostWorker, ValueError, OSError) as error:
            log.warning("job %s: the best model so far cannot be kept: %s", job.id, error)
        checkpoint = checkpoint.before
    return Best(asked=newest.folder)


def _keep(job: Job, brought: Best, places: Places, *, session: Session) -> Model:
    assert job.id is not None
    assert job.project_id is not None
    assert brought.weights_key is not None
    epochs, about = history.read(brought.table), brought.begun
    best = history.best(epochs)
    dataset = datasets.get(job.request["dataset_id"], session=session)
    model = Model(
        project_id=job.project_id,
        number=registry.next_number(job.project_id, session=session),
        job_id=job.id,
        dataset_id=job.request["dataset_id"],
        architecture=job.request["architecture"],
        imgsz=job.request["imgsz"],
        weights_key=brought.weights_key,
        metrics={"val": _figures(best, dataset), "test": None},
        details={
            "classes": datasets.read(dataset, files=places.files)["classes"],
            "start_weights": about.get("start_weights", "unknown"),
            "epochs": len(epochs),
            "asked": job.request["epochs"],
            "stopped_at": len(epochs),
            "best_epoch": best.number,
            "seconds": epochs[-1].seconds,
            "versions": about.get("versions", {}),
            "near_copies": {},
            "plots": [],
        },
        # Half a training is not what the project should work with while it has a whole one.
        promoted=registry.current(job.project_id, session=session) is None,
        page_token=secrets.token_urlsafe(16),
    )
    session.add(model)
    session.flush()
    return model


def _figures(best: history.Epoch, dataset: DatasetVersion) -> dict[str, Any] | None:
    val = dataset.summary["parts"]["val"]
    if not val["boxes"]:
        # The library judged the pictures it learned from.
        return None
    return Figures(
        part="val",
        images=val["images"],
        boxes=val["boxes"],
        precision=best.precision,
        recall=best.recall,
        map50=best.map50,
        map50_95=best.map50_95,
    ).model_dump()
