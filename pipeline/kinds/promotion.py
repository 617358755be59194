"""Whether a new model takes the place of the one in use."""

from dataclasses import dataclass

from sqlmodel import Session

from pipeline.jobs.spec import Figures, RivalRef, TrainResult
from storage import registry
from storage.models import Job, Json, Model

SURE = 30
"""With fewer boxes chance decides."""
CLEARLY = 0.02
"""So much less mAP50-95 is worse, not noise."""


def rival_for(job: Job, classes: list[str], *, session: Session) -> RivalRef | None:
    """The model in use, to be judged beside the new one; None where that would be unfair.

    The job remembers which it was: another may be in use by the time the result comes.
    """
    assert job.project_id is not None
    model = registry.current(job.project_id, session=session)
    if model is None or model.details.get("classes") != classes:
        return None
    job.request = {**job.request, "rival_id": model.id}
    session.add(job)
    return RivalRef(
        key=model.weights_key, architecture=model.architecture, classes=classes, imgsz=model.imgsz
    )


def better(new: Figures | None, old: Figures | None, *, scheduled: bool) -> bool:
    """Whether the new model is to be used, by figures on the same pictures.

    Args:
        new: of the model that was trained just now.
        old: of the one in use; either is None where nothing could be judged.
        scheduled: nobody asked for this training, so it has to be better; else it is enough that
            it is not clearly worse.
    """
    if new is None or old is None:
        return True
    if scheduled:
        return new.map50_95 > old.map50_95
    return old.boxes < SURE or new.map50_95 >= old.map50_95 - CLEARLY


@dataclass(frozen=True)
class Against:
    """What a model was judged beside: version `number`, mAP50-95 of both, on so many pictures."""

    number: int
    new: float
    old: float
    images: int


def verdict(job: Job, result: TrainResult, *, session: Session) -> tuple[bool, Json]:
    """Whether the model of a training is promoted, and what its row says of the comparison."""
    promoted = better(result.test, result.rival, scheduled="schedule" in job.request)
    rival_id = job.request.get("rival_id")
    rival = session.get(Model, rival_id) if rival_id else None
    if rival is None or result.rival is None or result.test is None:
        return promoted, {}
    return promoted, {
        "number": rival.number,
        "new": result.test.map50_95,
        "old": result.rival.map50_95,
        "images": result.rival.images,
    }


def against(model: Model) -> Against | None:
    """What the model was judged beside, if anything."""
    told = model.details.get("against")
    return Against(**told) if told else None
