"""What a training starts from: COCO's weights, a model of the project, or nothing."""

import re
from typing import Any

from sqlmodel import Session

from pipeline.errors import SpecError
from storage import registry
from storage.models import Job, Model, Project

COCO, LAST, NONE = "coco", "last", "none"
HOW = "start= is coco, last, none or a model such as v3"


def check(said: str | None) -> str | None:
    """The start that a word means; None, which stands for the usual one, stays.

    Raises:
        SpecError: it means none.
    """
    if said is None or said in (COCO, LAST, NONE) or re.fullmatch(r"v[1-9]\d{0,5}", said):
        return said
    raise SpecError(f"{HOW}, for example start=last.")


def model(project: Project, start: str, architecture: str, *, session: Session) -> Model:
    """The project's model that `start` (`last`, `v3`) names.

    Args:
        project: whose models count.
        start: as `check` gives it, neither `coco` nor `none`.
        architecture: what shall be trained; empty takes whatever the model is.
        session: an open one.

    Raises:
        SpecError: there is no such model, or it is of another architecture.
    """
    assert project.id is not None
    if start == LAST:
        found = registry.current(project.id, session=session)
        missing = "There is no model to go on from yet: leave start= out for the first one."
    else:
        found = registry.numbered(project.id, int(start[1:]), session=session)
        missing = f"There is no {start} to start from: /models lists what there is."
    if found is None:
        raise SpecError(missing)
    if architecture and found.architecture != architecture:
        raise SpecError(
            f"v{found.number} is a {found.architecture}, so it can't start a {architecture}: "
            f"send model={found.architecture}, or leave start= out."
        )
    return found


def as_spec(job: Job, *, session: Session) -> dict[str, Any]:
    """The fields of a TrainSpec that say where the training of `job` starts.

    Raises:
        SpecError: the model it should start from was taken away since.
    """
    start = str(job.request.get("start", COCO))
    if start in (COCO, NONE):
        return {"start": "scratch" if start == NONE else "auto"}
    found = registry.numbered(job.project_id or 0, int(start[1:]), session=session)
    if found is None:
        raise SpecError(f"The model {start} that it should start from is gone; please train anew.")
    return {"start": "model", "start_key": found.weights_key, "start_name": start}
