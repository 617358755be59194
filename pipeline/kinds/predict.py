"""Predict jobs: one picture comes back with boxes."""

from pathlib import Path

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.jobs.spec import PredictSpec, WeightsRef
from pipeline.kinds.places import Places
from storage import registry
from storage.models import Job, Model


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> PredictSpec:
    """The spec: the project's model in use on the picture at `request["picture"]`.

    Raises:
        UserError: the project has no model yet.
    """
    assert job.project_id is not None
    model = registry.current(job.project_id, session=session)
    if model is None:
        raise UserError("There is no model yet. /train makes the first one.")
    # Another may be in use by the time the picture comes back.
    job.request = {**job.request, "model_id": model.id}
    session.add(job)
    return PredictSpec(
        store=places.store,
        weights=WeightsRef(
            key=model.weights_key, architecture=model.architecture, classes=model.details["classes"]
        ),
        imgsz=model.imgsz,
        picture=job.request["picture"],
    )


def model_of(job: Job, *, session: Session) -> Model | None:
    """The model that looked at the picture; jobs of earlier releases do not tell: the one in use.

    None where the project has none any more.
    """
    model_id = job.request.get("model_id")
    if model_id:
        return session.get(Model, model_id)
    return registry.current(job.project_id or 0, session=session)
