"""Predict jobs: one picture comes back with boxes."""

from pathlib import Path

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.jobs.spec import PredictSpec, WeightsRef
from pipeline.kinds.places import Places
from storage import registry
from storage.models import Job


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> PredictSpec:
    """The spec: the project's newest model on the picture at `request["picture"]`.

    Raises:
        UserError: the project has no model yet.
    """
    assert job.project_id is not None
    model = registry.latest(job.project_id, session=session)
    if model is None:
        raise UserError("There is no model yet. /train makes the first one.")
    return PredictSpec(
        store=places.store,
        weights=WeightsRef(
            key=model.weights_key, architecture=model.architecture, classes=model.details["classes"]
        ),
        imgsz=model.imgsz,
        picture=job.request["picture"],
    )
